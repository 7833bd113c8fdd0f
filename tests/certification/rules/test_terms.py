import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from certification.rules.criteria import parse_scheme
from certification.rules.facts import RecordedAct, Term, history_facts
from certification.rules.scheme_text import Timing
from certification.rules.terms import CalendarTerm, changed_term, renewed_term, term_of, watched_term
from certification.rules.verdict import PublicState, verdict
from certification.rules.workflow import CertificateAct

STANDARDS = json.loads((Path(__file__).parents[3] / "certification/schemes/standards.json").read_text(encoding="utf-8"))
TIMING = {scheme["id"]: parse_scheme(scheme).timing for scheme in STANDARDS["schemes"]}
MEXICO = ZoneInfo("America/Mexico_City")
FIRST = date(2026, 11, 21)

ORIGIN, FARM = TIMING["origen-local"], TIMING["agroecologico-participativo"]


@pytest.mark.parametrize(
    ("timing", "first", "term"),
    [
        (ORIGIN, FIRST, CalendarTerm(FIRST, date(2028, 11, 21), date(2027, 11, 21), date(2028, 1, 20))),
        (FARM, FIRST, CalendarTerm(FIRST, date(2027, 11, 21))),
        (FARM, date(2028, 2, 29), CalendarTerm(date(2028, 2, 29), date(2029, 2, 28))),
    ],
)
def test_term_of_a_grant(timing: Timing, first: date, term: CalendarTerm) -> None:
    assert term_of(timing, first) == term


END = date(2028, 11, 21)


@pytest.mark.parametrize(
    ("decided", "term"),
    [
        (date(2028, 9, 1), CalendarTerm(date(2028, 9, 1), date(2030, 11, 21), date(2029, 9, 1), date(2029, 10, 31))),
        (END, CalendarTerm(END, date(2030, 11, 21), date(2029, 11, 21), date(2030, 1, 20))),
        (date(2028, 12, 3), CalendarTerm(date(2028, 12, 3), date(2030, 12, 3), date(2029, 12, 3), date(2030, 2, 1))),
    ],
)
def test_a_renewal_counts_from_the_end_of_the_term_that_runs(decided: date, term: CalendarTerm) -> None:
    assert renewed_term(ORIGIN, END, decided) == term


RUNNING = CalendarTerm(FIRST, END, date(2027, 11, 21), date(2028, 1, 20))


def test_a_passed_visit_is_followed_by_another_an_interval_later() -> None:
    seen, told = date(2027, 10, 1), date(2027, 10, 5)
    assert watched_term(ORIGIN, RUNNING, begins=told, visited_on=seen) == CalendarTerm(
        told, END, date(2028, 10, 1), date(2028, 11, 30)
    )
    assert watched_term(ORIGIN, RUNNING, begins=told, visited_on=FIRST.replace(year=2027)) == CalendarTerm(told, END)


def test_another_scope_moves_neither_end_nor_visit() -> None:
    told = date(2027, 3, 1)
    assert changed_term(ORIGIN, RUNNING, begins=told) == CalendarTerm(told, END, RUNNING.surveillance_due, RUNNING.grace_ends)
    assert changed_term(ORIGIN, RUNNING, begins=date(2026, 11, 1)) == RUNNING


def test_days_become_instants_in_the_zone_of_the_scheme() -> None:
    assert CalendarTerm(FIRST, date(2028, 11, 20), date(2027, 11, 21), date(2028, 1, 20)).instants(MEXICO) == Term(
        datetime(2026, 11, 21, 6, tzinfo=UTC),
        datetime(2028, 11, 21, 6, tzinfo=UTC),
        datetime(2027, 11, 22, 6, tzinfo=UTC),
        datetime(2028, 1, 21, 6, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (datetime(2026, 11, 20, 23, 59, 59, tzinfo=MEXICO), PublicState.NOT_YET_VALID),
        (datetime(2026, 11, 21, tzinfo=MEXICO), PublicState.VALID),
        (datetime(2028, 1, 20, 23, 59, 59, tzinfo=MEXICO), PublicState.VALID),
        (datetime(2028, 1, 21, tzinfo=MEXICO), PublicState.SUSPENDED),
    ],
)
def test_a_day_of_validity_runs_to_its_end_in_the_zone(at: datetime, state: PublicState) -> None:
    grant = RecordedAct(
        CertificateAct.GRANTED, datetime(2026, 11, 20, 18, tzinfo=UTC), term_of(TIMING["origen-local"], FIRST).instants(MEXICO)
    )
    assert verdict(history_facts([grant], at), at).state is state
