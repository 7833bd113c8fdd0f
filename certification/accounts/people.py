"""Finding people by what they sign in with, and the names that they sign in by."""

import re

from sqlalchemy import select

from certification.accounts.models import User
from certification.core.db import db
from certification.rules.errors import AlreadyExists, InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_

HANDLE = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")
SHORTEST_HANDLE, LONGEST_HANDLE = 3, 40


def folded(address: str) -> str:
    """A mail address as we keep and compare it."""
    return address.strip().lower()


def by_login(login: str) -> User | None:
    """The account of a mail address or handle."""
    login = folded(login)
    return db.session.scalar(select(User).where(User.email == login if "@" in login else User.handle == login))


def by_mail(address: str) -> User | None:
    """The account whose confirmed address this is."""
    return db.session.scalar(select(User).where(User.email == folded(address)))


def require_free_handle(wish: str, *, but: User | None = None) -> str:
    """The handle as kept, when it reads well and nobody else has it.

    Raises:
        InvalidInput: when it does not read well.
        AlreadyExists: when it is taken.

    """
    handle = folded(wish)
    if not SHORTEST_HANDLE <= len(handle) <= LONGEST_HANDLE or not HANDLE.fullmatch(handle):
        raise InvalidInput(
            "handle_unreadable",
            N_("Use de 3 a 40 letras sin acento, números, puntos o guiones, y empiece con una letra: rosa.luna."),
            field="handle",
        )
    taken = db.session.scalar(select(User.id).where(User.handle == handle))
    if taken is not None and (but is None or taken != but.id):
        raise AlreadyExists("handle_taken", N_("Ya hay alguien con ese nombre para entrar. Pruebe otro."), field="handle")
    return handle


def suggested_handle(name: str) -> str:
    """A free handle made of the first two words of a name: ``rosa.luna``, ``rosa.luna2``."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    base = ".".join(words[:2])[: LONGEST_HANDLE - 4] if words and words[0][0].isalpha() else "persona"
    base = base if len(base) >= SHORTEST_HANDLE else f"{base}.mx"
    taken = set(db.session.scalars(select(User.handle).where(User.handle.startswith(base, autoescape=True))))
    return next(wish for wish in (base, *(f"{base}{number}" for number in range(2, len(taken) + 3))) if wish not in taken)
