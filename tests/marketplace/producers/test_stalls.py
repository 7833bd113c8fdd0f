from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.parties.models import Belonging, Mandate, MemberRole, PartyKind, Power, Vetting
from certification.rules.errors import AlreadyExists, Forbidden, IllegalMove, InvalidInput, NotFound
from marketplace.producers import queries, stalls
from marketplace.producers.models import Maker, Producer
from marketplace.producers.stalls import StallValues
from tests import makers

STORY = StallValues(
    "Cinco mujeres tejen.",
    "Aprendimos con la abuela.",
    "We learned.",
    ("español", "mixteco"),
    "+529515161234",
    whatsapp_shown=True,
    visits="Sábados",
)


def test_a_party_opens_one_stall_that_nobody_else_sees_yet(session: Session, at: datetime) -> None:
    rosa, party = makers.user(), makers.party("Taller Ñuu ꞌYaa")
    makers.member(rosa, party)
    with unit_of_work():
        made = stalls.open_stall(party, by=rosa, at=at)
    assert (made.slug, made.published_at) == ("taller-nuu-yaa", None)
    with pytest.raises(AlreadyExists), unit_of_work():
        stalls.open_stall(party, by=rosa, at=at)
    assert queries.without_stall(rosa) == []
    assert queries.stalls_of(rosa) == [made]


def test_two_parties_of_one_name_have_different_addresses(session: Session, at: datetime) -> None:
    rosa = makers.user()
    slugs = []
    for _ in range(3):
        party = makers.party("Barro Quieto")
        makers.member(rosa, party)
        with unit_of_work():
            slugs.append(stalls.open_stall(party, by=rosa, at=at).slug)
    assert slugs == ["barro-quieto", "barro-quieto-2", "barro-quieto-3"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("ꞌꞌꞌ", "puesto"), ("Unión " + "muy larga " * 12, "union-muy-larga-muy-larga-muy-larga-muy-larga-muy-larga-muy")],
)
def test_a_name_without_plain_letters_or_too_long_still_has_an_address(name: str, slug: str) -> None:
    assert stalls.slug_of(name) == slug


def test_who_may_keep_a_stall(session: Session, at: datetime) -> None:
    made = makers.producer(published_at=None)
    keeper, reader, promoter, stranger = (makers.user(name) for name in "KRPS")
    makers.member(keeper, made.party, MemberRole.CATALOGUE)
    makers.member(reader, made.party, MemberRole.READ)
    makers.role(promoter, Role.PROMOTER)
    makers.save(
        Mandate(
            giver_id=made.party_id,
            holder_user_id=promoter.id,
            power=Power.CATALOGUE,
            how="x",
            given_at=at,
            recorded_by_id=promoter.id,
        )
    )
    for who in (reader, stranger):
        with pytest.raises(NotFound), unit_of_work():
            stalls.describe(made, STORY, by=who, at=at)
    for who in (keeper, promoter):
        with unit_of_work():
            stalls.describe(made, STORY, by=who, at=at)
    rows = session.scalars(select(AuditEntry).where(AuditEntry.act == "stall.described").order_by(AuditEntry.id)).all()
    assert [(row.by_id, row.on_behalf_of) for row in rows] == [(keeper.id, None), (promoter.id, made.party.public_id)]
    row = makers.fresh(session, made)
    assert (row.languages, row.whatsapp, row.whatsapp_shown, row.visits) == (
        ["español", "mixteco"],
        "+529515161234",
        True,
        "Sábados",
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (StallValues("x" * 161, ""), "line"),
        (StallValues("", "x" * 6001), "story"),
        (StallValues("", "", "x" * 6001), "story_en"),
        (StallValues("", "", visits="x" * 301), "visits"),
        (StallValues("", "", languages=("x" * 41,)), "languages"),
        (StallValues("", "", languages=tuple("abcdefghi")), "languages"),
    ],
)
def test_texts_are_bounded(session: Session, at: datetime, values: StallValues, field: str) -> None:
    rosa, made = makers.user(), makers.producer()
    makers.member(rosa, made.party)
    with pytest.raises(InvalidInput) as refused, unit_of_work():
        stalls.describe(made, values, by=rosa, at=at)
    assert refused.value.field == field


def test_a_number_that_is_not_given_is_not_shown(session: Session, at: datetime) -> None:
    rosa, made = makers.user(), makers.producer()
    makers.member(rosa, made.party)
    with unit_of_work():
        stalls.describe(made, StallValues("a", "b", whatsapp=None, whatsapp_shown=True), by=rosa, at=at)
    assert makers.fresh(session, made).whatsapp_shown is False


def test_a_stall_opens_once_vetted_and_with_a_line(session: Session, at: datetime) -> None:
    rosa, party = makers.user(), makers.party(vetting=Vetting.ASKED, vetted_at=None)
    made = makers.producer(party, published_at=None, line="Tejemos")
    makers.member(rosa, party)
    with pytest.raises(IllegalMove) as refused, unit_of_work():
        stalls.show(made, by=rosa, at=at)
    assert refused.value.code == "not_vetted"
    with unit_of_work() as writing:
        known = writing.merge(party)
        known.vetting, known.vetted_at = Vetting.VETTED, at
    with unit_of_work():
        stalls.describe(made, StallValues("", ""), by=rosa, at=at)
    with pytest.raises(InvalidInput) as lacking, unit_of_work():
        stalls.show(made, by=rosa, at=at)
    assert lacking.value.field == "line"
    with unit_of_work():
        stalls.describe(made, STORY, by=rosa, at=at)
    for _ in range(2):
        with unit_of_work():
            stalls.show(made, by=rosa, at=at)
    assert makers.fresh(session, made).published_at == at
    with unit_of_work():
        stalls.hide(made, by=rosa, at=at)
    assert makers.fresh(session, made).published_at is None
    acts = session.scalars(select(AuditEntry.act)).all()
    assert (acts.count("stall.shown"), acts.count("stall.hidden")) == (1, 1)


def test_a_holiday_ends_on_the_day_they_are_back_by_the_clock_of_mexico(session: Session, at: datetime) -> None:
    rosa, made = makers.user(), makers.producer()
    makers.member(rosa, made.party)
    for day in (date(2026, 11, 21), date(2026, 11, 1), date(2028, 1, 1)):
        with pytest.raises(InvalidInput), unit_of_work():
            stalls.go_away(made, day, by=rosa, at=at)
    with unit_of_work():
        stalls.go_away(made, date(2026, 12, 1), by=rosa, at=at)
    last, back = datetime.fromisoformat("2026-12-01T05:59:59+00:00"), datetime.fromisoformat("2026-12-01T06:00:00+00:00")
    assert [stalls.is_away(made, when) for when in (at, last, back)] == [True, True, False]
    with unit_of_work():
        stalls.go_away(made, None, by=rosa, at=at)
    assert not stalls.is_away(made, at)


def test_a_private_file_is_never_hung(session: Session, at: datetime) -> None:
    rosa, made, paper = makers.user(), makers.producer(), makers.stored_file()
    makers.member(rosa, made.party)
    with pytest.raises(InvalidInput), unit_of_work():
        stalls.picture(made, paper, cover=True, by=rosa, at=at)
    assert makers.fresh(session, made).cover_id is None


def test_makers_are_named_by_consent_and_leave_at_once(session: Session, at: datetime) -> None:
    rosa, made, stranger = makers.user(), makers.producer(), makers.user("Nadie")
    makers.member(rosa, made.party)
    for name, how, field in (("", "x", "name"), ("Petra", "", "how")):
        with pytest.raises(InvalidInput) as refused, unit_of_work():
            stalls.credit(made, name, how, by=rosa, at=at)
        assert refused.value.field == field
    with unit_of_work():
        maker = stalls.credit(made, "Petronila ꞌYaa Sɨkʉ", "de palabra", by=rosa, at=at)
    assert queries.makers_of(made) == [maker]
    with pytest.raises(Forbidden), unit_of_work():
        stalls.uncredit(maker, by=stranger, at=at)
    for _ in range(2):
        with unit_of_work():
            stalls.uncredit(maker, by=rosa, at=at)
    assert queries.makers_of(made) == []
    assert session.scalars(select(Maker.withdrawn_at)).one() == at
    assert list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))) == ["maker.credited", "maker.uncredited"]


def test_a_maker_comes_from_the_stall_or_from_a_member_of_it(session: Session, at: datetime) -> None:
    rosa, coop = makers.user(), makers.party(kind=PartyKind.COOPERATIVE)
    made, inside, outside = makers.producer(coop), makers.party("Dentro"), makers.party("Fuera")
    makers.member(rosa, coop)
    makers.save(Belonging(member_id=inside.id, organization_id=coop.id, since=makers.THEN))
    with pytest.raises(InvalidInput), unit_of_work():
        stalls.credit(made, "Petra", "acta", party=outside, by=rosa, at=at)
    with unit_of_work():
        maker = stalls.credit(made, "Petra", "acta", party=inside, by=rosa, at=at)
    assert maker.party_id == inside.id
    assert queries.members_of(made) == [inside]
    assert session.scalars(select(Producer)).one() == made


def test_on_the_day_they_come_back_they_are_there_on_every_page() -> None:
    back = date(2026, 11, 21)
    assert [stalls.away_on(until, back) for until in (None, date(2026, 11, 20), back, date(2026, 11, 22))] == [
        False,
        False,
        False,
        True,
    ]


def test_a_name_whose_consent_ended_leaves_the_certificates_of_the_stall_and_no_others(session: Session, at: datetime) -> None:
    rosa, stall = makers.user(), makers.producer()
    makers.member(rosa, stall.party)
    shown = [{"name": "Nicolasa Pérez", "salt": "1"}, {"name": "Otra Persona", "salt": "2"}]
    own = makers.certificate(stall.party, page={"makers": shown})
    elsewhere = makers.certificate(version=own.scheme_version, page={"makers": shown})
    with unit_of_work():
        maker = stalls.credit(stall, "Nicolasa Pérez", "de palabra", by=rosa, at=at)
    with unit_of_work():
        stalls.uncredit(maker, by=rosa, at=at)
    assert makers.fresh(session, own).page["makers"] == shown[1:]
    assert makers.fresh(session, elsewhere).page["makers"] == shown
