"""Passwords: how they are kept, which ones are too common, and phrases that are easy to remember."""

import itertools
import secrets
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from certification.rules.errors import DomainError, InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_

SHORTEST = 15
LONGEST = 200
AT_ONCE = 2
PATIENCE_S = 10.0
LONGEST_UNIT = 7  # a shorter piece said over and over is no password
WORDS_IN_A_PHRASE = 4
HERE = Path(__file__).parent / "data"
Sealed = NewType("Sealed", str)
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_places = threading.BoundedSemaphore(AT_ONCE)  # 19 MiB each: more at once would starve a small computer
# Of a password nobody knows: checking it takes as long as checking a real one.
NOBODYS = Sealed("$argon2id$v=19$m=19456,t=2,p=1$OPSFDBBlNZR6dBQrr0RSag$7R8G7ISrAHK0ExjlhMM35SF7WIu3iRO8FJ0reMZpWT0")


class Busy(DomainError):
    """Too many people are signing in at this very moment."""

    default_code = "busy"
    default_sentence = N_("Hay muchas personas entrando en este momento. Intente de nuevo en un minuto.")


def seal(password: str) -> Sealed:
    """The argon2id hash (RFC 9106) to keep. Slow on purpose: call it outside units of work.

    Raises:
        Busy: when no place came free in ten seconds.

    """
    with _Place():
        return Sealed(_hasher.hash(_normal(password)))


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is none. Slow on purpose: call it outside units of work.

    Raises:
        Busy: when no place came free in ten seconds.

    """
    with _Place():
        try:
            _hasher.verify(kept or NOBODYS, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


def require_good(password: str, *, about: tuple[str, ...] = (), field: str = "password") -> None:
    """Refuse what is short or easily guessed; asks for no kinds of letters (NIST SP 800-63B §3.1.1.2).

    ``about`` holds what others know of the person: name, address, site.

    Raises:
        InvalidInput: with what to change.

    """
    if len(password) < SHORTEST:
        raise InvalidInput(
            "password_short", N_("Use %(count)d letras o más. Una frase de cuatro palabras sirve."), field=field, count=SHORTEST
        )
    if len(password) > LONGEST:
        raise InvalidInput("password_long", N_("Use %(count)d letras como máximo."), field=field, count=LONGEST)
    plain = _plain(password)
    if (
        _repeats(plain)
        or plain in _common()
        or any(plain == _plain(word) * max(1, len(plain) // max(1, len(_plain(word)))) for word in about)
    ):
        raise InvalidInput(
            "password_common", N_("Esa contraseña es de las primeras que alguien probaría. Elija otra."), field=field
        )


def suggested_phrase() -> str:
    """Four plain words, as in ``nube cazuela tambor rio``."""
    return " ".join(secrets.choice(_words()) for _ in range(WORDS_IN_A_PHRASE))


class _Place:
    def __enter__(self) -> None:
        if not _places.acquire(timeout=PATIENCE_S):
            raise Busy

    def __exit__(self, *_problem: object) -> None:
        _places.release()


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _plain(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalnum())


def _repeats(plain: str) -> bool:
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, LONGEST_UNIT + 1)) or _counts(plain)


def _counts(plain: str) -> bool:
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(plain)}
    return len(steps) <= 1 or steps in ({1, -9}, {-1, 9})


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(_plain(line) for line in (HERE / "common.txt").read_text(encoding="utf-8").splitlines() if line.strip())


@lru_cache(maxsize=1)
def _words() -> tuple[str, ...]:
    return tuple((HERE / "words.txt").read_text(encoding="utf-8").split())
