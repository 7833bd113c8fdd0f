"""The way of one real coffee lot through the services: party, listing, application, evaluation, decision and certificate."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO

from sqlalchemy import select

from certification.accounts.models import Role, User
from certification.applications import assigning, drafts, evaluating, evidence, sending
from certification.applications.deciding import DecisionChoice
from certification.applications.drafts import WORDS, Description, Given
from certification.applications.evaluating import Advice, Found
from certification.applications.models import Application, Capacity
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.media.files import keep, prepare_photo
from certification.core.media.models import StoredFile
from certification.parties import founding, vetting
from certification.parties.founding import PartyValues
from certification.parties.models import Party, PartyKind
from certification.parties.places.places import Place
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate
from certification.rules.criteria import Criterion, CriterionType, EvidenceKind, SubjectKind
from certification.rules.scoring import Value
from certification.rules.workflow import Outcome
from certification.schemes.builtin import install_builtin
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.texts import text_of
from marketplace.catalogue import listing, photos
from marketplace.catalogue.claims import ListingClaim, claims_of
from marketplace.catalogue.models import Product
from marketplace.catalogue.readiness import NotReady
from marketplace.catalogue.values import ListingValues, read_price
from marketplace.producers import stalls
from marketplace.producers.models import Producer
from marketplace.producers.stalls import StallValues
from tests import makers
from tests.coffee import CoffeeLot
from tests.photographs import encoded, scene

SCHEME = "agroecologico-participativo"
BEGAN = datetime(2009, 1, 5, 18, tzinfo=UTC)
GRADE = {CriterionType.SCORED: 3}


@dataclass
class Walked:
    """What became of one lot. ``claims`` are what the guard said of its own words; ``held_back`` when they could not be published."""

    lot: CoffeeLot
    place: Place
    product: Product
    certificate: Certificate
    claims: list[ListingClaim]
    held_back: bool


@dataclass
class Village:
    """Those who take part, and what was made for earlier lots."""

    version: SchemeVersion
    vetter: User
    owner: User
    decider: User
    evaluators: list[tuple[User, Party | None]]
    photo: StoredFile
    paper: StoredFile
    owners: dict[str, User] = field(default_factory=dict)
    stalls: dict[tuple[str, str], Producer] = field(default_factory=dict)


def village() -> Village:
    """The scheme in force since :data:`BEGAN`, its desk, a panel of two peers and an outsider, and two pictures used again and again."""
    picture = encoded(scene(480, 360))
    public, private = prepare_photo(BytesIO(picture)), prepare_photo(BytesIO(picture), private=True)
    vetter, owner, decider = (makers.user(name) for name in ("Vera Comprueba", "Olga Dueña", "Celia Decide"))
    makers.role(vetter, Role.VETTER)
    makers.role(owner, Role.SCHEME_OWNER, SCHEME)
    makers.role(decider, Role.DECIDER, SCHEME)
    panel: list[tuple[User, Party | None]] = []
    for name, workshop in (("Petra Par", "Parcela Uno"), ("Pablo Par", "Parcela Dos"), ("Ema Externa", None)):
        person = makers.user(name)
        makers.role(person, Role.EVALUATOR, SCHEME)
        panel.append((person, makers.party(workshop, branch="cafe") if workshop else None))
        if panel[-1][1] is not None:
            makers.member(person, panel[-1][1])
    with unit_of_work() as session:
        install_builtin(by=None, at=BEGAN)
        version = session.scalars(select(SchemeVersion).join(Scheme).where(Scheme.key == SCHEME)).one()
        kept = [keep(one, name="parcela.jpg", by=vetter, at=BEGAN) for one in (public, private)]
    return Village(version, vetter, owner, decider, panel, kept[0], kept[1])


def instant(day: date, *, days: int = 0) -> datetime:
    """Noon in Mexico, so many days later."""
    return datetime.combine(day, time(18), tzinfo=UTC) + timedelta(days=days)


def walk(lot: CoffeeLot, place: Place, there: Village) -> Walked:
    """Take a lot all the way, as of the days before its grading; it is decided on the day on which it was graded."""
    if lot.owner not in there.owners:
        there.owners[lot.owner] = makers.user(lot.owner, email=None)
    with clock.standing_at(instant(lot.graded)), unit_of_work():
        by = there.owners[lot.owner]
        product, claims, held_back = _list(lot, _stall(lot, place, there, by=by), there, by=by)
        application = _apply(lot, product, there, by=by)
        _evaluate(application, lot.graded, there)
        choice = DecisionChoice(Outcome.GRANTED, "Tres personas lo vieron y cumple todo.")
        _decision, certificate = decide_and_certify(application, choice=choice, by=there.decider, at=instant(lot.graded))
    assert certificate is not None
    return Walked(lot, place, product, certificate, claims, held_back)


def _stall(lot: CoffeeLot, place: Place, there: Village, *, by: User) -> Producer:
    name, at = f"{lot.farm or 'Parcela'}, {place.locality or place.municipality_name}", instant(lot.graded, days=-60)
    if (lot.owner, name) in there.stalls:
        return there.stalls[lot.owner, name]
    earlier = sum(owner == lot.owner for owner, _name in there.stalls)  # nobody founds dozens of workshops on one day
    founded = BEGAN + timedelta(days=earlier)
    party = founding.found(PartyValues(PartyKind.WORKSHOP, name, "cafe", place), by=by, at=founded)
    proof = vetting.offer_document(party, "Constancia ejidal.", there.paper, by=by, at=at)
    vetting.decide(proof, accepted=True, reason="", by=there.vetter, at=at)
    producer = stalls.open_stall(party, by=by, at=at)
    stalls.describe(producer, StallValues(line="Café de nuestra parcela.", story=""), by=by, at=at)
    stalls.show(producer, by=by, at=at)
    there.stalls[lot.owner, name] = producer
    return producer


def _list(lot: CoffeeLot, producer: Producer, there: Village, *, by: User) -> tuple[Product, list[ListingClaim], bool]:
    """On sale with the lot's own words; where the guard holds those back, with the plainest ones."""
    at = instant(lot.graded, days=-40)
    product = listing.start(producer, by=by, at=at)
    photos.add_photo(product, there.photo, by=by, at=at, alt="Granos de café verde")
    listing.save(product, own_words(lot), version=product.version_id, by=by, at=at)
    claims = claims_of(product, at)
    try:
        listing.publish(product, by=by, at=at)
    except NotReady as refused:
        if {one.code for one in refused.problems} != {"protected_words"}:
            raise
        listing.save(product, _plain(lot), version=product.version_id, by=by, at=at)
        listing.publish(product, by=by, at=at)
        return product, claims, True
    return product, claims, False


def own_words(lot: CoffeeLot) -> ListingValues:
    """The form as somebody would copy the lot's papers into it."""
    words = {"Región": lot.region, "Altura": lot.altitude, "Beneficio": lot.mill, "Empresa": lot.company, "Cosecha": lot.harvest}
    told = " ".join(f"{name}: {word}." for name, word in words.items() if word)
    return _values(lot, " ".join(f"Café {lot.variety} de {lot.farm or lot.region or 'altura'}".split()), told)


def _plain(lot: CoffeeLot) -> ListingValues:
    heights = lot.metres
    return _values(lot, "Café de altura", f"Crece entre {heights[0]} y {heights[1]} m." if heights else "")


def _values(lot: CoffeeLot, name: str, description: str) -> ListingValues:
    return ListingValues(
        name=name,
        description=description,
        price_centavos=read_price("180.00"),
        stock=lot.bags,
        category="cafe",
        technique=lot.method,
        weight_g=lot.grams,
        unit="bolsa",
    )


def _apply(lot: CoffeeLot, product: Product, there: Village, *, by: User) -> Application:
    at, party = instant(lot.graded, days=-30), product.producer.party
    application = drafts.start(party, there.version, subject_kind=SubjectKind.PRODUCT_LINE, by=by, at=at)
    described = Description(
        goods=f"{product.name}, cosecha {lot.harvest}",
        makers=(lot.owner,),
        subject_refs=(product.subject_ref,),
        photo=there.photo,
    )
    drafts.describe(application, described, by=by, at=at)
    for criterion in text_of(there.version).criteria:
        _answer(application, criterion, lot, there, by=by)
    sending.submit(application, pledged=True, by=by, at=at)
    return application


def _answer(application: Application, criterion: Criterion, lot: CoffeeLot, there: Village, *, by: User) -> None:
    at = instant(lot.graded, days=-30)
    if criterion.applies_if is not None:
        drafts.answer(application, criterion.code, Given(applies=False), by=by, at=at)
        return
    words = {
        number: f"{lot.bags} bultos de {lot.bag_weight}" for number, ask in enumerate(criterion.evidence) if ask.kind in WORDS
    }
    drafts.answer(application, criterion.code, Given(text="Así lo hacemos.", words=words), by=by, at=at)
    caption = f"Constancia de {lot.body}, {lot.points} puntos, vence el {lot.expires.isoformat()}"
    for number, ask in enumerate(criterion.evidence):
        if ask.required and ask.kind in (EvidenceKind.DOCUMENT, EvidenceKind.PHOTO):
            dated = lot.graded - timedelta(days=30)
            evidence.add_evidence(application, criterion.code, number, there.paper, dated_on=dated, by=by, at=at, caption=caption)


def _evaluate(application: Application, graded: date, there: Village) -> None:
    assigning.accept(application, by=there.owner, at=instant(graded, days=-20))
    for person, workshop in there.evaluators:
        capacity = Capacity.PEER if workshop else Capacity.OUTSIDER
        at = instant(graded, days=-19)
        assigning.assign(application, person, capacity=capacity, workshop=workshop, by=there.owner, at=at)
    for number, (person, _) in enumerate(there.evaluators):
        at, seat = instant(graded, days=number - 10), next(one for one in application.evaluations if one.evaluator is person)
        evaluating.declare_no_tie(seat, by=person, at=at)
        for criterion in text_of(there.version).criteria:
            evaluating.save_finding(seat, criterion.code, _found(criterion), by=person, at=at)
        advice = Advice(Outcome.GRANTED, "Vimos la parcela y cumple.", at.date(), named=True)
        evaluating.send(seat, advice, by=person, at=at)


def _found(criterion: Criterion) -> Found:
    if criterion.applies_if is not None:
        return Found(Value.NOT_APPLICABLE, note="No aplica: no hay.")
    value = criterion.findings[0].id if criterion.findings else Value.CONFORM.value
    return Found(value, GRADE.get(criterion.type), "Lo vimos.")
