"""A listing's life: who may, from which state, what must not happen, and what the record says."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.parties.models import Mandate, MemberRole, PartyKind, Power, Vetting
from certification.rules.errors import ChangedMeanwhile, Forbidden, IllegalMove, InvalidInput, NotFound
from certification.rules.workflow import ListingState
from marketplace.catalogue import listing
from marketplace.catalogue.models import ClaimDocument, Product, ProductPhoto
from marketplace.catalogue.readiness import NotReady, gaps
from marketplace.catalogue.subject import subjects
from marketplace.catalogue.values import ListingValues, VariantValues
from marketplace.producers.models import Maker, Producer
from tests import makers

WHOLE = ListingValues(name="Olla de barro", price_centavos=68_000, stock=3, category="textiles")
AddPhoto = Callable[..., ProductPhoto]


def acts(session: Session) -> list[tuple[str, str | None]]:
    return [(one.act, one.on_behalf_of) for one in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def started(stall: Producer, keeper: User, at: datetime) -> Product:
    with unit_of_work():
        return listing.start(stall, by=keeper, at=at)


def saved(product: Product, values: ListingValues, by: User, at: datetime, **given: Any) -> bool:
    with unit_of_work():
        return listing.save(product, values, version=given.pop("version", product.version_id), by=by, at=at, **given)


def ready(stall: Producer, keeper: User, at: datetime, with_photo: AddPhoto, values: ListingValues = WHOLE) -> Product:
    product = started(stall, keeper, at)
    with_photo(product)
    saved(product, values, keeper, at)
    return product


def published(stall: Producer, keeper: User, at: datetime, with_photo: AddPhoto) -> Product:
    product = ready(stall, keeper, at, with_photo)
    with unit_of_work():
        listing.publish(product, by=keeper, at=at)
    return product


def test_a_draft_starts_with_the_branch_of_its_workshop_and_one_piece(
    stall: Producer, keeper: User, session: Session, at: datetime
) -> None:
    product = started(stall, keeper, at)
    assert (product.state, product.category, product.state_code, product.price_centavos) == (
        ListingState.DRAFT,
        "textiles",
        "20",
        None,
    )
    assert [(one.price_centavos, one.on_hand) for one in product.variants] == [(None, 1)]
    assert acts(session) == [("listing.start", None)]


def test_a_second_press_makes_no_second_draft(stall: Producer, keeper: User, at: datetime) -> None:
    first = started(stall, keeper, at)
    assert started(stall, keeper, at + timedelta(seconds=1)).id == first.id
    saved(first, ListingValues(name="Olla"), keeper, at)
    assert started(stall, keeper, at).id != first.id


def test_a_stranger_learns_of_nothing_and_a_reader_may_not(stall: Producer, keeper: User, at: datetime) -> None:
    product, stranger, reader = started(stall, keeper, at), makers.user(), makers.user()
    makers.member(reader, stall.party, MemberRole.READ)
    for person, refusal in ((stranger, NotFound), (reader, Forbidden)):
        for act in (listing.publish, listing.pause, listing.resume, listing.archive, listing.restore, listing.copy):
            with pytest.raises(refusal), unit_of_work():
                act(product, by=person, at=at)
        with pytest.raises(refusal):
            saved(product, WHOLE, person, at)
        with pytest.raises(refusal), unit_of_work():
            listing.start(stall, by=person, at=at)
        with pytest.raises(refusal), unit_of_work():
            listing.set_variants(product, [VariantValues("", 1, 1)], by=person, at=at)
    assert product.name == ""


def test_a_promoter_and_a_cooperative_act_on_the_record(stall: Producer, session: Session, at: datetime) -> None:
    promoter, helper = makers.user("Pilar"), makers.user("Inés")
    makers.role(promoter, Role.PROMOTER)
    cooperative = makers.party("Cooperativa Nueve Cerros", kind=PartyKind.COOPERATIVE)
    makers.member(helper, cooperative, MemberRole.CATALOGUE)
    given = {"giver_id": stall.party_id, "power": Power.CATALOGUE, "how": "carta", "given_at": at, "recorded_by_id": promoter.id}
    makers.save(Mandate(holder_user_id=promoter.id, **given), Mandate(holder_party_id=cooperative.id, **given))
    product = started(stall, promoter, at)
    saved(product, WHOLE, helper, at)
    assert acts(session) == [("listing.start", stall.party.public_id), ("listing.save", stall.party.public_id)]


def test_saving_writes_the_fields_and_what_browsing_reads(stall: Producer, keeper: User, session: Session, at: datetime) -> None:
    maker = Maker(producer_id=stall.id, public_name="Martina X.", consented_at=at, consent_how="de palabra")
    makers.save(maker)
    product = started(stall, keeper, at)
    assert saved(product, ListingValues(name="Rebozo añil", price_centavos=245_000, stock=2, maker=maker.public_id), keeper, at)
    assert (product.slug, product.price_centavos, product.maker_id) == ("rebozo-anil", 245_000, maker.id)
    assert {"rebozo", "anil", "martina", "oaxaca", "juarez"} <= set(product.search_text.split())
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "listing.save")).one()
    assert entry.details == {"fields": ["name", "category", "maker_id", "price_centavos", "on_hand"]}


def test_saving_the_same_again_changes_and_records_nothing(stall: Producer, keeper: User, session: Session, at: datetime) -> None:
    product = started(stall, keeper, at)
    saved(product, WHOLE, keeper, at)
    version = product.version_id
    assert saved(product, WHOLE, keeper, at + timedelta(hours=1)) is False
    assert (product.version_id, product.changed_at, len(acts(session))) == (version, at, 2)


def test_a_stale_form_is_a_conflict_and_writes_nothing(stall: Producer, keeper: User, at: datetime) -> None:
    product = started(stall, keeper, at)
    opened = product.version_id
    saved(product, WHOLE, keeper, at)
    with pytest.raises(ChangedMeanwhile) as refused:
        saved(product, ListingValues(name="Otra"), keeper, at, version=opened)
    assert refused.value.code == "changed_meanwhile"
    assert product.name == "Olla de barro"


def test_what_is_saved_already_may_be_sent_again_when_its_answer_was_lost(stall: Producer, keeper: User, at: datetime) -> None:
    product = started(stall, keeper, at)
    opened = product.version_id
    saved(product, WHOLE, keeper, at)
    version = product.version_id
    assert saved(product, WHOLE, keeper, at, version=opened) is False
    assert product.version_id == version


def test_autosaves_are_on_the_record_once_an_hour(stall: Producer, keeper: User, session: Session, at: datetime) -> None:
    product = started(stall, keeper, at)
    for minute in (0, 5, 59, 65):
        saved(product, ListingValues(name=f"Olla {minute}"), keeper, at + timedelta(minutes=minute), auto=True)
    assert [act for act, _ in acts(session)] == ["listing.start", "listing.save", "listing.save"]
    assert product.name == "Olla 65"


def test_another_workshops_maker_is_not_credited(stall: Producer, keeper: User, at: datetime) -> None:
    other = Maker(producer_id=makers.producer(makers.party("Otro")).id, public_name="Z", consented_at=at, consent_how="x")
    gone = Maker(producer_id=stall.id, public_name="Y", consented_at=at, consent_how="x", withdrawn_at=at)
    makers.save(other, gone)
    product = started(stall, keeper, at)
    for maker in (other.public_id, gone.public_id, "nadie"):
        with pytest.raises(InvalidInput) as refused:
            saved(product, ListingValues(maker=maker), keeper, at)
        assert (refused.value.code, refused.value.field) == ("unknown_maker", "maker")


@pytest.mark.parametrize("wanted", ["nada", "pirotecnia"])
def test_a_category_that_is_not_sold_is_refused(stall: Producer, keeper: User, at: datetime, wanted: str) -> None:
    product = started(stall, keeper, at)
    with pytest.raises(InvalidInput) as refused:
        saved(product, ListingValues(category=wanted), keeper, at)
    assert (refused.value.code, refused.value.field) == ("unknown_category", "category")


def test_one_photo_a_name_and_a_price_are_enough_to_publish(
    stall: Producer, keeper: User, at: datetime, with_photo: AddPhoto
) -> None:
    product = published(stall, keeper, at, with_photo)
    assert (product.state, product.published_at) == (ListingState.PUBLISHED, at)


def test_publishing_names_everything_that_is_missing(stall: Producer, keeper: User, session: Session, at: datetime) -> None:
    product = started(stall, keeper, at)
    saved(product, ListingValues(), keeper, at)
    with pytest.raises(NotReady) as refused, unit_of_work():
        listing.publish(product, by=keeper, at=at)
    assert [one.code for one in refused.value.problems] == ["no_photo", "no_name", "no_price", "no_stock", "no_category"]
    assert gaps(product) == ["photos", "name", "price", "stock", "category"]
    assert product.state is ListingState.DRAFT
    assert ("listing.publish", None) not in acts(session)


def test_who_was_not_vetted_prepares_but_does_not_publish(session: Session, at: datetime, with_photo: AddPhoto) -> None:
    stall, keeper = makers.producer(makers.party(vetting=Vetting.ASKED, vetted_at=None)), makers.user()
    makers.member(keeper, stall.party)
    product = ready(stall, keeper, at, with_photo)
    with pytest.raises(NotReady) as refused, unit_of_work():
        listing.publish(product, by=keeper, at=at)
    assert [one.code for one in refused.value.problems] == ["unvetted"]


def test_a_closed_stall_sells_nothing(session: Session, at: datetime, with_photo: AddPhoto) -> None:
    stall, keeper = makers.producer(published_at=None), makers.user()
    makers.member(keeper, stall.party)
    with pytest.raises(NotReady) as refused:
        published(stall, keeper, at, with_photo)
    assert [one.code for one in refused.value.problems] == ["stall_closed"]


def test_what_is_on_sale_stays_complete(stall: Producer, keeper: User, at: datetime, with_photo: AddPhoto) -> None:
    product = published(stall, keeper, at, with_photo)
    with pytest.raises(NotReady) as refused:
        saved(product, ListingValues(name="", price_centavos=1, stock=1, category="textiles"), keeper, at)
    assert [one.code for one in refused.value.problems] == ["no_name"]
    assert product.name == "Olla de barro"


def test_pause_resume_archive_restore(
    stall: Producer, keeper: User, session: Session, at: datetime, with_photo: AddPhoto
) -> None:
    product = published(stall, keeper, at, with_photo)
    states = []
    for act in (listing.pause, listing.resume, listing.pause, listing.archive, listing.restore, listing.publish):
        with unit_of_work():
            act(product, by=keeper, at=at)
        states.append(product.state.value)
    assert states == ["paused", "published", "paused", "archived", "draft", "published"]
    assert [act for act, _ in acts(session)][-6:] == [
        f"listing.{one}" for one in ["pause", "resume", "pause", "archive", "restore", "publish"]
    ]


def test_steps_out_of_order_are_no_steps(stall: Producer, keeper: User, at: datetime) -> None:
    product = started(stall, keeper, at)
    for act in (listing.pause, listing.resume, listing.restore):
        with pytest.raises(IllegalMove), unit_of_work():
            act(product, by=keeper, at=at)
    with unit_of_work():
        listing.archive(product, by=keeper, at=at)
    with pytest.raises(IllegalMove) as refused:
        saved(product, WHOLE, keeper, at)
    assert refused.value.code == "archived"


def test_a_copy_is_a_draft_of_its_own(stall: Producer, keeper: User, at: datetime, with_photo: AddPhoto) -> None:
    product = published(stall, keeper, at, with_photo)
    with unit_of_work():
        made = listing.copy(product, by=keeper, at=at)
    assert made.public_id != product.public_id
    assert (made.state, made.published_at, made.name, made.price_centavos) == (ListingState.DRAFT, None, "Olla de barro", 68_000)
    assert [one.file_id for one in made.photos] == [one.file_id for one in product.photos]
    assert [(one.price_centavos, one.on_hand) for one in made.variants] == [(68_000, 3)]


def test_variants_come_in_the_order_given_and_keep_who_they_are(stall: Producer, keeper: User, at: datetime) -> None:
    product = started(stall, keeper, at)
    with unit_of_work():
        listing.set_variants(product, [VariantValues("Chica", 20_000, 1), VariantValues("Grande", 30_000, 2)], by=keeper, at=at)
    large = product.variants[1]
    wanted = [VariantValues("Grande", 31_000, 2, large.public_id), VariantValues("Enorme", 50_000, None)]
    large_id = large.id
    with unit_of_work():
        listing.set_variants(product, wanted, by=keeper, at=at)
    assert [(one.name, one.price_centavos, one.on_hand, one.position) for one in product.variants] == [
        ("Grande", 31_000, 2, 0),
        ("Enorme", 50_000, None, 1),
    ]
    assert (product.variants[0].id, product.price_centavos) == (large_id, 31_000)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "variant_count"),
        ([VariantValues(str(n), 1, 1) for n in range(21)], "variant_count"),
        ([VariantValues("A", 1, 1), VariantValues("A", 2, 1)], "variant_names"),
        ([VariantValues("A", 1, 1), VariantValues("", 2, 1)], "variant_names"),
    ],
)
def test_variants_that_cannot_be_told_apart_are_refused(
    stall: Producer, keeper: User, at: datetime, wanted: list[VariantValues], code: str
) -> None:
    product = started(stall, keeper, at)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        listing.set_variants(product, wanted, by=keeper, at=at)
    assert refused.value.code == code


def test_with_several_variants_the_form_leaves_prices_alone(stall: Producer, keeper: User, at: datetime) -> None:
    product = started(stall, keeper, at)
    with unit_of_work():
        listing.set_variants(product, [VariantValues("Chica", 20_000, 1), VariantValues("Grande", 30_000, 2)], by=keeper, at=at)
    saved(product, ListingValues(name="Olla", price_centavos=1, stock=9), keeper, at)
    assert [(one.price_centavos, one.on_hand) for one in product.variants] == [(20_000, 1), (30_000, 2)]


def test_one_of_a_kind_is_at_most_one(stall: Producer, keeper: User, at: datetime) -> None:
    product = started(stall, keeper, at)
    saved(product, ListingValues(stock=7, one_of_a_kind=True), keeper, at)
    assert product.variants[0].on_hand == 1
    saved(product, ListingValues(stock=0, one_of_a_kind=True, lead_days=9), keeper, at)
    assert (product.variants[0].on_hand, product.lead_days) == (0, None)


def test_protected_words_save_but_do_not_publish_without_their_document(
    stall: Producer, keeper: User, session: Session, at: datetime, with_photo: AddPhoto
) -> None:
    product = ready(
        stall, keeper, at, with_photo, ListingValues(name="Miel orgánica", price_centavos=9_000, stock=4, category="miel-abeja")
    )
    with pytest.raises(NotReady) as refused, unit_of_work():
        listing.publish(product, by=keeper, at=at)
    assert [(one.code, one.field, one.params) for one in refused.value.problems] == [
        ("protected_words", "name", {"words": "orgánica"})
    ]
    file = with_photo(product).file_id
    makers.save(ClaimDocument(product_id=product.id, rule="organic_words", file_id=file, given_at=at, accepted_at=at))
    with unit_of_work():
        listing.publish(product, by=keeper, at=at)
    assert product.state is ListingState.PUBLISHED
    (choice,) = subjects([stall.party_id])
    assert (choice.backs("organic_words", at), choice.backs("do_foods", at)) == (True, False)


def test_a_document_that_nobody_accepted_or_that_expired_backs_nothing(
    stall: Producer, keeper: User, at: datetime, with_photo: AddPhoto
) -> None:
    product = ready(
        stall, keeper, at, with_photo, ListingValues(name="Miel orgánica", price_centavos=9_000, stock=4, category="miel-abeja")
    )
    file = with_photo(product).file_id
    makers.save(
        ClaimDocument(product_id=product.id, rule="organic_words", file_id=file, given_at=at),
        ClaimDocument(product_id=product.id, rule="organic_words", file_id=file, given_at=at, accepted_at=at, expires_at=at),
    )
    with pytest.raises(NotReady), unit_of_work():
        listing.publish(product, by=keeper, at=at)
