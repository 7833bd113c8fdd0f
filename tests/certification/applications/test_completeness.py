"""What is missing before sending: required evidence, one of a group, a word on what applies."""

from sqlalchemy.orm import Session

from certification.applications import drafts
from certification.applications.completeness import GOODS, NO_CHOICE, NO_GOODS, NO_MAKERS, NOT_VETTED, Missing, missing_in
from certification.applications.drafts import Given
from certification.applications.models import SPOKEN
from certification.core.db import unit_of_work
from certification.core.media.models import FileKind
from certification.parties.models import Vetting
from certification.schemes.texts import text_of
from tests import makers
from tests.certification.applications.conftest import Case
from tests.certification.applications.test_evidence import add
from tests.conftest import NOW


def gaps(case: Case, code: str) -> list[list[str]]:
    found = missing_in(case.application, text_of(case.application.scheme_version))
    return [[ask.kind.value for ask in one.asks] for one in found if one.screen == code]


def test_an_empty_draft_lacks_every_demand_in_the_order_of_the_screens(session: Session, case: Case) -> None:
    text = text_of(case.application.scheme_version)
    found = missing_in(case.application, text)
    codes = [criterion.code for criterion in text.criteria]
    assert sorted({one.screen for one in found}, key=codes.index) == list(dict.fromkeys(one.screen for one in found))
    assert gaps(case, "OL-1") == [["place"], ["document", "photo", "video", "visit"]]


def test_one_of_a_group_is_enough(case: Case) -> None:
    add(case, "OL-1", 2, FileKind.PHOTO)
    assert gaps(case, "OL-1") == [["place"]]


def test_a_wished_visit_stands_for_its_group(case: Case) -> None:
    with unit_of_work():
        drafts.answer(case.application, "OL-1", Given(words={0: "Xochiapan"}, visits={4: True}), by=case.rosa, at=NOW)
    assert gaps(case, "OL-1") == []


def test_a_statement_may_be_a_sound_but_the_spoken_answer_is_no_evidence(case: Case) -> None:
    add(case, "OL-6", SPOKEN, FileKind.AUDIO)
    assert gaps(case, "OL-6") == [["statement"]]
    add(case, "OL-6", 0, FileKind.AUDIO)
    assert gaps(case, "OL-6") == []


def test_what_was_taken_out_does_not_count(case: Case) -> None:
    item = add(case, "OL-11", 1)
    with unit_of_work():
        item.removed_at = NOW
    assert gaps(case, "OL-11") == [["number"], ["document"]]


def test_a_required_visit_comes_later_and_blocks_nothing(session: Session, case: Case) -> None:
    farm = Case(case.rosa, case.workshop, makers.application(case.rosa, case.workshop, key="agroecologico-participativo"))
    add(farm, "AG-2", 0)
    assert gaps(farm, "AG-2") == []


def test_a_condition_wants_a_word_and_silences_what_does_not_apply(session: Session, case: Case) -> None:
    farm = Case(case.rosa, case.workshop, makers.application(case.rosa, case.workshop, key="agroecologico-participativo"))
    text = text_of(farm.application.scheme_version)
    assert Missing("AG-10", NO_CHOICE) in missing_in(farm.application, text)
    with unit_of_work():
        drafts.answer(farm.application, "AG-10", Given(applies=False), by=case.rosa, at=NOW)
    assert gaps(farm, "AG-10") == []
    with unit_of_work():
        drafts.answer(farm.application, "AG-10", Given(applies=True), by=case.rosa, at=NOW)
    assert gaps(farm, "AG-10") == [["photo"], ["document"]]


def test_goods_makers_and_a_vetted_party_are_needed(session: Session, case: Case) -> None:
    makers.complete(case.application)
    text = text_of(case.application.scheme_version)
    assert missing_in(case.application, text) == ()
    with unit_of_work():
        case.application.goods, case.application.makers = "", []
        case.workshop.vetting, case.workshop.vetted_at = Vetting.ASKED, None
    assert missing_in(case.application, text) == (
        Missing(GOODS, NO_GOODS),
        Missing(GOODS, NO_MAKERS),
        Missing("", NOT_VETTED, party="Taller Hilo de Luna"),
    )
