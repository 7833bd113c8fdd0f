from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications.models import Capacity, Evaluation
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.log.reading import of_certificate
from certification.parties.models import Tie
from certification.registry import surveillance
from certification.registry.acts import Why, surrender, suspend, withdraw
from certification.registry.histories import verdict_at
from certification.registry.issuing import certify
from certification.registry.models import Certificate
from certification.registry.names import forget_name
from certification.registry.records import is_sound
from certification.registry.surveillance import Visit, due, pass_surveillance
from certification.registry.weighing import standing
from certification.rules.errors import Conflict, DomainError, EvaluatorDecides, Forbidden, IllegalMove, InvalidInput, TieBars
from certification.rules.leaves import LogAct
from certification.rules.verdict import PublicState, Reason
from certification.schemes.texts import text_of
from tests import makers

P = PublicState
DAY = timedelta(days=1)
DUE = datetime(2027, 1, 3, 6, tzinfo=UTC)  # a year after the grant of 2 January 2026, that day included
GRACE_ENDS = datetime(2027, 3, 4, 6, tzinfo=UTC)
IN_TIME = datetime(2026, 12, 15, 18, tzinfo=UTC)
LATE = datetime(2027, 5, 10, 18, tzinfo=UTC)
WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")


def visit(
    on: date = date(2026, 12, 10), *, peers: int = 2, outsiders: int = 1, summary: str = "Sigue igual.", seen: int = 1
) -> Visit:
    return Visit(on, peers, outsiders, summary, seen)


def passed(made: Certificate, seen: Visit, by: User, *, at: datetime = IN_TIME) -> None:
    with unit_of_work():
        pass_surveillance(made, seen, by=by, at=at)


def test_a_passed_visit_makes_the_next_version_with_its_own_due_date(session: Session, made: Certificate, decider: User) -> None:
    end = made.valid_until
    passed(made, visit(), decider)
    assert (made.surveillance_due, made.grace_ends, made.valid_until) == (
        datetime(2027, 12, 11, 6, tzinfo=UTC),
        datetime(2028, 2, 9, 6, tzinfo=UTC),
        end,
    )
    first, second = (one.credential.document for one in made.versions if one.credential is not None)
    assert (first["validUntil"], second["validUntil"]) == ("2027-03-04T06:00:00Z", "2028-01-03T06:00:00Z")
    assert second["validFrom"] == "2026-12-15T06:00:00Z"
    assert is_sound(made, IN_TIME)


def test_it_is_public_with_who_visited_by_number_and_what_was_seen(session: Session, made: Certificate, decider: User) -> None:
    passed(made, visit(), decider)
    act, leaf = made.acts[-1], of_certificate(made.code)[-1].act
    told = {name: act.details[name] for name in ("cause", "visited_on", "peers", "outsiders", "version")}
    assert told == {"cause": "surveillance", "visited_on": "2026-12-10", "peers": 2, "outsiders": 1, "version": 2}
    assert (act.public_summary, made.page["history"][-1]["cause"]) == ("Sigue igual.", "surveillance")
    assert made.page["decided"]["visited_on"] != "2026-12-10"  # that is of the visit before the decision
    assert (leaf.act, leaf.certificate and leaf.certificate.version) == (LogAct.RENEWED, 2)
    assert "certificate-renewed" in db.session.scalars(select(OutboxMessage.name)).all()


def test_a_late_one_lifts_the_pause_of_an_overdue_visit(session: Session, made: Certificate, decider: User) -> None:
    assert standing(made, GRACE_ENDS - DAY).reason is Reason.SURVEILLANCE_IN_GRACE
    assert standing(made, LATE).reason is Reason.SURVEILLANCE_OVERDUE
    passed(made, visit(LATE.date()), decider, at=LATE)
    assert standing(made, LATE).state is P.VALID
    assert [verdict_at(made, at).state for at in (GRACE_ENDS - DAY, GRACE_ENDS, LATE - DAY, LATE)] == [
        P.VALID,
        P.SUSPENDED,
        P.SUSPENDED,
        P.VALID,
    ]


def test_a_pause_by_an_act_stays(session: Session, made: Certificate, decider: User) -> None:
    with unit_of_work():
        suspend(made, WHY, until=date(2027, 2, 1), by=decider, at=IN_TIME - DAY)
    passed(made, visit(), decider)
    assert (standing(made, IN_TIME).reason, made.page["why"]["summary"]) == (Reason.SUSPENDED_BY_ACT, WHY.public_summary)
    assert len(made.versions) == 2


def test_the_same_form_twice_is_one_visit(session: Session, made: Certificate, decider: User) -> None:
    passed(made, visit(), decider)
    passed(made, visit(), decider, at=IN_TIME + timedelta(minutes=1))
    assert len(made.versions) == len(made.acts) == 2
    with pytest.raises(Conflict):  # another visit, written on a page that does not know of the first
        passed(made, visit(date(2026, 12, 12)), decider)
    assert [one.number for one in made.versions] == [1, 2]


def test_the_same_visit_in_other_words_is_not_told_as_done(session: Session, made: Certificate, decider: User) -> None:
    passed(made, visit(), decider)
    with pytest.raises(Conflict) as caught:
        passed(made, visit(summary="Sigue igual, y falta un cuaderno."), decider)
    assert (caught.value.code, made.acts[-1].public_summary) == ("moved_meanwhile", "Sigue igual.")


def test_visits_follow_each_other_until_the_end_of_the_term(session: Session, made: Certificate, decider: User) -> None:
    passed(made, visit(), decider)
    passed(made, visit(date(2027, 11, 30), seen=2), decider, at=datetime(2027, 12, 1, 18, tzinfo=UTC))
    assert ([one.number for one in made.versions], made.surveillance_due, made.valid_until) == (
        [1, 2, 3],
        None,
        datetime(2028, 1, 3, 6, tzinfo=UTC),
    )
    assert not due(made, datetime(2027, 12, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (visit(IN_TIME.date() + DAY), "day_to_come", "visited_on"),
        (visit(date(2026, 1, 1)), "day_before_last", "visited_on"),
        (visit(IN_TIME.date() - 61 * DAY), "day_too_old", "visited_on"),
        (visit(peers=0, outsiders=0), "nobody_visited", "peers"),
        (visit(peers=-1, outsiders=3), "nobody_visited", "peers"),
        (visit(summary="  "), "summary_missing", "public_summary"),
    ],
)
def test_what_is_refused(session: Session, made: Certificate, decider: User, wrong: Visit, code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        passed(made, wrong, decider)
    assert (refused.value.code, refused.value.field, len(made.versions)) == (code, field, 1)


def test_a_visit_of_long_ago_lifts_no_pause(session: Session, made: Certificate, decider: User) -> None:
    oldest = LATE.date() - 60 * DAY  # as many days as the scheme gives grace
    with pytest.raises(InvalidInput) as refused:
        passed(made, visit(oldest - DAY), decider, at=LATE)
    assert (refused.value.code, standing(made, LATE).reason, len(made.versions)) == (
        "day_too_old",
        Reason.SURVEILLANCE_OVERDUE,
        1,
    )
    passed(made, visit(oldest), decider, at=LATE)
    assert (standing(made, LATE).state, made.acts[-1].details["visited_on"]) == (P.VALID, oldest.isoformat())


def test_a_scheme_without_grace_still_leaves_a_committee_its_month(
    session: Session, made: Certificate, decider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(made.scheme_version)
    strict = replace(text, timing=replace(text.timing, grace_days=0))
    monkeypatch.setattr(surveillance, "text_of", lambda _version: strict)
    assert surveillance.earliest(made, IN_TIME) == IN_TIME.date() - 30 * DAY


def test_the_day_of_the_decision_counts_and_the_day_before_does_not(session: Session, made: Certificate, decider: User) -> None:
    at = makers.THEN + 5 * DAY
    with pytest.raises(InvalidInput):
        passed(made, visit(date(2026, 1, 1)), decider, at=at)
    passed(made, visit(date(2026, 1, 2)), decider, at=at)
    assert len(made.versions) == 2


def test_a_label_that_has_not_begun_passes_no_visit(session: Session, decider: User) -> None:
    decision = makers.granted(decider)
    makers.role(decider, Role.DECIDER, "origen-local")
    with unit_of_work():
        made = certify(decision.application, decision, by=decider, at=makers.THEN, begins=date(2026, 3, 1))
    assert standing(made, makers.THEN + DAY).state is P.NOT_YET_VALID
    with pytest.raises(IllegalMove) as refused:
        passed(made, visit(date(2026, 1, 3)), decider, at=makers.THEN + DAY)
    assert (refused.value.code, len(made.versions), due(made, makers.THEN + DAY)) == ("not_begun", 1, False)
    assert due(made, datetime(2026, 3, 1, 18, tzinfo=UTC))


def test_a_lost_or_ended_label_passes_no_visit(session: Session, decider: User) -> None:
    lost, given_back, ended = (makers.certified(makers.user("Celia Decide")) for _ in range(3))
    holder = makers.user("Rosa Teje")
    makers.member(holder, given_back.holder)
    makers.role(decider, Role.DECIDER, "origen-local")
    with unit_of_work():
        withdraw(lost, WHY, by=decider, at=IN_TIME - DAY)
        surrender(given_back, Why("HOLDER_REQUEST", ""), by=holder, at=IN_TIME - DAY)
    for made, at in ((lost, IN_TIME), (given_back, IN_TIME), (ended, datetime(2028, 2, 1, tzinfo=UTC))):
        with pytest.raises(IllegalMove):
            passed(made, visit(), decider, at=at)
        assert len(made.versions) == 1


def test_a_scheme_that_ended_and_a_label_without_a_visit_to_come_pass_none(
    session: Session, made: Certificate, decider: User
) -> None:
    yearly = makers.certified(decider, key="agroecologico-participativo", subject_kind="farm")
    with pytest.raises(IllegalMove) as refused:
        passed(yearly, visit(), decider)
    assert refused.value.code == "no_visit_due"
    with unit_of_work():
        made.scheme_version.lapsed_at = IN_TIME - DAY
    with pytest.raises(IllegalMove) as refused:
        passed(made, visit(), decider)
    assert refused.value.code == "scheme_lapsed"


def test_only_untied_members_of_the_committee_who_did_not_evaluate(session: Session, made: Certificate, decider: User) -> None:
    tied, evaluator, operator = (makers.user(name) for name in ("Tomás Atado", "Eva Evalúa", "Otilia Opera"))
    for one in (tied, evaluator, operator):
        makers.role(one, Role.DECIDER, "origen-local")
    makers.role(operator, Role.OPERATOR)
    makers.save(
        Tie(user_id=tied.id, party_id=made.holder_id, kind="trading_partner", declared_by_id=tied.id, declared_at=makers.THEN),
        Evaluation(
            application_id=made.application_id, evaluator_id=evaluator.id, capacity=Capacity.PEER, assigned_at=makers.THEN
        ),
    )
    db.session.expire_all()
    for one, refusal in ((tied, TieBars), (evaluator, EvaluatorDecides), (operator, Forbidden), (makers.user(), DomainError)):
        with pytest.raises(refusal):
            passed(made, visit(), one)
    assert len(made.versions) == 1


def test_a_name_that_was_taken_away_is_in_no_further_version(session: Session, made: Certificate, decider: User) -> None:
    assert len(made.versions[0].statement["personal"]["makers"]) == 1
    with unit_of_work():
        forget_name("Martina Luna", [made.holder_id], by=None, at=IN_TIME - DAY)
    passed(made, visit(), decider)
    assert "personal" not in made.versions[1].statement
    assert is_sound(made, IN_TIME)
