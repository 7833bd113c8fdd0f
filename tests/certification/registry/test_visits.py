from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications.models import Capacity, Evaluation
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.web import position
from certification.parties.models import Belonging, PartyKind, Tie
from certification.registry import visits
from certification.registry.models import Certificate
from certification.registry.visits import count_overdue, due_visits
from certification.rules.code import display
from tests import makers

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
DAY = timedelta(days=1)
Browser = Callable[[User], FlaskClient]
OVER, LATE, SOON, FAR = (-70, -10, 59, 61)  # days from now to the day that a visit is due; sixty of grace follow


@pytest.fixture
def decider(session: Session) -> User:
    person = makers.user("Celia Decide")
    makers.role(person, Role.DECIDER, "origen-local")
    return person


def label(days: int, **given: Any) -> Certificate:
    due = NOW + days * DAY
    return makers.certificate(surveillance_due=due, grace_ends=due + 60 * DAY, **given)


def found(person: User) -> list[str]:
    return [one.code for one in due_visits(person, "es", NOW, after=None).found]


def test_overdue_and_soon_due_visits_stand_in_the_order_in_which_their_labels_pause(decider: User) -> None:
    soon, over, late = label(SOON), label(OVER), label(LATE)
    label(FAR)
    assert found(decider) == [over.code, late.code, soon.code]
    page = due_visits(decider, "es", NOW, after=None)
    assert [(one.late, one.over) for one in page.found] == [(True, True), (True, False), (False, False)]
    assert (page.after, count_overdue(decider, NOW)) == (None, 2)


@pytest.mark.parametrize(
    "gone",
    [
        {"withdrawn_at": NOW - DAY},
        {"surrendered_at": NOW - DAY},
        {"superseded_at": NOW - DAY, "successor": "0" * 11},
        {"valid_until": NOW},
        {"valid_from": NOW + DAY},
    ],
)
def test_a_label_that_passes_no_visit_is_not_listed(decider: User, gone: dict[str, Any]) -> None:
    paused = label(LATE, suspended_at=NOW - DAY, suspension_until=NOW + DAY)
    label(LATE, **gone)
    assert (found(decider), count_overdue(decider, NOW)) == ([paused.code], 1)


def test_another_committee_s_labels_and_a_lapsed_scheme_s_are_not_listed(session: Session, decider: User) -> None:
    makers.certificate(version=makers.scheme_version("comercio-justo-local"), surveillance_due=NOW, grace_ends=NOW + 60 * DAY)
    mine = label(LATE)
    assert found(decider) == [mine.code]
    with unit_of_work():
        mine.scheme_version.lapsed_at = NOW - DAY
    assert (found(decider), count_overdue(decider, NOW)) == ([], 0)


def in_a_cooperative(person: User, count: int) -> None:
    """Labels of as many workshops of a cooperative that is the person's, each with somebody on its panel who stepped aside."""
    version, coop = makers.scheme_version(), makers.party("Coop", kind=PartyKind.COOPERATIVE)
    makers.member(person, coop)
    for number in range(count):
        made = label(number, version=version)
        makers.save(
            Belonging(member_id=made.holder_id, organization_id=coop.id, since=makers.THEN),
            Evaluation(
                application_id=made.application_id,
                evaluator_id=makers.user().id,
                capacity=Capacity.PEER,
                assigned_at=makers.THEN,
                recused_at=makers.THEN,
            ),
        )


def test_a_page_costs_the_same_however_many_labels_and_applicants_it_has(decider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    in_a_cooperative(decider, 6)
    due_visits(decider, "es", NOW, after=None)  # the head's signature is verified once
    person, asked, costs = decider.id, list[str](), []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_rest: asked.append(" ".join(sql.split())))
    for count in (1, 5):
        db.session.remove()
        who = db.session.get_one(User, person)
        monkeypatch.setattr(visits, "PER_PAGE", count)
        asked.clear()
        page = due_visits(who, "es", NOW, after=None)
        assert [one.bar and one.bar.code for one in page.found] == ["tie_bars"] * count
        costs.append(len(asked))
    assert costs[0] == costs[1]
    tables = ("certificate_acts", "applications", "ties", "evaluations", "findings")
    assert {name: sum(f"FROM {name} " in sql for sql in asked) for name in tables} == dict.fromkeys(tables, 1) | {
        "evaluations": 2
    }


def test_pages_follow_each_other_without_gap_or_double(decider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "PER_PAGE", 2)
    version = makers.scheme_version()
    made = [label(days, version=version).code for days in (-20, -10, -10, 5, 20)]
    read, after, pages = [], None, 0
    while True:
        page = due_visits(decider, "es", NOW, after=after)
        read += [one.code for one in page.found]
        pages += 1
        if page.after is None:
            break
        after = position(page.after)
    assert (read, pages) == (made, 3)


def test_the_page_says_what_is_due_when_and_leads_to_it(decider: User, client_of: Browser) -> None:
    over, late, soon = label(OVER, goods="Fajas"), label(LATE), label(SOON)
    with clock.standing_at(NOW):
        text = client_of(decider).get("/review/visits").text
        english = client_of(decider).get("/review/visits?lang=en").text
        desk, queue = client_of(decider).get("/desk").text, client_of(decider).get("/review").text
    assert "Tocaba a más tardar el 12 sep 2026 y no se anotó: sin ella no vale desde el 12 nov 2026." in text
    assert "Tocaba a más tardar el 11 nov 2026. Si no se anota a más tardar el 10 ene 2027, el sello entra en pausa." in text
    assert "Toca a más tardar el 19 ene 2027." in text
    for one in (over, late, soon):
        assert (display(one.code) in text, f'href="/c/{one.code}/act/visit"' in text) == (True, True)
    assert ("Surveillance visits" in english, "It was due by Sep 12, 2026" in english) == (True, True)
    for page in (desk, queue):
        assert 'href="/review/visits"' in page


def test_an_empty_list_says_so(decider: User, client_of: Browser) -> None:
    with clock.standing_at(NOW):
        page = client_of(decider).get("/review/visits")
    assert (page.status_code, "Ninguna visita por hacer" in page.text) == (200, True)


def test_whom_a_tie_bars_sees_the_visit_and_why_they_may_not_write_it_down(decider: User, client_of: Browser) -> None:
    made = label(LATE)
    makers.save(
        Tie(user_id=decider.id, party_id=made.holder_id, kind="trade", declared_by_id=decider.id, declared_at=makers.THEN)
    )
    with clock.standing_at(NOW):
        text = client_of(decider).get("/review/visits").text
    assert (display(made.code) in text, "No puede: comercia con quien solicita" in text, "/act/visit" in text) == (
        True,
        True,
        False,
    )


def test_only_members_of_a_committee_see_the_list(decider: User, client: FlaskClient, client_of: Browser) -> None:
    evaluator = makers.user()
    makers.role(evaluator, Role.EVALUATOR, "origen-local")
    assert client_of(evaluator).get("/review/visits").status_code == 403
    assert client.get("/review/visits").status_code == 303
    assert 'href="/review/visits"' not in client_of(evaluator).get("/review").text


def test_a_place_that_is_none_of_ours_is_a_bad_request(decider: User, client_of: Browser) -> None:
    browser = client_of(decider)
    assert [browser.get(f"/review/visits?after={word}").status_code for word in ("x", "WzFd")] == [400, 400]
