"""How each public state comes about, for tables that ask every surface about every state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from certification.accounts.models import Role, User
from certification.core.db import db, unit_of_work
from certification.registry.acts import Why, restore, supersede, surrender, suspend, withdraw
from certification.registry.issuing import certify
from certification.registry.models import Certificate
from certification.rules.verdict import PublicState
from certification.schemes.versions import lapse
from tests import makers
from tests.conftest import NOW

WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
DAY = timedelta(days=1)
EARLIER = NOW - 40 * DAY


@dataclass(frozen=True)
class Case:
    """How a state comes about; what the register says of it, and what a credential with its lists says.

    ``by_dates``: no bit of a list says it. ``past``: what the register said at other instants, beside those before the grant.
    """

    state: PublicState
    told: PublicState
    make: Callable[[User], Certificate]
    at: datetime = NOW
    by_dates: bool = False
    past: tuple[tuple[datetime, PublicState], ...] = ()


def acted(*acts: Callable[[Certificate, User], object]) -> Callable[[User], Certificate]:
    def make(by: User) -> Certificate:
        made = makers.certified(by)
        for act in acts:
            if act in OWN_UNIT:
                act(made, by)
                continue
            with unit_of_work():
                act(made, by)
        return made

    return make


def paused(made: Certificate, by: User) -> None:
    suspend(made, WHY, until=date(2027, 1, 31), by=by, at=EARLIER)


def resumed(made: Certificate, by: User) -> None:
    restore(made, by=by, at=EARLIER + DAY)


def taken(made: Certificate, by: User) -> None:
    withdraw(made, WHY, by=by, at=EARLIER + DAY)


def replaced(by: User) -> Certificate:
    made = makers.certified(by)
    other = makers.certified(makers.user("Otra Decide"), of=made.holder)
    with unit_of_work():
        supersede(made, other, by=by, at=EARLIER)
    return made


def returned(by: User) -> Certificate:
    made, holder = makers.certified(by), makers.user("Rosa Teje")
    makers.member(holder, made.holder)
    with unit_of_work():
        surrender(made, Why("HOLDER_REQUEST", ""), by=holder, at=EARLIER)
    return made


def coming(by: User) -> Certificate:
    decision = makers.granted(by, at=EARLIER)
    with unit_of_work():
        return certify(decision.application, decision, by=by, at=EARLIER, begins=date(2026, 12, 1))


def lapsed(by: User) -> Certificate:
    made, owner = makers.certified(by), makers.user("Petra Nube")
    makers.role(owner, Role.SCHEME_OWNER, made.scheme_version.scheme.key)
    with unit_of_work():
        lapse(made.scheme_version, by=owner, at=EARLIER, reason="Venció la marca.")
    return made


def mark_over(by: User) -> Certificate:
    made = makers.certified(by)
    with unit_of_work():
        made.scheme_version.mark, made.scheme_version.mark_ends_on = "Marca ficticia", date(2026, 11, 1)
    return made


def yearly(by: User) -> Certificate:
    return makers.certified(by, key="agroecologico-participativo", subject_kind="farm")


def taken_later(made: Certificate, by: User) -> None:
    withdraw(made, WHY, by=by, at=EARLIER + 2 * DAY)


def renewed(made: Certificate, by: User) -> None:
    makers.renewed(made, by, at=IN_TIME)


def renewed_late(made: Certificate, by: User) -> None:
    makers.renewed(made, by, at=AFTER_THE_END, submitted_at=IN_TIME)


def changed(made: Certificate, by: User) -> None:
    makers.renewed(made, by, at=EARLIER + DAY, cause="scope")


def visited(made: Certificate, by: User) -> None:
    makers.visited(made, by, at=OVERDUE)


OWN_UNIT: tuple[object, ...] = (renewed, renewed_late, changed, visited)
IN_TIME, AFTER_THE_END = datetime(2027, 11, 15, 18, tzinfo=UTC), datetime(2028, 1, 20, 18, tzinfo=UTC)
OVERDUE = datetime(2027, 5, 10, 18, tzinfo=UTC)
P = PublicState
CASES = {
    "in force": Case(P.VALID, P.VALID, acted()),
    "restored": Case(P.VALID, P.VALID, acted(paused, resumed), past=((EARLIER, P.SUSPENDED),)),
    "to come": Case(P.NOT_YET_VALID, P.NOT_YET_VALID, coming),
    "paused": Case(P.SUSPENDED, P.SUSPENDED, acted(paused)),
    "visit overdue": Case(P.SUSPENDED, P.SUSPENDED, acted(), datetime(2027, 6, 1, tzinfo=UTC), by_dates=True),
    "expired": Case(P.EXPIRED, P.EXPIRED, yearly, datetime(2027, 6, 1, tzinfo=UTC)),
    "scheme lapsed": Case(P.SCHEME_LAPSED, P.SUSPENDED, lapsed),
    "mark over": Case(P.SCHEME_LAPSED, P.SUSPENDED, mark_over),
    "withdrawn": Case(P.WITHDRAWN, P.WITHDRAWN, acted(taken)),
    "withdrawn while paused": Case(P.WITHDRAWN, P.WITHDRAWN, acted(paused, taken)),
    "surrendered": Case(P.SURRENDERED, P.WITHDRAWN, returned),
    "superseded": Case(P.SUPERSEDED, P.WITHDRAWN, replaced),
    "renewed": Case(P.VALID, P.VALID, acted(renewed), IN_TIME + DAY, past=((OVERDUE, P.SUSPENDED), (IN_TIME, P.VALID))),
    "renewed after its end": Case(
        P.VALID, P.VALID, acted(renewed_late), AFTER_THE_END + DAY, past=((AFTER_THE_END - DAY, P.SUSPENDED),)
    ),
    "another scope": Case(P.VALID, P.VALID, acted(changed)),
    "visit passed late": Case(P.VALID, P.VALID, acted(visited), OVERDUE + DAY, past=((OVERDUE - DAY, P.SUSPENDED),)),
    "paused, with another scope": Case(P.SUSPENDED, P.SUSPENDED, acted(paused, changed)),
    "another scope, then withdrawn": Case(P.WITHDRAWN, P.WITHDRAWN, acted(changed, taken_later)),
}


@dataclass(frozen=True)
class Altered:
    """A case whose columns somebody with the database changed by hand, so that by them the label holds."""

    case: Case
    columns: Mapping[str, object]

    def make(self, by: User) -> Certificate:
        made = self.case.make(by)
        with unit_of_work() as session:
            session.execute(update(Certificate).where(Certificate.id == made.id).values(self.columns))
        db.session.expire_all()
        return made


FAR = datetime(2031, 1, 1, tzinfo=UTC)
ALTERED = {
    "pause lifted": Altered(CASES["paused"], {"suspended_at": None, "suspension_until": None}),
    "withdrawal undone": Altered(CASES["withdrawn"], {"withdrawn_at": None}),
    "surrender undone": Altered(CASES["surrendered"], {"surrendered_at": None}),
    "successor forgotten": Altered(CASES["superseded"], {"superseded_at": None, "successor": None}),
    "visit put off": Altered(CASES["visit overdue"], {"surveillance_due": FAR, "grace_ends": FAR}),
    "term made longer": Altered(CASES["expired"], {"valid_until": FAR}),
    "begun early": Altered(CASES["to come"], {"valid_from": EARLIER}),
}
