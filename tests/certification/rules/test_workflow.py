from enum import StrEnum

import pytest

from certification.rules.errors import IllegalMove
from certification.rules.workflow import (
    APPLICATION,
    CERTIFICATE,
    LISTING,
    SCHEME_VERSION,
    ApplicationState,
    CertificateStanding,
    ListingState,
    Move,
    Outcome,
    SchemeVersionState,
    Workflow,
)

TABLES = {
    "application": (APPLICATION, ApplicationState, ApplicationState.DRAFT),
    "scheme_version": (SCHEME_VERSION, SchemeVersionState, SchemeVersionState.DRAFT),
    "listing": (LISTING, ListingState, ListingState.DRAFT),
    "certificate": (CERTIFICATE, CertificateStanding, CertificateStanding.IN_FORCE),
}

STEPS = {
    "application": {
        ("draft", "submit", "submitted"),
        ("returned", "submit", "submitted"),
        ("submitted", "return", "returned"),
        ("in_review", "return", "returned"),
        ("submitted", "accept", "accepted"),
        ("accepted", "start_evaluation", "evaluating"),
        ("evaluating", "send_to_review", "in_review"),
        ("in_review", "reopen", "evaluating"),
        ("in_review", "decide", "decided"),
        ("draft", "withdraw", "withdrawn_by_applicant"),
        ("submitted", "withdraw", "withdrawn_by_applicant"),
        ("returned", "withdraw", "withdrawn_by_applicant"),
        ("accepted", "withdraw", "withdrawn_by_applicant"),
        ("evaluating", "withdraw", "withdrawn_by_applicant"),
        ("in_review", "withdraw", "withdrawn_by_applicant"),
        ("returned", "lapse", "lapsed"),
    },
    "scheme_version": {
        ("draft", "consult", "consultation"),
        ("consultation", "activate", "active"),
        ("active", "supersede", "superseded"),
        ("active", "lapse", "lapsed"),
        ("active", "withdraw", "withdrawn"),
    },
    "listing": {
        ("draft", "publish", "published"),
        ("published", "pause", "paused"),
        ("paused", "resume", "published"),
        ("draft", "archive", "archived"),
        ("published", "archive", "archived"),
        ("paused", "archive", "archived"),
        ("archived", "restore", "draft"),
    },
    "certificate": {
        ("in_force", "suspend", "suspended"),
        ("suspended", "restore", "in_force"),
        ("in_force", "renew", "in_force"),
        ("suspended", "renew", "suspended"),
        ("in_force", "pass_surveillance", "in_force"),
        ("suspended", "pass_surveillance", "suspended"),
        ("in_force", "reissue", "in_force"),
        ("suspended", "reissue", "suspended"),
        ("in_force", "supersede", "superseded"),
        ("suspended", "supersede", "superseded"),
        ("in_force", "surrender", "surrendered"),
        ("suspended", "surrender", "surrendered"),
        ("in_force", "withdraw", "withdrawn"),
        ("suspended", "withdraw", "withdrawn"),
        ("superseded", "withdraw", "withdrawn"),
        ("surrendered", "withdraw", "withdrawn"),
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_exactly_the_steps_of_the_table_are_possible(name: str) -> None:
    workflow, states, _start = TABLES[name]
    actions = {move.action for move in workflow.moves}  # type: ignore[attr-defined]  # a mixed table loses the type
    possible = set()
    for state in states:
        for action in actions:
            try:
                possible.add((state.value, action, workflow.next_state(state, action).value))  # type: ignore[attr-defined]  # as above
            except IllegalMove:
                continue
    assert possible == STEPS[name]


@pytest.mark.parametrize("name", TABLES)
def test_every_state_can_be_reached_from_the_first(name: str) -> None:
    workflow, states, start = TABLES[name]
    assert workflow.reachable(start) == frozenset(states)  # type: ignore[attr-defined]  # as above


def test_an_illegal_move_says_from_where_and_what() -> None:
    with pytest.raises(IllegalMove) as caught:
        APPLICATION.next_state(ApplicationState.DECIDED, "decide")
    assert caught.value.params == {"state": "decided", "action": "decide"}


def test_actions_come_in_the_order_of_the_table() -> None:
    assert APPLICATION.actions_from(ApplicationState.IN_REVIEW) == ("return", "reopen", "decide", "withdraw")


def test_what_is_decided_withdrawn_or_lapsed_is_final() -> None:
    final = {state for state in ApplicationState if APPLICATION.is_final(state)}
    assert final == {ApplicationState.DECIDED, ApplicationState.WITHDRAWN_BY_APPLICANT, ApplicationState.LAPSED}


def test_a_lost_certificate_never_comes_back_into_force() -> None:
    for lost in (CertificateStanding.WITHDRAWN, CertificateStanding.SURRENDERED):
        assert CertificateStanding.IN_FORCE not in CERTIFICATE.reachable(lost)


def test_a_move_carries_the_permission_it_asks_for() -> None:
    assert APPLICATION.move(ApplicationState.IN_REVIEW, "decide").permission == "application.decide"


def test_only_a_refusal_grants_nothing() -> None:
    assert [outcome for outcome in Outcome if not outcome.grants] == [Outcome.REFUSED]


def test_two_moves_for_one_step_are_refused() -> None:
    class Lamp(StrEnum):
        ON = "on"
        OFF = "off"

    twice = [Move("press", frozenset({Lamp.ON}), Lamp.OFF, "x"), Move("press", frozenset({Lamp.ON}), Lamp.ON, "x")]
    with pytest.raises(ValueError, match="two moves for press from on"):
        Workflow(twice)
