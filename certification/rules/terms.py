"""From a scheme's months to the days of a certificate, and from those days to instants."""

from dataclasses import dataclass
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


def term_of(timing: Timing, first_day: date, *, last_surveillance: date | None = None) -> CalendarTerm:
    """The term of a certificate that is valid from `first_day`.

    Surveillance is due a scheme's interval after the grant or after the last one that was passed. What falls after
    the end of validity is no date of this term: then renewal takes its place.
    """
    until = add_months(first_day, timing.validity_months) - timedelta(days=1)
    due = add_months(last_surveillance or first_day, timing.surveillance_months)
    if due > until:
        return CalendarTerm(first_day, until)
    return CalendarTerm(first_day, until, due, due + timedelta(days=timing.grace_days))
