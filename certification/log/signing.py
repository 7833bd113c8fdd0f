"""What is recorded and waits for its signature, and who gives it: one way for both kinds of registry.

An act records rows without signatures and calls :func:`let_sign`. With the key in a file the same unit of work signs them as its
last step, or as it writes them (:func:`ring_at_hand`), so that act and signature are one commit. With a signer process (setting
``SIGNER``) the act is committed, then the signer is asked, and nobody is told that it is done before the signatures are there
(``log.signer`` is the other side).
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy import update
from sqlalchemy.orm import Session

from certification.core.db import after_commit, before_commit, db, unit_of_work, writing
from certification.log import asking
from certification.log.checkpoints import FOLDER, keep_outside, outside_copy, require_carried_on
from certification.log.domains import present_domain, require_domain
from certification.log.keys import PRIVATE, KeyProblemError, following_key, read_key, signing_key, verifying_keys
from certification.log.lives import key_lives
from certification.log.models import ONLY_HEAD, LogHead
from certification.log.reading import Head, head, held_head, signed
from certification.log.refusals import explained
from certification.log.waiting import KINDS, Ring
from certification.log.witnesses import ask_soon
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import BadNote, CannotSign, LogConflict, NotConfirmed
from certification.rules.merkle import EMPTY_ROOT
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.text import N_

ROUNDS = 3
AWAY = N_(
    "Lo que hizo quedó guardado, pero todavía no se pudo firmar. No lo repita: se firmará en cuanto se pueda. "
    "Avise a quien opera el sitio."
)
log = structlog.get_logger()


def by_signer() -> bool:
    """Whether another process holds the key."""
    return bool(current_app.config["SETTINGS"]["SIGNER"])


def let_sign(at: datetime, *, checked: bool = False) -> None:
    """Have all that waits signed, ``at`` the instant of the act. Needs the unit of work, whose end raises as `sign_waiting`.

    ``checked``: the caller held the log and saw that it may be signed.
    """
    after_commit(confirm if by_signer() else _nothing_yet, key=FOLDER)  # before what others wish from now on
    after_commit(ask_soon, key=ask_soon)
    if by_signer():
        return
    earlier = writing().info["before_commit"].get(FOLDER)
    before_commit(_LastStep(at, checked or (isinstance(earlier, _LastStep) and earlier.checked)), key=FOLDER)


def _nothing_yet() -> None:
    """Holds the turn of the copy outside, until there is a note to copy."""


@dataclass(frozen=True, slots=True)
class _LastStep:
    at: datetime
    checked: bool

    def __call__(self) -> None:
        sign_waiting(at=self.at, checked=self.checked)


def sign_waiting(*, at: datetime, checked: bool = False) -> None:
    """Sign with the key file what is recorded and has no signature yet, if there is a key. Needs the unit of work.

    Raises:
        CannotSign: the key can't be used, or the address changed.
        LogConflict: the database does not carry on from what was signed before.

    """
    session = writing()
    session.flush()
    found = held_head(session)
    if not checked:
        require_signable(found, session)
    if not may_have_key(found):
        return
    ring = ring_of(session)
    for kind in KINDS.values():
        for one in kind.waiting(ring, at):
            one.sign()
    if found.note is None and found.size:
        _begin_outside(ring)
    note = sign_head(found, ring, session)
    if note is not None:
        after_commit(lambda: keep(note), key=FOLDER)


def require_signable(found: Head, session: Session, *, moving: bool = False) -> None:
    """Insist that what is recorded carries on from what was signed, and under the address that the log told unless ``moving``.

    Raises:
        LogConflict, CannotSign: it does not.

    """
    require_carried_on(found, session)
    if not moving:
        require_domain(found, session)


def sign_head(found: Head, ring: Ring, session: Session) -> bytes | None:
    """Sign the head where its note lags behind; the note, or None where nothing was to do."""
    told = signed(found)
    if (told.size if told else 0) == found.size:
        return None
    return write_note(Checkpoint(found.origin or origin(), found.size, found.root), ring, session)


def write_note(checkpoint: Checkpoint, ring: Ring, session: Session) -> bytes:
    """Sign a checkpoint, by the outgoing key too, as the head's note."""
    note = note_of(checkpoint, ring)
    put_note(checkpoint, note, session)
    return note


def put_note(checkpoint: Checkpoint, note: bytes, session: Session) -> None:
    """Store a signed checkpoint as the head's note."""
    values = {"origin": checkpoint.origin, "note": note}
    session.execute(update(LogHead).where(LogHead.id == ONLY_HEAD).values(values).execution_options(synchronize_session=False))


def note_of(checkpoint: Checkpoint, ring: Ring) -> bytes:
    """The checkpoint under the signatures of this moment; the same keys and words give the same bytes."""
    note = sign_checkpoint(checkpoint, ring.present.private)
    if ring.outgoing is not None:
        note = note.signed_also(sign_checkpoint(checkpoint, ring.outgoing.private).signatures)
    return note.encode()


def may_have_key(found: Head) -> bool:
    """False only where this registry never signed and has no key yet; then what it records goes unsigned until it has one."""
    settings = current_app.config["SETTINGS"]
    never = found.note is None and not settings["DEMONSTRATION"]
    return not never or (settings.keys / PRIVATE).exists()


def require_key() -> None:
    """Fail now rather than at the end where this process signs and can't. Raises KeyProblemError."""
    if not by_signer():
        signing_key()


def ring_of(session: Session) -> Ring:
    """The keys as files and log together have them.

    Raises:
        KeyProblemError: they can't be read, or nobody could verify what they sign now.

    """
    try:
        return _ring(session)
    except KeyProblemError as error:
        log.error("cannot sign", error=str(error))  # noqa: TRY400 - a sentence for the operator, not a traceback
        raise


def ring_at_hand(session: Session) -> Ring | None:
    """The keys, where this process has them and the log knows the one that signs; else whatever is recorded waits for them.

    Whoever signs with them at once holds the log, so that no rotation comes between.
    """
    if by_signer() or not may_have_key(head(session)):
        return None
    try:
        return _ring(session)
    except KeyProblemError:  # not told yet; or whoever signs last says what is wrong
        return None


def _ring(session: Session) -> Ring:
    coming, held, lives = following_key(), signing_key(), key_lives(session)  # in this order: the one becomes the other
    outgoing = None
    if coming is not None and coming.kid in lives:
        counts = held.kid != coming.kid and held.kid in lives and lives[held.kid].compromised is None
        held, outgoing = coming, held if counts else None
    life = lives.get(held.kid)
    if life is None or life.over or held.kid not in verifying_keys():
        msg = (
            f"Nobody could verify what the key {held.kid} signs now: it is not in the public list, or was retired or "
            "compromised. `tianguis keys list` tells more."
        )
        raise KeyProblemError(msg)
    return Ring(held, life.begun, outgoing)


def origin() -> str:
    """Host and path: what the log calls itself from its first signature on, wherever it may move."""
    return f"{present_domain()}/log"


def confirm() -> None:
    """Ask the signer until what is recorded is signed and kept outside the database; after the commit.

    A signature of the empty log comes first in the life of a registry, and is kept before it signs anything else.

    Raises:
        NotConfirmed: ``not_signed``; what was done stands, and whoever asks next mends it.

    """
    wanted = _fresh_head().size
    try:
        for _ in range(ROUNDS):
            asking.ask(current_app.config["SETTINGS"]["SIGNER"])
            found = _fresh_head()
            if found.note is not None:
                keep_outside(found.note)
            told = signed(found)
            if told is not None and told.size >= wanted:
                return
        why = "The signer left something out; its log says more."
    except (OSError, LogConflict, BadNote, KeyProblemError) as error:
        why = explained(error)
    log.error("not signed", error=why)
    raise NotConfirmed("not_signed", AWAY, why=why)


def anything_waits() -> bool:
    """Whether something is recorded and not signed. Reads only, and leaves the transaction that it read in."""
    found = head()
    told = signed(found)
    waits = found.size != (told.size if told else 0) or any(kind.waits() for kind in KINDS.values())
    db.session.rollback()
    return waits


def mend() -> int:
    """Ask the signer for what it left; 1 when it did. Raises NotConfirmed while it is away."""
    if not by_signer() or not anything_waits():
        return 0
    confirm()
    return 1


def carry_outside() -> int:
    """Bring the copy outside up to what was signed, where a process died between commit and copy; 1 when it did.

    No act is recorded while the two are compared. Raises LogConflict where the database does not carry on from the copy,
    NotConfirmed where it can't be written.
    """
    found = _fresh_head()
    told, copy = signed(found), outside_copy(found.origin)
    if told is None or copy is None or copy.size == told.size:
        return 0
    with unit_of_work() as session:
        found = held_head(session)
        require_carried_on(found, session)
    if found.note is not None:
        keep(found.note)
    return 1


def check_signs() -> bool:
    """Whether there is somebody who can sign now: the key in its file, or the signer. Raises KeyProblemError."""
    if not by_signer():
        settings = current_app.config["SETTINGS"]
        return bool(read_key(settings.keys, demonstration=bool(settings["DEMONSTRATION"])).kid)
    try:
        return bool(asking.greet(current_app.config["SETTINGS"]["SIGNER"]))
    except OSError as error:
        raise KeyProblemError(explained(error)) from error


def _fresh_head() -> Head:
    db.session.rollback()
    found = head()
    db.session.rollback()
    return found


def _begin_outside(ring: Ring) -> None:
    """Before the first signature becomes durable there is a copy outside, of the empty log: from then on one must be there."""
    try:
        keep_outside(note_of(Checkpoint(origin(), 0, EMPTY_ROOT), ring))
    except OSError as error:
        log.error("checkpoint not kept", error=str(error))  # noqa: TRY400 - a sentence for the operator, not a traceback
        raise CannotSign from error


def keep(note: bytes) -> None:
    """Write the copy outside, after the commit. Raises NotConfirmed where it can't be written."""
    try:
        keep_outside(note)
    except (OSError, LogConflict, KeyProblemError) as error:
        log.error("checkpoint not kept", error=str(error))  # noqa: TRY400 - a sentence for the operator, not a traceback
        raise NotConfirmed from error
