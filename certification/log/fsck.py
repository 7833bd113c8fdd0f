"""Whether the stored log is whole: every hash, node, root and signature anew, and each recorded act with its one leaf.

What a leaf tells of is known higher up: those concepts declare a :data:`Source`, which names the leaf of each of its acts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core.db import db
from certification.core.declared import declare
from certification.log.checkpoints import outside_copy, require_carried_on, verifiers
from certification.log.keys import KeyProblemError, verifying_keys
from certification.log.models import LogLeaf, LogNode
from certification.log.reading import Head, head
from certification.rules.checkpoint import parse_checkpoint
from certification.rules.errors import BadLeaf, DomainError, LogConflict
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import Growth, grow, leaf_hash, reader_of
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import open_checkpoint

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """Something recorded that must have a leaf, which one that is (None: there is none), and whether they say the same."""

    what: str
    index: int | None
    agrees: bool = True


class Source(Protocol):
    """Claims of a concept, given the acts of the leaves from ``first`` on: those that are recorded since, in good time."""

    def __call__(self, leaves: Mapping[int, Act], first: int = 0, /) -> Iterator[Claim]: ...


SOURCES: dict[str, Source] = {}


def declare_source(name: str, source: Source) -> None:
    """Let a concept say which recorded acts have leaves; it is given the leaves that can be read, by index.

    Raises:
        ValueError: when the name is taken.

    """
    declare(SOURCES, name, source)


def check() -> list[str]:
    """Everything that is wrong, in plain sentences for the operator; empty when the log is whole. Writes nothing."""
    session = db.session()
    _one_moment(session)
    found = head(session)
    faults: list[str] = []
    acts, hashes = _leaves(session, faults)
    grown = grow(0, hashes, reader_of({}))
    faults += _nodes(session, grown)
    if (grown.size, grown.root) != (found.size, found.root):
        faults.append(
            f"the head says {found.size} leaves under {found.root.hex()}; there are {grown.size} under {grown.root.hex()}"
        )
    faults += [*_signature(found), *_outside(found, session), *claims(acts)]
    session.rollback()
    return faults


def _one_moment(session: Session) -> None:
    """All reads see the log as it is now, whoever writes meanwhile."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _leaves(session: Session, faults: list[str]) -> tuple[dict[int, Act], list[bytes]]:
    """The acts by index, and the hashes as they should be."""
    acts: dict[int, Act] = {}
    hashes: list[bytes] = []
    for row in session.scalars(select(LogLeaf).order_by(LogLeaf.index).execution_options(yield_per=BATCH)):
        if row.index != len(hashes):
            faults.append(f"leaf {len(hashes)} is missing")
        hashes.append(leaf_hash(row.entry))
        if hashes[-1] != row.hash:
            faults.append(f"leaf {row.index} has another hash than its entry")
        try:
            acts[row.index] = parse_leaf(row.entry)
        except BadLeaf as error:
            faults.append(f"leaf {row.index} can't be read ({error.code}: {error.params.get('where')})")
        else:
            if not repeats(row, acts[row.index]):
                faults.append(f"leaf {row.index} says something else than the columns beside it")
    return acts, hashes


def repeats(row: LogLeaf, act: Act) -> bool:
    """Whether the columns beside an entry say what it says."""
    code = act.certificate.code if act.certificate else None
    said = (act.act, act.at, code, act.before_log)
    return (row.act, row.at, row.certificate_code, row.before_log) == said


def _nodes(session: Session, grown: Growth) -> Iterator[str]:
    left = {node: hash_ for node, hash_ in grown.nodes.items() if node[0]}
    for level, index, hash_ in session.execute(select(LogNode.level, LogNode.index, LogNode.hash)):
        wanted = left.pop((level, index), None)
        if wanted is None:
            yield f"node {level}/{index} belongs to no leaves"
        elif wanted != hash_:
            yield f"node {level}/{index} has another hash than what is below it"
    for level, index in sorted(left):
        yield f"node {level}/{index} is missing"


def _signature(found: Head) -> Iterator[str]:
    if found.note is None or found.origin is None:
        if found.size:
            yield "the log was never signed; the next act or `tianguis upgrade` signs it once there is a key"
        return
    try:
        said = parse_checkpoint(parse_note(found.note).text)
        signed = open_checkpoint(found.note, found.origin, verifiers(found.origin, said.size)).checkpoint
    except (DomainError, KeyProblemError) as error:
        yield f"the checkpoint in the database is not signed by a key of this registry: {error}"
        return
    if signed.size < found.size:
        yield f"{found.size - signed.size} acts wait to be signed; the signer, the worker or the next act sees to it"
    elif (signed.size, signed.root) != (found.size, found.root):
        yield f"the checkpoint in the database is of {signed.size} leaves under {signed.root.hex()}, not the head's"


def _outside(found: Head, session: Session) -> Iterator[str]:
    try:
        require_carried_on(found, session)
        copy = outside_copy(found.origin)
    except LogConflict as error:
        yield f"the copy of the checkpoint outside the database: {error.code}: {error}"
    except (DomainError, KeyProblemError) as error:
        yield f"the copy of the checkpoint outside the database can't be compared: {error}"
    else:
        if copy is not None and copy.size < found.size and found.note is not None:
            yield f"the copy of the checkpoint outside the database stands at {copy.size} of {found.size}; the next act mends it"


def claims(acts: Mapping[int, Act], first: int = 0) -> Iterator[str]:
    """What does not hold between the acts of the leaves from ``first`` on and what is recorded since."""
    claimed: dict[int, str] = {}
    for source in SOURCES.values():
        for claim in source(acts, first):
            if claim.index is None or claim.index not in acts:
                yield f"{claim.what} has no leaf"
            elif claim.index in claimed:
                yield f"leaf {claim.index} tells of both {claimed[claim.index]} and {claim.what}"
            else:
                claimed[claim.index] = claim.what
                if not claim.agrees:
                    yield f"leaf {claim.index} says something else than {claim.what}"
    for index in sorted(acts.keys() - claimed.keys()):
        yield f"leaf {index} ({acts[index].act}) tells of nothing that is recorded"


def _keys(acts: Mapping[int, Act], _first: int = 0) -> Iterator[Claim]:
    """A listed key gets its leaf with the first act after it, so that only the leaves are asked."""
    try:
        listed = {kid: sha256(public.public_bytes_raw()).hexdigest() for kid, public in verifying_keys().items()}
    except KeyProblemError:
        listed = {}
    for index, act in acts.items():
        if act.act is LogAct.KEY_ADDED and act.key and act.key.kid in listed:
            yield Claim(f"the key {act.key.kid}", index, listed.pop(act.key.kid) == act.key.digest)


declare_source("keys", _keys)
