"""Whether the stored log is whole: every hash, node, root and signature anew, the keys, and each recorded act with its one leaf.

What a leaf tells of is known higher up: those concepts declare a :data:`Source`, which names the leaf of each of its acts.
Everything is read in the order of the log and a batch at a time, so that memory stays flat however long it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Protocol

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from certification.core.console import in_english
from certification.core.db import db
from certification.core.declared import declare
from certification.log.adopting import adopted
from certification.log.checkpoints import outside_copy, require_carried_on, verifiers
from certification.log.fsck_keys import faults_of_keys
from certification.log.keys import KeyProblemError, verifying_keys
from certification.log.leaves import StoredLeaves, readable
from certification.log.models import LogLeaf, LogNode
from certification.log.reading import Head, head
from certification.log.refusals import advice
from certification.rules.checkpoint import parse_checkpoint
from certification.rules.errors import BadLeaf, DomainError, LogConflict
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import Node, grow, leaf_hash, nodes_in, reader_of, root
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.text import counted

BATCH = 1000
TOP = 62


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
    one_moment(session)
    faults = list(faults_of_log(session))
    session.rollback()
    return faults


def one_moment(session: Session) -> None:
    """All reads see everything as it is now, whoever writes meanwhile."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def faults_of_log(session: Session) -> Iterator[str]:
    """As :func:`check`, one at a time, in the read transaction at hand."""
    found, walk = head(session), Walk()
    yield from walk.faults(session, found)
    yield from _signature(found)
    yield from _outside(found, session)
    yield from faults_of_keys(found, session)
    yield from claims(StoredLeaves(), walk.readable)


def repeats(row: LogLeaf, act: Act) -> bool:
    """Whether the columns beside an entry say what it says."""
    code = act.certificate.code if act.certificate else None
    said = (act.act, act.at, code, act.before_log)
    return (row.act, row.at, row.certificate_code, row.before_log) == said


@dataclass
class Walk:
    """The tree as the leaves make it, with no more of it in memory than the log of its size."""

    size: int = 0
    edge: dict[Node, bytes] = field(default_factory=dict)
    nodes: int = 0
    readable: bytearray = field(default_factory=bytearray)  # 1 for each leaf that can be read

    @property
    def root(self) -> bytes:
        return root(self.size, reader_of(self.edge))

    def faults(self, session: Session, found: Head) -> Iterator[str]:
        """What is wrong with leaves, with the nodes above them, and with the head's size and root."""
        after = -1
        while rows := self._batch(session, after):
            after = rows[-1][0]
            yield from self._one_batch(session, rows)
        yield from self._superfluous(session)
        if (self.size, self.root) != (found.size, found.root):
            leaves = counted(found.size, "leaf", "leaves")
            yield f"the head says {leaves} under {found.root.hex()}; there are {self.size} under {self.root.hex()}"

    @staticmethod
    def _batch(session: Session, after: int) -> list[tuple[int, bytes, bytes]]:
        wanted = select(LogLeaf.index, LogLeaf.entry, LogLeaf.hash).where(LogLeaf.index > after).order_by(LogLeaf.index)
        return [(index, bytes(entry), bytes(hash_)) for index, entry, hash_ in session.execute(wanted.limit(BATCH))]

    def _one_batch(self, session: Session, rows: list[tuple[int, bytes, bytes]]) -> Iterator[str]:
        hashes: list[bytes] = []
        acts: dict[int, Act] = {}
        for index, entry, hash_ in rows:
            if index > len(self.readable):
                last = f" to {index - 1}" if index - len(self.readable) > 1 else ""
                yield f"leaf {len(self.readable)}{last} is missing"
            hashes.append(leaf_hash(entry))
            if hashes[-1] != hash_:
                yield f"leaf {index} has another hash than its entry"
            try:
                acts[index] = parse_leaf(entry)
            except BadLeaf as error:
                yield f"leaf {index} can't be read ({error.code}: {error.params.get('where')})"
            self.readable.extend(bytes(max(0, index + 1 - len(self.readable))))
            self.readable[index] = index in acts
        yield from _columns(session, acts)
        grown = grow(self.size, hashes, reader_of(self.edge))
        yield from self._nodes(session, {node: hash_ for node, hash_ in grown.nodes.items() if node[0]})
        held = self.edge | dict(grown.nodes)
        self.size, self.edge = grown.size, {node: held[node] for node in nodes_in(0, grown.size)}

    def _nodes(self, session: Session, wanted: dict[Node, bytes]) -> Iterator[str]:
        """Hold the stored nodes that a batch completed against what they should be."""
        ranges = [
            and_(LogNode.level == level, LogNode.index.between(min(indices), max(indices)))
            for level, group in groupby(sorted(wanted), key=lambda node: node[0])
            if (indices := [index for _level, index in group])
        ]
        stored = session.execute(select(LogNode.level, LogNode.index, LogNode.hash).where(or_(*ranges))) if ranges else ()
        left = dict(wanted)
        for level, index, hash_ in stored:
            self.nodes += (level, index) in wanted
            if left.pop((level, index), hash_) != hash_:
                yield f"node {level}/{index} has another hash than what is below it"
        for level, index in sorted(left):
            yield f"node {level}/{index} is missing"

    def _superfluous(self, session: Session) -> Iterator[str]:
        """Stored nodes that no leaves make; looked for only where there are more than there should be."""
        if (session.scalar(select(func.count()).select_from(LogNode)) or 0) == self.nodes:
            return
        complete = [and_(LogNode.level == level, LogNode.index.between(0, (self.size >> level) - 1)) for level in range(1, TOP)]
        rows = select(LogNode.level, LogNode.index).where(~or_(*complete)).order_by(LogNode.level, LogNode.index)
        for level, index in session.execute(rows):
            yield f"node {level}/{index} belongs to no leaves"


def _columns(session: Session, acts: Mapping[int, Act]) -> Iterator[str]:
    """The columns that repeat an entry, for searching."""
    if not acts:
        return
    names = (LogLeaf.index, LogLeaf.act, LogLeaf.at, LogLeaf.certificate_code, LogLeaf.before_log)
    rows = select(*names).where(LogLeaf.index.between(min(acts), max(acts))).order_by(LogLeaf.index)
    try:
        said = {index: tuple(rest) for index, *rest in session.execute(rows)}
    except (ValueError, LookupError, TypeError):
        if len(acts) == 1:
            yield f"leaf {min(acts)} says something else than the columns beside it"
            return
        for index, act in acts.items():
            yield from _columns(session, {index: act})
        return
    for index, act in acts.items():
        code = act.certificate.code if act.certificate else None
        if said.get(index) != (act.act, act.at, code, act.before_log):
            yield f"leaf {index} says something else than the columns beside it"


def _signature(found: Head) -> Iterator[str]:
    if found.note is None or found.origin is None:
        if found.size:
            yield "the log was never signed; the next act or `tianguis upgrade` signs it once there is a key"
        return
    try:
        said = parse_checkpoint(parse_note(found.note).text)
        signed = open_checkpoint(found.note, found.origin, verifiers(found.origin, said.size)).checkpoint
    except (DomainError, KeyProblemError) as error:
        yield f"the checkpoint in the database is not signed by a key of this registry: {in_english(error)}"
        return
    if signed.size < found.size:
        yield f"{counted(found.size - signed.size, 'act')} not signed yet; the signer, the worker or the next act sees to it"
    elif (signed.size, signed.root) != (found.size, found.root):
        leaves = counted(signed.size, "leaf", "leaves")
        yield f"the checkpoint in the database is of {leaves} under {signed.root.hex()}, not the head's"


def _outside(found: Head, session: Session) -> Iterator[str]:
    try:
        require_carried_on(found, session)
        copy = outside_copy(found.origin)
    except LogConflict as error:
        yield f"the copy of the checkpoint outside the database: {advice(error.code)}"
    except (DomainError, KeyProblemError) as error:
        yield f"the copy of the checkpoint outside the database can't be compared: {in_english(error)}"
    else:
        if copy is not None and copy.size < found.size and found.note is not None:
            at = f"{copy.size} of {found.size}"
            yield f"the copy of the checkpoint outside the database stands at {at}; the worker or the next act mends it"


def claims(leaves: Mapping[int, Act], told: bytes | bytearray, first: int = 0) -> Iterator[str]:
    """Each recorded act has its one leaf, and each leaf from ``first`` on its act; ``told`` has a 1 for each that can be read.

    Adopted leaves that nothing tells of any more are known.
    """
    claimed = bytearray(len(told))
    for source in SOURCES.values():
        for claim in source(leaves, first):
            index = claim.index
            if index is None or not 0 <= index - first < len(told) or not told[index - first]:
                yield f"{claim.what} has no leaf"
            elif claimed[index - first]:
                yield f"leaf {index} tells of {claim.what}, and of something else too"
            else:
                claimed[index - first] = 1
                if not claim.agrees:
                    yield f"leaf {index} says something else than {claim.what}"
    lost = adopted(applied=False)
    for index, is_told in enumerate(told, first):
        if is_told and not claimed[index - first] and index not in lost:
            yield f"leaf {index} ({_kind(index)}) tells of nothing that is recorded"


def _kind(index: int) -> str:
    act = readable(db.session.scalar(select(LogLeaf.entry).where(LogLeaf.index == index)) or b"")
    return act.act.value if act else "unreadable"


def _keys(leaves: Mapping[int, Act], _first: int = 0) -> Iterator[Claim]:
    """A listed key gets its leaf with the first act after it, so that only the leaves are asked."""
    try:
        listed = {kid: sha256(public.public_bytes_raw()).hexdigest() for kid, public in verifying_keys().items()}
    except KeyProblemError:
        listed = {}
    for index, act in of_kinds(leaves, (LogAct.KEY_ADDED,)):
        if act.key and act.key.kid in listed:
            yield Claim(f"the key {act.key.kid}", index, listed.pop(act.key.kid) == act.key.digest)


def of_kinds(leaves: Mapping[int, Act], kinds: tuple[LogAct, ...]) -> Iterator[tuple[int, Act]]:
    """The acts of kinds that are few, without reading all the others where the leaves are the stored ones."""
    if isinstance(leaves, StoredLeaves):
        yield from leaves.of_kinds(kinds)
    else:
        yield from ((index, act) for index, act in leaves.items() if act.act in kinds)


declare_source("keys", _keys)
