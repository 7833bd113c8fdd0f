"""From a scheme's months to the days of a certificate, and from those days to instants."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from certification.rules.days import add_months, end_of_day, start_of_day
from certification.rules.facts import Term
from certification.rules.scheme_text import Timing


@dataclass(frozen=True, slots=True)
class CalendarTerm:
    """The days of one version of a certificate. All but the first are last days, themselves included."""

    valid_from: date
    valid_until: date
    surveillance_due: date | None = None
    grace_ends: date | None = None

    def instants(self, zone: ZoneInfo) -> Term:
        """The same in UTC, with exclusive ends, as `Facts` holds them."""
        return Term(
            start_of_day(self.valid_from, zone),
            end_of_day(self.valid_until, zone),
            None if self.surveillance_due is None else end_of_day(self.surveillance_due, zone),
            None if self.grace_ends is None else end_of_day(self.grace_ends, zone),
        )


def term_of(timing: Timing, first_day: date) -> CalendarTerm:
    """The term of a certificate that is granted to begin on `first_day`. Surveillance is due an interval after it."""
    return _watched(CalendarTerm(first_day, add_months(first_day, timing.validity_months)), timing, first_day)


def renewed_term(timing: Timing, running_until: date, decided_on: date) -> CalendarTerm:
    """The term that a renewal gives: good from the decision, so that no day is without a version that holds, and counted from
    the last day of the running term, so that whoever asks early loses nothing. After that day it is counted from the decision.

    The evaluation for it is a look at the work: surveillance is due an interval after the decision.
    """
    until = add_months(max(running_until, decided_on), timing.validity_months)
    return _watched(CalendarTerm(decided_on, until), timing, decided_on)


def watched_term(timing: Timing, running: CalendarTerm, *, begins: date, visited_on: date) -> CalendarTerm:
    """The rest of a running term from `begins` on, after a surveillance that was passed on `visited_on`; its end stays."""
    return _watched(replace(running, valid_from=begins), timing, visited_on)


def changed_term(timing: Timing, running: CalendarTerm, *, begins: date) -> CalendarTerm:
    """The rest of a running term from `begins` on, with another scope: neither its end nor its surveillance moves."""
    due = running.surveillance_due
    grace = due + timedelta(days=timing.grace_days) if due else None
    return replace(running, valid_from=max(begins, running.valid_from), grace_ends=grace)


def _watched(term: CalendarTerm, timing: Timing, last_look: date) -> CalendarTerm:
    """What falls on the end of validity or after it is no date of this term: then renewal takes its place."""
    due = add_months(last_look, timing.surveillance_months)
    if due >= term.valid_until:
        return replace(term, surveillance_due=None, grace_ends=None)
    return replace(term, surveillance_due=due, grace_ends=due + timedelta(days=timing.grace_days))
