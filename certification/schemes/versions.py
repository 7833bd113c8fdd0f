"""The life of a version: consulted, active, superseded, lapsed, withdrawn. Each move is on the record."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.core.forms import tidy
from certification.log.appending import append
from certification.rules.errors import InvalidInput
from certification.rules.leaves import Act, LogAct, SchemeRef, whole_milliseconds
from certification.rules.text import N_
from certification.rules.workflow import SCHEME_VERSION, SchemeVersionState
from certification.schemes.models import SchemeVersion
from certification.schemes.permissions import Permission
from certification.schemes.texts import text_of

LONGEST_REASON = 1000
Ending = Callable[[datetime], None]
_endings: list[Ending] = []


def declare_ending(follow: Ending) -> None:
    """Have ``follow(at)`` done whenever versions stop backing labels, in the same unit of work: the registry stands higher."""
    _endings.append(follow)


def open_consultation(version: SchemeVersion, *, by: User, at: datetime) -> None:
    """Freeze the draft's text and put it before those it concerns.

    Raises:
        InvalidInput: the text contradicts itself or the floor of the registry (param ``where``).
        IllegalMove: it is no draft.

    """
    check(by, Permission.EDIT, version)
    text_of(version)
    move(version, "consult", by=by, at=at)


def activate(version: SchemeVersion, *, by: User, at: datetime) -> None:
    """Put a consulted version in force; the one in force until now is superseded, its certificates go on.

    Raises:
        IllegalMove: it was not consulted.

    """
    check(by, Permission.ACTIVATE, version)
    bring_into_force(version, by=by, at=at)


def lapse(version: SchemeVersion, *, by: User, at: datetime, reason: str) -> None:
    """The scheme, or the legal mark that it rests on, has ended: no version of it backs a label any more.

    Raises:
        IllegalMove: this version is not the one in force.
        InvalidInput: there is no reason, or it is too long (code ``bad_reason``).

    """
    check(by, Permission.LAPSE, version)
    hold(version)
    move(version, "lapse", by=by, at=at, reason=read_reason(reason))
    end_all([version, *_others(version, SchemeVersionState.SUPERSEDED)], at)


def withdraw(version: SchemeVersion, *, by: User, at: datetime, reason: str) -> None:
    """Its owner takes the scheme back. Labels under it are shown as of a scheme that has lapsed.

    Raises:
        IllegalMove: this version is not the one in force.
        InvalidInput: there is no reason, or it is too long (code ``bad_reason``).

    """
    check(by, Permission.WITHDRAW, version)
    hold(version)
    move(version, "withdraw", by=by, at=at, reason=read_reason(reason))
    version.ended_at = whole_milliseconds(at)
    end_all([version, *_others(version, SchemeVersionState.SUPERSEDED)], at)


def read_reason(reason: str) -> str:
    """Why a scheme ends, as the record keeps it.

    Raises:
        InvalidInput: there is none, or it is too long (code ``bad_reason``).

    """
    told = tidy(reason) or ""
    if not 0 < len(told) <= LONGEST_REASON:
        sentence = N_("Diga por qué termina el esquema, en %(longest)d letras como máximo.")
        raise InvalidInput("bad_reason", sentence, field="reason", longest=LONGEST_REASON)
    return told


def bring_into_force(version: SchemeVersion, *, by: User | None, at: datetime) -> None:
    """As :func:`activate`, for an instance that sets itself up and has nobody to ask."""
    at = whole_milliseconds(at)
    for older in _others(version, SchemeVersionState.ACTIVE):
        move(older, "supersede", by=by, at=at, successor=version.version)
        older.ended_at = at
    version.activated_at = at
    move(version, "activate", by=by, at=at)


def move(version: SchemeVersion, action: str, *, by: User | None, at: datetime, **details: str) -> None:
    """One step of the workflow, its row in the record and, where it is a public act, its leaf in the log.

    Raises:
        IllegalMove: there is no such step from the present state.
        LogConflict, CannotSign: the public log can't be told.

    """
    version.state = SCHEME_VERSION.next_state(version.state, action)
    subject = f"{version.scheme.key}/{version.version}"
    record(f"scheme.{action}", "scheme_version", subject, by=by, at=at, digest=version.digest, **details)
    if action in LOGGED:
        append(Act(LOGGED[action], whole_milliseconds(at), scheme=reference(version)))


LOGGED = {
    "activate": LogAct.SCHEME_ACTIVATED,
    "supersede": LogAct.SCHEME_SUPERSEDED,
    "lapse": LogAct.SCHEME_LAPSED,
    "withdraw": LogAct.SCHEME_WITHDRAWN,
}


def reference(version: SchemeVersion) -> SchemeRef:
    """A version as the public log names it."""
    return SchemeRef(version.scheme.key, version.version, version.digest)


def end_all(versions: Iterable[SchemeVersion], at: datetime) -> None:
    """Let versions back no label any more, and tell the floors above."""
    at = whole_milliseconds(at)
    for one in versions:
        if one.lapsed_at is None or one.lapsed_at > at:
            one.lapsed_at = at
    for follow in _endings:
        follow(at)


def _others(version: SchemeVersion, state: SchemeVersionState) -> list[SchemeVersion]:
    same = select(SchemeVersion).where(
        SchemeVersion.scheme_id == version.scheme_id, SchemeVersion.id != version.id, SchemeVersion.state == state
    )
    return list(writing().scalars(same))
