"""What the log tells of the registry's keys: since when each signs, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from certification.log.reading import KEY_ACTS, of_kinds
from certification.rules.leaves import KeyRef, LogAct


@dataclass(frozen=True, slots=True)
class KeyLife:
    """``index``: the leaf that tells of its beginning; ``told_at``: the one that tells that it is compromised, ``from_index`` on.

    ``begun`` is a whole second, because a token's time has no others.
    """

    kid: str
    begun: datetime
    index: int
    retired: datetime | None = None
    compromised: datetime | None = None
    from_index: int | None = None
    told_at: int | None = None

    @property
    def over(self) -> bool:
        """Whether it may sign nothing any more."""
        return self.retired is not None or self.compromised is not None


def key_lives(session: Session | None = None) -> dict[str, KeyLife]:
    """Every key that the log ever told of, by ``kid``, in the order of their beginning."""
    lives: dict[str, KeyLife] = {}
    for one in of_kinds(KEY_ACTS, session):
        key, at = one.act.key, one.act.at
        if key is None:
            continue
        known = lives.get(key.kid)
        if known is None:
            if one.act.act is LogAct.KEY_ADDED:
                lives[key.kid] = KeyLife(key.kid, at.replace(microsecond=0), one.index)
        elif one.act.act is LogAct.KEY_RETIRED:
            lives[key.kid] = replace(known, retired=known.retired or at)
        elif one.act.act is LogAct.KEY_COMPROMISED:
            lives[key.kid] = _compromised(known, at, one.act.from_index or 0, one.index)
    return lives


def present_kid(lives: Mapping[str, KeyLife]) -> str | None:
    """The key that signs now by what the log tells: the last one that has not ended."""
    return next((kid for kid, life in reversed(list(lives.items())) if not life.over), None)


def key_ref(kid: str, public: Ed25519PublicKey) -> KeyRef:
    """A key as the log names it."""
    return KeyRef(kid, sha256(public.public_bytes_raw()).hexdigest())


def _compromised(known: KeyLife, at: datetime, index: int, told_at: int) -> KeyLife:
    """Told twice, the earlier index holds: what was doubted once stays in doubt."""
    if known.from_index is not None and known.from_index <= index:
        return known
    return replace(known, compromised=known.compromised or at, from_index=index, told_at=known.told_at or told_at)
