"""What stands in the world: see ``world``. Everything is fictional."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from certification.accounts.codes import Purpose, issue
from certification.accounts.models import KnownDevice, Passkey, Role, SignInFailure, SpentToken, User
from certification.accounts.passwords import seal
from certification.applications.drafts import WORDS
from certification.applications.evaluating import allowed_values
from certification.applications.models import Answer, Application, Capacity, Evaluation, Evidence, FindingRow, Return
from certification.core.db import db, unit_of_work
from certification.core.media.models import FileKind, StoredFile
from certification.core.media.store import Shelves
from certification.core.outbox import OutboxMessage
from certification.parties.models import (
    Belonging,
    Invitation,
    Mandate,
    MemberRole,
    Party,
    PartyKind,
    Power,
    ProofKind,
    RepresentationProof,
    Tie,
)
from certification.registry import snapshots
from certification.registry.watches.links import Link
from certification.registry.watches.links import key_of as key_of_watch
from certification.registry.watches.models import Watch
from certification.rules.workflow import ApplicationState, ListingState, Outcome
from certification.schemes.texts import text_of
from marketplace.catalogue.models import ClaimDocument, Product, ProductPhoto
from marketplace.enquiries.asking import confirming_key_of, key_of
from marketplace.enquiries.models import Channel, Enquiry, EnquiryMessage, EnquiryState
from marketplace.models import METADATA
from marketplace.producers.models import Maker, Producer
from tests import makers
from tests.conftest import NOW
from tests.house.hostile import PASSWORD
from tests.house.world import ROLES, SIDES, World

SCHEMES = {"own": "origen-local", "other": "comercio-justo-local"}
KINDS = {"own": "product_line", "other": "workshop"}
BEFORE = NOW - timedelta(days=20)
LATER = NOW + timedelta(days=10)
ROLES_HELD = {
    "promoter": (Role.PROMOTER, ""),
    "promoter_idle": (Role.PROMOTER, ""),
    "former": (Role.PROMOTER, ""),
    "vetter": (Role.VETTER, ""),
    "operator": (Role.OPERATOR, ""),
    "owner": (Role.SCHEME_OWNER, SCHEMES["own"]),
    "decider_elsewhere": (Role.DECIDER, SCHEMES["other"]),
} | {
    who: (Role.EVALUATOR if who in ("evaluator", "evaluator_idle", "tied", "recused") else Role.DECIDER, SCHEMES["own"])
    for who in ("evaluator", "evaluator_idle", "tied", "recused", "decider", "decider_tied", "decider_evaluated")
}


@dataclass
class Side:
    """One workshop with all that belongs to it."""

    world: World
    name: str
    people: dict[str, User]
    party: Party
    producer: Producer

    def add(self, thing: str, **params: Any) -> None:
        self.world.add(thing, self.name, **params)

    @property
    def keeper(self) -> User:
        return self.people["admin" if self.name == "own" else "rival"]


def populate(world: World) -> None:
    """Both sides, and everyone in ``ROLES``."""
    for key in SCHEMES.values():
        makers.scheme_version(key)
    sealed = seal(PASSWORD)
    with _counted(world, "people"):
        people = {
            role: makers.user(f"Persona {role}", phone="+529510000000", password_hash=sealed)
            for role in ROLES
            if role != "visitor"
        }
        for role, (held, scope) in ROLES_HELD.items():
            makers.role(people[role], held, scope)
    with unit_of_work() as session:
        session.merge(people["promoter"]).handle = "promotora"
    world.users = {role: (one.id, one.get_id()) for role, one in people.items()}
    cooperative = makers.party("Cooperativa Telar de Nube", kind=PartyKind.COOPERATIVE)
    makers.member(people["coop"], cooperative)
    makers.member(people["coop_reader"], cooperative, MemberRole.READ)
    for side in SIDES:
        with _counted(world, side):
            party = makers.party(f"Taller {side}")
            made = Side(world, side, people, party, makers.producer(party, slug=f"taller-{side}"))
            _belong(made, cooperative)
            _sell(made)
            _ask(made)
            _apply(made)
            _paper(made)
    with _counted(world, "personal"):
        _personal(world, people)
    for side, kind, (key, scheme) in zip(SIDES, ("csv", "json"), SCHEMES.items(), strict=True):
        version = makers.scheme_version(scheme).version
        world.add("scheme", side, key=scheme, version=version)
        world.add("kind of file", side, kind=kind)
        snapshots.make("2026-11", at=NOW)
        world.add("snapshot", side, file={"csv": "2026-11.csv.gz", "json": "2026-11.json"}[kind])
        world.add("tile", side, rest="0/000.p/1")
        world.add("mail", side, public_id=db.session.scalars(select(OutboxMessage.public_id)).first())
        world.add("no code", side, code=f"never issued {key}")


@contextmanager
def _counted(world: World, side: str) -> Iterator[None]:
    """Remember which rows were made for a side."""
    before = _highest()
    yield
    world.rows[side] = {name: range(before[name] + 1, last + 1) for name, last in _highest().items()}


def _highest() -> dict[str, int]:
    tables = [table for table in METADATA.sorted_tables if "id" in table.c]
    return {table.name: db.session.scalar(select(func.max(table.c.id))) or 0 for table in tables}


def _belong(side: Side, cooperative: Party) -> None:
    party, people = side.party, side.people
    makers.member(side.keeper, party)
    side.add("party", public_id=party.public_id)
    side.add("membership", public_id=party.public_id, user_id=side.keeper.public_id)
    side.add("stall", slug=side.producer.slug)
    side.add("producer", producer=side.producer.public_id)
    given_to = cooperative if side.name == "own" else makers.party("Federación Lejana", kind=PartyKind.FEDERATION)
    for power in Power:
        makers.save(_mandate(side, power, holder_party_id=given_to.id))
    makers.save(Belonging(member_id=party.id, organization_id=given_to.id, since=BEFORE))
    side.add("belonging", public_id=given_to.public_id, member_id=party.public_id)
    mandate = _mandate(
        side, Power.CATALOGUE, holder_user_id=(people["promoter"] if side.name == "own" else makers.user("Promotora lejana")).id
    )
    makers.save(mandate)
    side.add("mandate", public_id=mandate.public_id)
    if side.name == "own":
        for role in (MemberRole.CATALOGUE, MemberRole.PAYMENTS, MemberRole.READ):
            makers.member(people["reader" if role is MemberRole.READ else role.value], party, role)
        makers.save(_mandate(side, Power.APPLY, holder_user_id=people["promoter"].id))
        left = makers.member(people["former"], party)
        with unit_of_work() as session:
            session.merge(left).ended_at = BEFORE
            session.add(_mandate(side, Power.APPLY, holder_user_id=people["former"].id, ended_at=BEFORE))


def _mandate(side: Side, power: Power, **given: Any) -> Mandate:
    return Mandate(giver_id=side.party.id, power=power, how="Acta", given_at=BEFORE, recorded_by_id=side.keeper.id, **given)


def _sell(side: Side) -> None:
    party, producer = side.party, side.producer
    maker = Maker(
        producer_id=producer.id, party_id=party.id, public_name=f"Rosa {side.name}", consented_at=BEFORE, consent_how="De palabra"
    )
    makers.save(maker)
    side.add("maker", public_id=maker.public_id)
    for state in ListingState:
        shown = BEFORE if state is not ListingState.DRAFT else None
        label = "unlisted" if state is ListingState.DRAFT else "listed"
        with _counted(side.world, f"{side.name} {label}"):
            _list(side, state, published_at=shown, maker_id=maker.id)
    hidden = makers.producer(makers.party(f"Puesto cerrado {side.name}"), slug=f"cerrado-{side.name}", published_at=None)
    makers.member(side.keeper, hidden.party)
    product = makers.product(hidden, name=f"Rebozo sin puesto {side.name}")
    side.add("product of a closed stall", public_id=product.public_id, slug=product.slug)
    side.add("closed stall", slug=hidden.slug)
    without = makers.party(f"Sin puesto {side.name}")
    makers.member(side.keeper, without)
    side.add("party without a stall", public_id=without.public_id)


def _list(side: Side, state: ListingState, **given: Any) -> None:
    product = makers.product(side.producer, name=f"Rebozo {state.value} {side.name}", state=state, **given)
    photo = ProductPhoto(product_id=product.id, file_id=_file(FileKind.PHOTO, private=False).id, position=0, alt="Un rebozo")
    paper = ClaimDocument(product_id=product.id, rule="x", file_id=_file(FileKind.DOCUMENT).id, given_at=BEFORE)
    makers.save(photo, paper)
    side.add(f"{state.value} product", public_id=product.public_id, slug=product.slug, photo=photo.public_id)


def _file(kind: FileKind, *, private: bool = True, content: bytes | None = None) -> StoredFile:
    """A row with its bytes in the store."""
    made = makers.stored_file(kind, private=private)
    shelves: Shelves = current_app.extensions["shelves"]
    digest = (shelves.private if private else shelves.public).put(content or f"file {made.id}".encode())
    with unit_of_work() as session:
        row = session.merge(made)
        row.digest = digest
        if kind is FileKind.PHOTO:
            row.renditions, row.width, row.height = [{"width": 480, "height": 360, "webp": digest, "jpeg": digest}], 480, 360
            row.content_type = "image/jpeg"
    return made


def _ask(side: Side) -> None:
    product = db.session.scalars(select(Product).where(Product.producer_id == side.producer.id)).all()
    on_sale = next(one for one in product if one.state is ListingState.PUBLISHED)
    for channel in Channel:
        by_mail = channel is Channel.MAIL
        enquiry = Enquiry(
            product_id=on_sale.id,
            name="Persona curiosa",
            channel=channel,
            email="curiosa@demo.tianguis.example" if by_mail else None,
            phone=None if by_mail else "+529511111111",
            language="es",
            state=EnquiryState.OPEN,
            request_key=f"key of {side.name} {channel}",
            created_at=BEFORE,
        )
        enquiry.messages.append(EnquiryMessage(by_buyer=True, text="¿Cuánto mide?", at=BEFORE))
        makers.save(enquiry)
        if by_mail:
            side.add("enquiry", public_id=enquiry.public_id)
            side.add("enquiry by its link", public_id=enquiry.public_id, key=key_of(enquiry))
            side.add("enquiry by its mail", public_id=enquiry.public_id, key=confirming_key_of(enquiry))
            side.add("enquiry by a wrong link", public_id=enquiry.public_id, key="0" * 32)


def _apply(side: Side) -> None:
    states = {
        "draft": ApplicationState.DRAFT,
        "sent": ApplicationState.SUBMITTED,
        "accepted": ApplicationState.ACCEPTED,
        "evaluating": ApplicationState.EVALUATING,
        "ripe": ApplicationState.IN_REVIEW,
        "returned": ApplicationState.RETURNED,
    }
    for name, state in states.items():
        with _counted(side.world, f"{side.name} {name}"):
            _case(side, name, state)
    with _counted(side.world, f"{side.name} decided"):
        by = side.people["decider" if side.name == "own" else "decider_elsewhere"]
        made = makers.certified(by, at=BEFORE, of=side.party, key=SCHEMES[side.name], subject_kind=KINDS[side.name])
    side.add("certificate", code=made.code)
    side.add("version", code=made.code, number=1)
    side.add("status list", purpose="revocation" if side.name == "own" else "suspension", number=1)
    side.add("decided case", public_id=made.application.public_id)
    watch = Watch(certificate_id=made.id, email=f"atenta-{side.name}@demo.tianguis.example", language="es", asked_at=NOW)
    makers.save(watch)
    for thing, link in (("watch by its mail", Link.CONFIRM), ("watch to leave", Link.LEAVE)):
        side.add(thing, public_id=watch.public_id, key=key_of_watch(watch, link))


def _case(side: Side, name: str, state: ApplicationState) -> None:
    dates = {} if state is ApplicationState.DRAFT else {"submitted_at": BEFORE, "accepted_at": BEFORE}
    application = makers.application(
        side.keeper, side.party, key=SCHEMES[side.name], state=state, goods=f"Cosas {name} {side.name}", **dates
    )
    first = text_of(application.scheme_version).criteria[0]
    code, value = first.code, allowed_values(first)[0]
    candidate = side.people["evaluator_idle"].public_id
    side.add(f"{name} case", public_id=application.public_id, code=code, value=value, candidate=candidate)
    _show(side, application, name, code)
    if name in ("evaluating", "ripe"):
        _evaluate(side, application, sent=name == "ripe")


def _show(side: Side, application: Application, name: str, code: str) -> None:
    touched = {code, _evidence(side, application, name), _evidence(side, application, f"{name} words", words=True)}
    makers.save(
        *(Answer(application_id=application.id, criterion=one, text="Así lo hacemos.", saved_at=BEFORE) for one in touched)
    )
    with _counted(side.world, f"{side.name} {name}-gone"):
        _evidence(side, application, f"{name} removed", removed_at=BEFORE)
    if name == "returned":
        makers.save(
            Return(
                application_id=application.id,
                reason_code="EVIDENCE_INCOMPLETE",
                request="Otra foto",
                by_id=side.keeper.id,
                at=BEFORE,
            )
        )
        with _counted(side.world, f"{side.name} unsent"):
            _evidence(side, application, "unsent", added_at=NOW)


def _evidence(side: Side, application: Application, name: str, *, words: bool = False, **given: Any) -> str:
    """One item, for the first ask of the scheme that is answered so: in words, or with a paper; returns its criterion."""
    criteria = text_of(application.scheme_version).criteria
    asks = ((one.code, number, ask.kind) for one in criteria for number, ask in enumerate(one.evidence))
    code, number, kind = next(found for found in asks if (found[2] in WORDS if words else found[2] == "document"))
    item = Evidence(
        application_id=application.id,
        criterion=code,
        ask=number,
        kind=kind,
        caption="Un papel",
        text="Palabras",
        file_id=None if words else _file(FileKind.DOCUMENT).id,
        dated_on=BEFORE.date(),
        added_by_id=side.keeper.id,
        **({"added_at": BEFORE} | given),
    )
    makers.save(item)
    side.add(f"{name} evidence", public_id=item.public_id)
    return code


def _evaluate(side: Side, application: Application, *, sent: bool) -> None:
    panel = (
        ("evaluator", "tied", "recused", "decider_evaluated") if side.name == "own" else ("Evaluadora lejana", "Evaluador lejano")
    )
    for role in panel:
        declared, left = role not in ("tied", "recused"), role == "recused"
        evaluator = side.people.get(role) or makers.user(role)
        evaluation = Evaluation(
            application_id=application.id,
            evaluator_id=evaluator.id,
            capacity=Capacity.OUTSIDER,
            assigned_at=BEFORE,
            no_tie_declared_at=BEFORE if declared else None,
            recused_at=BEFORE if left else None,
            recommendation=Outcome.GRANTED if sent and declared else None,
            submitted_at=BEFORE if sent and declared else None,
            summary="Un resumen",
        )
        makers.save(evaluation)
        if role == panel[0]:
            for criterion in text_of(application.scheme_version).criteria:
                value = allowed_values(criterion)[0]
                note = FindingRow(
                    evaluation_id=evaluation.id, criterion=criterion.code, value=value, note="Visto", plan="Plan", saved_at=BEFORE
                )
                makers.save(note)
            name = "ripe seat" if sent else "seat"
            side.add(name, public_id=application.public_id, seat=evaluation.public_id)


def _paper(side: Side) -> None:
    keeper, party = side.keeper, side.party
    key = f"invitation-{side.name}"
    invitation = Invitation(
        party_id=party.id,
        role=MemberRole.ADMIN,
        name="Persona invitada",
        email=f"invitada-{side.name}@demo.tianguis.example",
        digest=sha256(key.encode()).hexdigest(),
        made_by_id=keeper.id,
        made_at=BEFORE,
        expires_at=LATER,
    )
    proof = RepresentationProof(
        party_id=party.id,
        kind=ProofKind.DOCUMENT,
        text="Soy su tesorera",
        file_id=_file(FileKind.DOCUMENT).id,
        given_by_id=keeper.id,
        given_at=BEFORE,
    )
    makers.save(invitation, proof)
    side.add("invitation", public_id=invitation.public_id)
    side.add("invitation by its key", key=key)
    side.add("proof", public_id=proof.public_id)
    makers.save(
        OutboxMessage(
            to=f"correo-{side.name}@demo.tianguis.example", name="x", subject="x", text="x", made_at=BEFORE, due_at=LATER
        )
    )
    makers.save(
        SignInFailure(account=f"a{side.name}", address=f"b{side.name}", at=BEFORE),
        SpentToken(digest=f"c{side.name}", until=LATER),
        KnownDevice(user_id=keeper.id, digest=f"d{side.name}", seen_at=BEFORE),
    )
    with unit_of_work():
        code = issue(keeper, Purpose.RESET, by=None, at=NOW)
    side.add("reset code", code=code)


def _personal(world: World, people: dict[str, User]) -> None:
    """What is everyone's own: their account, a passkey and a declared tie."""
    far = makers.party("Parte lejana")
    numbers, ties = {}, {}
    for role, one in people.items():
        key = Passkey(
            user_id=one.id, credential_id=role.encode(), public_key=b"x", sign_count=0, name=f"Llave {role}", created_at=BEFORE
        )
        tie = Tie(user_id=one.id, party_id=far.id, kind="family", declared_by_id=one.id, declared_at=BEFORE)
        makers.save(key, tie)
        numbers[role], ties[role] = key.id, tie.public_id
    own = db.session.scalars(select(Party).where(Party.name == "Taller own")).one()
    for role in ("tied", "decider_tied"):
        makers.save(
            Tie(user_id=people[role].id, party_id=own.id, kind="family", declared_by_id=people[role].id, declared_at=BEFORE)
        )
    stranger = makers.user("Persona ajena")
    makers.role(stranger, Role.PROMOTER)
    ajena = Passkey(user_id=stranger.id, credential_id=b"ajena", public_key=b"x", sign_count=0, name="Llave", created_at=BEFORE)
    foreign = Tie(user_id=stranger.id, party_id=far.id, kind="family", declared_by_id=stranger.id, declared_at=BEFORE)
    makers.save(ajena, foreign)
    named = {role: one.public_id for role, one in people.items()}
    other_person, other_key, other_tie = stranger.public_id, ajena.id, foreign.public_id
    world.things["person"] = {
        "own": lambda role: {"public_id": named.get(role, other_person), "role": "operator"},
        "other": lambda _role: {"public_id": other_person, "role": "promoter"},
    }
    world.things["passkey"] = {
        "own": lambda role: {"number": numbers.get(role, other_key)},
        "other": lambda _role: {"number": other_key},
    }
    world.things["tie"] = {
        "own": lambda role: {"public_id": ties.get(role, other_tie)},
        "other": lambda _role: {"public_id": other_tie},
    }
