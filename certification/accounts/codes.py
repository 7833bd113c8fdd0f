"""Codes that work once: long ones inside a mailed link, short ones that are printed and typed."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update

from certification.accounts.digests import keyed
from certification.accounts.models import OneTimeCode, User, UserState
from certification.core.db import db, hold, writing
from certification.core.ids import ALPHABET
from certification.rules.errors import DomainError
from certification.rules.text import N_

PRINTED_LETTERS = 10  # 50 bits
GROUPS = (4, 4, 2)
LOOKALIKES = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None, "–": None, "—": None, ".": None})


class Purpose(StrEnum):
    """What a code is good for."""

    CONFIRM = "confirm"
    RESET = "reset"
    NEW_MAIL = "new_mail"
    PRINTED = "printed"


LASTS = {
    Purpose.CONFIRM: timedelta(days=2),
    Purpose.RESET: timedelta(hours=1),
    Purpose.NEW_MAIL: timedelta(days=1),
    Purpose.PRINTED: timedelta(days=60),
}


class CodeNotGood(DomainError):
    """Unknown, used or too old; which one is nobody's business."""

    default_code = "code_not_good"
    default_sentence = N_(
        "Este código o enlace no sirve. Si lo escribió, revise que esté como en el papel; si está bien, quizá ya se usó o pasó "
        "su fecha: pida otro."
    )


def issue(user: User, purpose: Purpose, *, by: User | None, at: datetime, address: str | None = None) -> str:
    """A new code for this purpose; earlier ones of the same purpose stop working."""
    code = _printed() if purpose is Purpose.PRINTED else secrets.token_urlsafe(24)
    end_unused(user, purpose, at=at)
    row = OneTimeCode(
        user_id=user.id,
        purpose=purpose,
        digest=_digest(purpose, code),
        made_by_id=by.id if by else None,
        made_at=at,
        expires_at=at + LASTS[purpose],
        address=address,
    )
    writing().add(row)
    return code


def end_unused(user: User, purpose: Purpose, *, at: datetime, by_others: bool = False) -> None:
    """Let the person's unused codes of a purpose work no more; ``by_others`` spares those that the console made."""
    unused = update(OneTimeCode).where(
        OneTimeCode.user_id == user.id, OneTimeCode.purpose == purpose, OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > at
    )
    if by_others:
        unused = unused.where(OneTimeCode.made_by_id.is_not(None))
    writing().execute(unused.values(expires_at=at))


def find(purpose: Purpose, code: str, *, at: datetime) -> OneTimeCode:
    """The row of a code that may be used now.

    Raises:
        CodeNotGood: for any other.

    """
    row = db.session.scalar(select(OneTimeCode).where(OneTimeCode.digest == _digest(purpose, code)))
    if row is None or row.used_at or row.expires_at <= at or row.user.state is not UserState.ACTIVE or _takes_a_place(row):
        raise CodeNotGood
    return row


def _takes_a_place(row: OneTimeCode) -> bool:
    """Whoever printed a code could act in a role that came after it."""
    printed_by_another = row.purpose == Purpose.PRINTED and row.made_by_id not in (None, row.user_id)
    return printed_by_another and bool(row.user.current_roles)


def use(purpose: Purpose, code: str, *, at: datetime) -> OneTimeCode:
    """Spend a code.

    Raises:
        CodeNotGood: when it is unknown, used or too old.

    """
    row = find(purpose, code, at=at)
    hold(row.user)  # a role given at this moment counts
    find(purpose, code, at=at)
    first = update(OneTimeCode).where(OneTimeCode.id == row.id, OneTimeCode.used_at.is_(None)).values(used_at=at)
    if writing().execute(first.returning(OneTimeCode.id)).scalar() is None:
        raise CodeNotGood
    return row


def _printed() -> str:
    """Ten letters as ``ABCD-EFGH-JK``, to be read from paper."""
    letters = iter("".join(secrets.choice(ALPHABET) for _ in range(PRINTED_LETTERS)).upper())
    return "-".join("".join(next(letters) for _ in range(size)) for size in GROUPS)


def _digest(purpose: Purpose, code: str) -> str:
    if purpose is Purpose.PRINTED:
        code = code.strip().lower().translate(LOOKALIKES)
    return keyed(purpose, code)
