"""Bringing a restored log forward: taking back from what was published the leaves that the database has lost.

Nothing new is signed. Entries are believed once they lead from what the database holds to the root of a checkpoint that this
registry signed before, and then they become part of it in one unit of work: leaves, nodes, head, and what they tell of, which
higher floors apply (:func:`declare_follower`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from certification.core.db import db, unit_of_work
from certification.core.declared import declare
from certification.log.appending import add_leaves, compare_and_swap
from certification.log.checkpoints import keep_outside, outside_note, replace_outside, require_carried_on, verifiers
from certification.log.handover import kept
from certification.log.keys import verifying_keys
from certification.log.models import AdoptedLeaf
from certification.log.reading import Head, Told, head, held_head, nodes, over
from certification.log.signing import put_note
from certification.outside.following import CHECKPOINT, Followed, entries, follow
from certification.outside.sources import Source
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.errors import CannotCheck, DomainError, InvalidInput, LogConflict, NotFound, Say
from certification.rules.leaves import LogAct, parse_leaf
from certification.rules.merkle import consistency_parts, grow, leaf_hash, nodes_in
from certification.rules.monitoring import compare_by_nodes
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.text import N_

NO_SOURCE = N_(
    "Ninguna de las fuentes tiene los actos que faltan, del %(earlier)s al %(newer)s, como se firmaron. No se cambió nada. "
    "%(why)s"
)
OUT_OF_REACH = N_("no se pudo llegar a ella, o no da lo que se le pide")
NO_LOG = N_("no tiene una bitácora con esos actos")
OTHER_ACTS = N_("sus actos no llevan de los de esta base de datos a lo que se firmó")
NOTHING_OUTSIDE = N_(
    "Falta la copia de lo último que se firmó, que va fuera de la base de datos, o está dañada. Si la base de datos es la buena, "
    "repita la orden con --trust-database y una fuente que publique lo mismo."
)
NOBODY_AGREES = N_("Ninguna de las fuentes publica una bitácora firmada que concuerde con esta base de datos. No se cambió nada.")
RACED = N_("Alguien registró un acto mientras tanto. No se cambió nada; repita la orden.")


@dataclass(frozen=True, slots=True)
class Follower:
    """How a concept follows adopted leaves.

    ``gather`` reads from the sources what it needs besides, before the unit of work; ``apply`` changes rows inside of it, and
    names the leaves of which there are rows again.
    """

    gather: Callable[[Sequence[Told], Sequence[Source]], Any]
    apply: Callable[[Sequence[Told], Any, datetime], Collection[int]]


FOLLOWERS: dict[str, Follower] = {}


def declare_follower(name: str, follower: Follower) -> None:
    """Let a concept follow what is adopted. Raises ValueError when the name is taken."""
    declare(FOLLOWERS, name, follower)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done: sizes before and after, and how many of the adopted leaves have rows here again."""

    before: int
    after: int
    applied: int = 0

    @property
    def adopted(self) -> int:
        return self.after - self.before


class NoSource(LogConflict):  # noqa: N818 - named for the fact
    """No source has the entries that are missing. ``reasons``: what each that was asked is called, and why it does not serve."""

    def __init__(self, earlier: int, newer: int, reasons: Sequence[tuple[str, DomainError]]) -> None:
        super().__init__("log_no_source", NO_SOURCE, earlier=earlier, newer=newer)
        self.reasons = tuple(reasons)

    def said(self, say: Say) -> str:
        why = "; ".join(f"{name}: {error.said(say)}" for name, error in self.reasons)
        return say(self.sentence) % (self.params | {"why": why})


@dataclass(frozen=True, slots=True)
class _Target:
    checkpoint: Checkpoint
    note: bytes


def reconcile(sources: Sequence[Source], *, at: datetime, trust_database: bool = False) -> Reconciled:
    """Bring this registry forward to the last checkpoint that it is known to have signed. Doing it again changes nothing.

    Outside of a unit of work: it reads from the sources first. ``trust_database`` lets a published checkpoint stand in for a copy
    that is gone or damaged.

    Raises:
        LogConflict: ``log_outside_missing``, ``log_no_source``, ``log_nobody_agrees``, ``log_raced``; as ``require_carried_on``.
        KeyProblemError: when the keys can't be read.

    """
    found = head()
    outside = _outside(found, trusted=trust_database)
    target, published = _target(found, outside, sources)
    if outside is None and found.size and not _agreed(found, published):
        raise LogConflict("log_nobody_agrees", NOBODY_AGREES)
    done = Reconciled(found.size, found.size)
    if target is not None and target.checkpoint.size > found.size:
        done = _adopt(found, outside, target, sources, at)
    _settle(replace=outside is None)
    db.session.rollback()
    return done


def _outside(found: Head, *, trusted: bool) -> _Target | None:
    """The copy outside; None where it is gone or damaged, nobody minds, and the database is trusted in its place."""
    try:
        note = outside_note(found.origin)
    except LogConflict:
        if not trusted:
            raise
        return None
    if note is not None:
        return _Target(parse_checkpoint(parse_note(note).text), note)
    if found.origin is not None and not trusted:
        raise LogConflict("log_outside_missing", NOTHING_OUTSIDE)
    return None


def _target(found: Head, outside: _Target | None, sources: Sequence[Source]) -> tuple[_Target | None, list[_Target]]:
    """The latest checkpoint that this registry signed, as far as copy, rotations and sources know, and what sources publish."""
    origin = found.origin or (outside.checkpoint.origin if outside else None)
    published = [one for source in sources if (one := _published(source, origin))]
    known = [*([outside] if outside else []), *published, *_handed_over(origin)]
    return max(known, key=lambda one: one.checkpoint.size, default=None), published


def _published(source: Source, origin: str | None) -> _Target | None:
    """The checkpoint of a source, if it has one that this registry signed."""
    try:
        note = source.get(CHECKPOINT)
        named = origin or parse_checkpoint(parse_note(note).text).origin
        return _Target(open_checkpoint(note, named, verifiers(named)).checkpoint, note)
    except DomainError:
        return None


def _handed_over(origin: str | None) -> Iterator[_Target]:
    """The checkpoints of rotations, which lie beside the keys: they were signed, even where no source kept what led to them."""
    for note in kept() if origin else ():
        with suppress(DomainError):  # fsck names a note that does not hold
            yield _Target(open_checkpoint(note, origin or "", verifiers(origin or "")).checkpoint, note)


def _agreed(found: Head, published: Sequence[_Target]) -> bool:
    """Whether something published is a beginning of this database's log, or reaches further (then its entries must lead on)."""
    here = Checkpoint(found.origin or "", found.size, found.root)
    return any(one.checkpoint.size > found.size or _begins(one.checkpoint, here) for one in published if one.checkpoint.size)


def _begins(earlier: Checkpoint, here: Checkpoint) -> bool:
    parts = consistency_parts(earlier.size, here.size) if earlier.size < here.size else ()
    return compare_by_nodes(earlier, here, over(parts)).accepted


def _adopt(found: Head, outside: _Target | None, target: _Target, sources: Sequence[Source], at: datetime) -> Reconciled:
    taken = _entries(found, outside, target, sources)
    told = [Told(index, parse_leaf(entry)) for index, entry in enumerate(taken, found.size)]
    gathered = {name: follower.gather(told, sources) for name, follower in FOLLOWERS.items()}
    db.session.rollback()
    with unit_of_work() as session:
        now = held_head(session)
        if (now.size, now.root) != (found.size, found.root):
            raise LogConflict("log_raced", RACED)
        hashes = [leaf_hash(entry) for entry in taken]
        grown = grow(now.size, hashes, nodes(nodes_in(0, now.size), session))
        compare_and_swap(session, now, grown)
        put_note(target.checkpoint, target.note, session)
        add_leaves(session, now.size, [one.act for one in told], taken, hashes, grown)
        applied: set[int] = set()
        for name, follower in FOLLOWERS.items():
            applied |= set(follower.apply(told, gathered[name], at))
        rows = [{"index": one.index, "adopted_at": at, "applied": one.index in applied} for one in told]
        session.execute(insert(AdoptedLeaf), rows)
    return Reconciled(found.size, target.checkpoint.size, len(applied))


def _entries(found: Head, outside: _Target | None, target: _Target, sources: Sequence[Source]) -> list[bytes]:
    """The missing entries from the first source whose own lead to the target, by way of the copy outside."""
    held = nodes(nodes_in(0, found.size))
    known = Followed(found.size, found.root, {node: held(*node) for node in nodes_in(0, found.size)})
    steps = [target.checkpoint]
    if outside is not None and found.size < outside.checkpoint.size < target.checkpoint.size:
        steps.insert(0, outside.checkpoint)
    reasons: list[tuple[str, DomainError]] = []
    for source in sources:
        try:
            return list(_led(source, known, steps))
        except LogConflict:
            reasons.append((_name(source), LogConflict("log_other_acts", OTHER_ACTS)))
        except NotFound:
            reasons.append((_name(source), NotFound("log_not_there", NO_LOG)))
        except CannotCheck as error:
            reasons.append((_name(source), CannotCheck(error.code, OUT_OF_REACH)))
        except InvalidInput as error:
            reasons.append((_name(source), error))
    raise NoSource(found.size + 1, target.checkpoint.size, reasons)


def _led(source: Source, known: Followed, steps: Sequence[Checkpoint]) -> Iterator[bytes]:
    for step in steps:
        between = list(entries(source, step.size, since=known.size))
        known = follow(known, step, between)
        for entry in between:
            parse_leaf(entry)
        yield from between


def _name(source: Source) -> str:
    return str(getattr(source, "address", None) or getattr(source, "root", source))


def _settle(*, replace: bool) -> None:
    """Write the head's checkpoint outside where an older one, or none, is; insist that the database carries on from it."""
    now = head()
    if now.note is None:
        return
    if replace:
        replace_outside(now.note)
    require_carried_on(now)
    keep_outside(now.note)


def _known_keys(told: Sequence[Told], _gathered: None, _at: datetime) -> list[int]:
    """Keys that the list beside the database has: there was nothing to take back."""
    listed = verifying_keys()
    return [one.index for one in told if one.act.act is LogAct.KEY_ADDED and one.act.key and one.act.key.kid in listed]


declare_follower("keys", Follower(lambda _told, _sources: None, _known_keys))


def adopted(*, applied: bool) -> frozenset[int]:
    """Indices of the leaves that were adopted and have a row here again, or have none."""
    return frozenset(db.session.scalars(select(AdoptedLeaf.index).where(AdoptedLeaf.applied.is_(applied))))
