"""Consent by purpose (LFPDPPP 2025): what an account needs, and what each person may allow or not."""

from collections.abc import Collection
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from certification.accounts.models import Consent, User
from certification.audit.record import record
from certification.core.db import db, writing
from certification.rules.errors import InvalidInput
from certification.rules.text import N_

NOTICE = "notice"  # the privacy notice and terms were shown when the account was opened
VOLUNTARY = {
    "news": N_("Enviarme novedades del mercado, como ferias y cursos."),
    "stories": N_("Mostrar mi historia y mis fotografías publicadas fuera de este sitio, para dar a conocer el mercado."),
    "research": N_("Invitarme a responder preguntas de quienes estudian el comercio justo."),
}


def notice_version() -> str:
    """The version of the notice that is shown now; the shop, which shows it, tells by ``app.extensions["notice_version"]``."""
    tell = current_app.extensions.get("notice_version")
    return str(tell()) if tell else "1"


def note_notice(user: User, text_version: str, *, at: datetime) -> None:
    """Keep which version of the notice a new account was shown."""
    writing().add(Consent(user_id=user.id, purpose=NOTICE, text_version=text_version, given_at=at))


def given(user: User) -> frozenset[str]:
    """The voluntary purposes that the person allows now."""
    held = select(Consent.purpose).where(Consent.user_id == user.id, Consent.withdrawn_at.is_(None), Consent.purpose != NOTICE)
    return frozenset(db.session.scalars(held))


def allows(user: User, purpose: str) -> bool:
    """Whether this voluntary purpose is allowed; ask before every use."""
    return purpose in given(user)


def choose(user: User, purposes: Collection[str], *, text_version: str, at: datetime) -> None:
    """Allow exactly these voluntary purposes; what is no longer among them is withdrawn and stays on the record.

    Raises:
        InvalidInput: for a purpose that there is not.

    """
    if set(purposes) - set(VOLUNTARY):
        raise InvalidInput
    before = given(user)
    session = writing()
    for purpose in sorted(set(purposes) - before):
        session.add(Consent(user_id=user.id, purpose=purpose, text_version=text_version, given_at=at))
    ended = before - set(purposes)
    for row in session.scalars(
        select(Consent).where(Consent.user_id == user.id, Consent.purpose.in_(ended), Consent.withdrawn_at.is_(None))
    ):
        row.withdrawn_at = at
    if set(purposes) != before:
        record("account.consents", "user", user.public_id, by=user, at=at, allowed=sorted(purposes))
