"""Keys come and go: each step is an act of the log, and every way of being interrupted leads on to the same end.

A rotation makes the next key and lists it, tells the log in one commit that it was added and its forerunner retired, has that
checkpoint signed by both, and then lets its file take the place of the other. While the next file is there it signs as soon as
the log tells of it, so that whoever is cut short between the last two steps is none the worse; run again, it ends.
What a signer process would not sign is not told at all, a theft apart.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from certification.audit.record import record
from certification.core.db import unit_of_work
from certification.log import keys
from certification.log.appending import append_all, hold_log
from certification.log.handover import keep_handover
from certification.log.keys import KeyProblemError, following_key, signing_key, verifying_keys
from certification.log.lives import KeyLife, key_lives, key_ref
from certification.log.reading import head, held_head, latest, signed
from certification.log.refusals import explained
from certification.log.signer import require_signs
from certification.log.signing import anything_waits, by_signer, keep, mend, require_signable
from certification.log.waiting import KINDS
from certification.rules.errors import DomainError, LogConflict, NotConfirmed
from certification.rules.leaves import Act, LogAct, whole_milliseconds
from certification.rules.signing import Keypair
from certification.rules.text import counted

Now = Callable[[], datetime]
MOMENT = timedelta(milliseconds=1)  # the least that a leaf can tell apart


def rotate(*, now: Now) -> tuple[str, str]:
    """Let a new key sign from now on; the ``kid`` that signed until now, and the new one.

    Where a rotation was cut short that one is ended, and no other begun. ``now`` is asked once the log is held, so that nothing
    which the old key signed is later than its end.

    Raises:
        KeyProblemError, CannotSign, LogConflict: the present key can't be used, or the log can't be told.
            Nothing is left of a key that was made for it.
        NotConfirmed: it stands, and its signature or its copy is still missing; run again, it ends.

    """
    held = signing_key()
    if finish():
        return held.kid, signing_key().kid
    return _follow(held, LogAct.KEY_RETIRED, now)


def retire(kid: str, *, now: Now) -> None:
    """End a key that another one has followed, or that is lost. Raises as :func:`rotate`."""
    finish()
    _known(kid)
    if signing_key().kid == kid:
        msg = f"{kid} is the key that signs. `tianguis keys rotate` retires it and lets another follow."
        raise KeyProblemError(msg)
    with unit_of_work() as session, _signed_or_undone(session, now):
        if _known(kid).over:
            msg = f"{kid} has ended already; `tianguis keys list` says when."
            raise KeyProblemError(msg)
        _tell([], LogAct.KEY_RETIRED, kid, _end(now))


def compromise(kid: str, from_index: int, *, now: Now) -> str:
    """A key fell into other hands: what it signed counts below the leaf ``from_index`` and no more from there on.

    Where it is the one that signs, another takes its place in the same act. Returns the ``kid`` that signs now.

    Raises:
        KeyProblemError: also when the log does not know the key, has no such leaf, or was told as much before.
        CannotSign, LogConflict, NotConfirmed: see :func:`rotate`.

    """
    with suppress(NotConfirmed):  # of what was told before: a theft is told whatever waits
        finish()
    held = signing_key()
    if _known(kid).from_index == from_index:
        if anything_waits():
            mend()  # told before, and not signed then
        return held.kid
    _check_index(_known(kid), from_index)
    if held.kid == kid:
        return _follow(held, LogAct.KEY_COMPROMISED, now, from_index)[1]
    with unit_of_work():
        hold_log()
        _check_index(_known(kid), from_index)
        _tell([], LogAct.KEY_COMPROMISED, kid, _end(now), from_index)
    return held.kid


def finish() -> bool:
    """Let the next key's file take its place where the log tells of it already; whether it did.

    Both keys sign the checkpoint that tells of it, so that signature comes first. Raises NotConfirmed while the signer is away.
    """
    coming = following_key()
    life = key_lives().get(coming.kid) if coming is not None else None
    if life is None:
        return False
    told = signed(head())
    if told is None or told.size <= life.index:
        mend()
    found = head()
    if found.note is not None:
        keep(found.note)  # whoever was cut short just before had not come to it
    keep_handover(found)
    _replace()
    return True


def _follow(held: Keypair, ends: LogAct, now: Now, from_index: int | None = None) -> tuple[str, str]:
    theft = ends is LogAct.KEY_COMPROMISED  # is told whatever the signer makes of it: from then on nobody believes that key
    try:
        with unit_of_work() as session, _held(session) if theft else _signed_or_undone(session, now):
            lives, coming = key_lives(), following_key()
            if coming is None or coming.kid not in lives:
                if held.kid in lives and lives[held.kid].over:
                    msg = f"{held.kid} ended meanwhile; `tianguis keys list` says what signs now."
                    raise KeyProblemError(msg)
                _announce(_next(), ends, held.kid, _end(now), from_index)
            elif theft and lives[held.kid].from_index != from_index:  # another follows already, by somebody else or unsigned
                _tell([], ends, held.kid, _end(now), from_index)
    except NotConfirmed:
        raise
    except DomainError:
        _discard_untold()
        raise
    finish()
    return held.kid, signing_key().kid


@contextmanager
def _signed_or_undone(session: Session, now: Now) -> Iterator[None]:
    """Hold the log, and have a signer process sign what is told within, or tell nothing: it is asked after the commit, and would
    leave what it refuses waiting. Before it as well, for then it says best what is wrong.

    Raises as :func:`rotate`.
    """
    if by_signer():
        for kind in KINDS.values():
            kind.hold()
    with _held(session):
        _require_signs(session, now)
        yield
        _require_signs(session, now)


@contextmanager
def _held(session: Session) -> Iterator[None]:
    require_signable(held_head(session), session)  # before there is a key that nothing would tell of
    yield


def _require_signs(session: Session, now: Now) -> None:
    if not by_signer():
        return
    try:
        require_signs(session, now())
    except LogConflict as error:
        msg = f"Nothing was done: the signer would refuse to sign it. {explained(error)}"
        raise KeyProblemError(msg) from error


def _discard_untold() -> None:
    """Take the next key away that was made for a rotation which was refused; with the log held, so that nobody tells of it."""
    settings = current_app.config["SETTINGS"]
    with unit_of_work() as session:
        held_head(session)
        coming = following_key()
        if coming is not None and coming.kid not in key_lives(session):
            keys.discard_next(settings.keys, coming)


def _announce(fresh: Keypair, ends: LogAct, kid: str, at: datetime, from_index: int | None) -> None:
    added = Act(LogAct.KEY_ADDED, whole_milliseconds(at), key=key_ref(fresh.kid, fresh.public))
    _tell([added], ends, kid, at, from_index)
    for kind in KINDS.values():
        kind.anew(at)


def _next() -> Keypair:
    settings = current_app.config["SETTINGS"]
    return keys.create_next(settings.keys, demonstration=bool(settings["DEMONSTRATION"]))


def _end(now: Now) -> datetime:
    """A moment after all that the key can have signed, whatever became of the clock since the last act."""
    return max([now(), *(one.act.at for one in latest(None, 1) if one.act)]) + MOMENT


def _tell(before: list[Act], ends: LogAct, kid: str, at: datetime, from_index: int | None = None) -> None:
    """The end of a key: its leaf, after those given, and its row in the record."""
    ended = Act(ends, whole_milliseconds(at), key=key_ref(kid, verifying_keys()[kid]), from_index=from_index)
    append_all([*before, ended], at=at)
    details = {"from_index": from_index, "successor": [one.key.kid for one in before if one.key]}
    record("key.retire" if ends is LogAct.KEY_RETIRED else "key.compromise", "key", kid, by=None, at=at, **details)


def _replace() -> None:
    settings = current_app.config["SETTINGS"]
    keys.replace_key(settings.keys, demonstration=bool(settings["DEMONSTRATION"]))


def _known(kid: str) -> KeyLife:
    found = key_lives().get(kid)
    if found is None or kid not in verifying_keys():
        msg = f"The public log knows no key {kid}. `tianguis keys list` names those that it knows."
        raise KeyProblemError(msg)
    return found


def _check_index(life: KeyLife, index: int) -> None:
    size = head().size
    if not 0 <= index <= size:
        entries = counted(size, "entry", "entries")
        msg = f"The log has {entries}, counted from 0; there is no index {index} from which on a key could count no more."
        raise KeyProblemError(msg)
    if life.from_index is not None and life.from_index <= index:
        msg = f"{life.kid} counts no more from {life.from_index} on already; only an earlier index adds to that."
        raise KeyProblemError(msg)
