"""The history on the verify page: recorded acts, and the periods that dates alone brought, in the order of time."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

from certification.registry.histories import as_rules
from certification.registry.recorded import Act, Recorded
from certification.rules.periods import turns_of
from certification.rules.verdict import PublicState, Reason, Verdict
from certification.rules.workflow import RenewalCause

BY_DATE = {
    Reason.TERM_OVER: "expired",
    Reason.SURVEILLANCE_OVERDUE: "overdue",
    Reason.SCHEME_LAPSED: "scheme_lapsed",
    Reason.NOT_STARTED: "between",
}
BEGUN = "begun"


class Visit(NamedTuple):
    """A surveillance that was passed."""

    on: date
    peers: int
    outsiders: int
    summary: str


class Step(NamedTuple):
    """An act by its kind or cause, or a period by date with the instant of its end, where it has one."""

    kind: str
    at: datetime
    ends: datetime | None = None
    visit: Visit | None = None


def steps_of(row: Any, recorded: Recorded, found: Verdict, lapse: datetime | None, now: datetime) -> list[Step]:
    """Every step until now. What columns say of today stands last, where the acts do not say it."""
    seen = {act.at: visit for act in recorded.acts if (visit := visit_of(act)) is not None}  # an act has its instant in both
    steps = [_told(one, seen) for one in row.page["history"]]
    if len(recorded.acts) > 1 or (recorded.acts and _has_turned(row, lapse, now)):
        with suppress(ValueError):  # acts that no registry records: the page says no more than its columns
            turned = turns_of(tuple(as_rules(recorded.acts, row)), now, scheme_lapsed_at=lapse)
            steps += [Step(BY_DATE.get(one.verdict.reason, BEGUN), one.begins, one.ends) for one in turned]
        steps.sort(key=lambda one: one.at)
    today = _of_today(row, found, lapse)
    said = today is None or any(one.kind == today.kind and one.ends is None for one in steps)
    return steps if said or today is None else [*steps, today]


def _has_turned(row: Any, lapse: datetime | None, now: datetime) -> bool:
    """Whether a date may have changed the state since the grant; of most labels none has."""
    dates = (row.valid_from, row.valid_until, row.grace_ends, lapse)
    return any(one is not None and row.granted_at < one <= now for one in dates)


def last_visit(row: Any, recorded: Recorded) -> Visit | None:
    """The last surveillance that was passed since somebody decided."""
    for act in reversed(recorded.acts):
        visit = visit_of(act)
        if visit is not None and act.at > datetime.fromisoformat(row.page["decided"]["on"]):
            return visit
    return None


def visit_of(act: Act) -> Visit | None:
    """What an act tells of a visit, where it was one."""
    said = act.details
    if said.get("cause") != RenewalCause.SURVEILLANCE or "visited_on" not in said:
        return None
    return Visit(date.fromisoformat(said["visited_on"]), said["peers"], said["outsiders"], act.summary)


def _told(said: Mapping[str, str], seen: Mapping[datetime, Visit]) -> Step:
    at = datetime.fromisoformat(said["at"])
    return Step(said.get("cause") or said["kind"], at, visit=seen.get(at))


def _of_today(row: Any, found: Verdict, lapse: datetime | None) -> Step | None:
    """The date that the present state comes from, where it comes from one."""
    if found.state is PublicState.EXPIRED:
        return Step("expired", row.valid_until)
    if found.state is PublicState.SCHEME_LAPSED and lapse is not None:
        return Step("scheme_lapsed", lapse)
    return Step("overdue", row.grace_ends) if found.reason is Reason.SURVEILLANCE_OVERDUE else None
