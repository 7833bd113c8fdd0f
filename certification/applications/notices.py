"""Mail about applications: a few words and a link, never what was shown or said in confidence."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from certification.accounts.models import Role, RoleHolding, User, UserState
from certification.applications.models import Application
from certification.core.db import db
from certification.core.outbox import send
from certification.core.web import outside
from certification.schemes.models import SchemeVersion
from certification.schemes.permissions import scope_of
from certification.schemes.texts import text_of


def desk_of(version: SchemeVersion) -> list[User]:
    """Who looks after the scheme's queue: its owners and its committee, each once."""
    held = select(RoleHolding.user_id).where(
        RoleHolding.role.in_((Role.SCHEME_OWNER, Role.DECIDER)),
        RoleHolding.scope == scope_of(version.scheme),
        RoleHolding.ended_at.is_(None),
    )
    return list(db.session.scalars(select(User).where(User.id.in_(held), User.state == UserState.ACTIVE).order_by(User.id)))


def submitted(application: Application, *, again: bool) -> None:
    """To the applicant, that it arrived; to the scheme's desk, that there is one more to look at."""
    tell([application.applicant], "application-submitted", application, _own(application), again=again)
    tell(desk_of(application.scheme_version), "application-arrived", application, "/review", again=again)


def withdrawn(application: Application, reason: str) -> None:
    """To the applicant, as a receipt; to the desk and to whoever evaluates, so that nobody works in vain."""
    tell([application.applicant], "application-withdrawn", application, _own(application), reason=reason)
    working = [one.evaluator for one in application.evaluations if one.recused_at is None]
    others = {person.id: person for person in (*desk_of(application.scheme_version), *working)}
    tell(others.values(), "application-taken-back", application, "/review", reason=reason)


def lapsed(application: Application, until: date) -> None:
    """To the applicant, that the day to answer is over, and how to begin again."""
    tell([application.applicant], "application-lapsed", application, "/apply", until=until)


def _own(application: Application) -> str:
    return f"/apply/{application.public_id}"


def tell(people: Iterable[User], name: str, application: Application, path: str, **values: object) -> None:
    """A mail to each of these people who has a confirmed address; ``path`` becomes the link ``url``."""
    for person in people:
        if person.email and person.email_confirmed_at and person.is_active:
            scheme = text_of(application.scheme_version).name.in_(person.language)
            send(
                person.email,
                name,
                language=person.language,
                person=person.name,
                party=application.party.name,
                goods=application.goods,
                scheme=scheme,
                url=outside(path),
                **values,
            )
