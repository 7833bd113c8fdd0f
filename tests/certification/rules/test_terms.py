import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from certification.rules.criteria import parse_scheme
from certification.rules.facts import RecordedAct, Term, history_facts
from certification.rules.terms import CalendarTerm, term_of
from certification.rules.verdict import PublicState, verdict
from certification.rules.workflow import CertificateAct

STANDARDS = json.loads((Path(__file__).parents[3] / "certification/schemes/standards.json").read_text(encoding="utf-8"))
TIMING = {scheme["id"]: parse_scheme(scheme).timing for scheme in STANDARDS["schemes"]}
MEXICO = ZoneInfo("America/Mexico_City")
FIRST = date(2026, 11, 21)

ROWS = [
    ("origen-local", FIRST, None, CalendarTerm(FIRST, date(2028, 11, 20), date(2027, 11, 21), date(2028, 1, 20))),
    ("origen-local", FIRST, date(2027, 10, 1), CalendarTerm(FIRST, date(2028, 11, 20), date(2028, 10, 1), date(2028, 11, 30))),
    ("origen-local", FIRST, date(2027, 11, 21), CalendarTerm(FIRST, date(2028, 11, 20))),
    ("agroecologico-participativo", FIRST, None, CalendarTerm(FIRST, date(2027, 11, 20))),
    ("agroecologico-participativo", date(2028, 2, 29), None, CalendarTerm(date(2028, 2, 29), date(2029, 2, 27))),
]


@pytest.mark.parametrize(("scheme", "first", "passed", "term"), ROWS)
def test_term(scheme: str, first: date, passed: date | None, term: CalendarTerm) -> None:
    assert term_of(TIMING[scheme], first, last_surveillance=passed) == term


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
