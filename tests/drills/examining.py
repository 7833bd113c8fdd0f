"""What must hold of a registry after whatever was done to it, by the product's own check and by a count of our own."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select

from certification.applications.models import Decision
from certification.core.db import db
from certification.log import reading
from certification.log.checkpoints import place as outside_place
from certification.log.checkpoints import verifiers
from certification.log.models import LogLeaf
from certification.registry import fsck
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, RecordedAct
from certification.rules.errors import DomainError
from certification.rules.leaves import parse_leaf
from certification.rules.merkle import EMPTY_ROOT, completed_by, leaf_hash, node_hash, nodes_in
from certification.rules.signed_checkpoint import open_checkpoint
from tests.drills.registry import BEGUN, Place, Told, close

LATER = timedelta(hours=2)  # when everything is looked at: all acts are earlier, no list is stale yet
LATE = "the copy of the checkpoint outside the database stands at"  # committed and never acknowledged; the next act mends it


@dataclass
class Seen:
    """Every checkpoint that anybody could have seen, by its size; ``forks`` are sizes with two roots."""

    roots: dict[int, bytes] = field(default_factory=dict)
    forks: list[str] = field(default_factory=list)

    def note(self, encoded: bytes) -> None:
        """Remember a checkpoint; its signature is verified. Needs the application."""
        origin = encoded.decode().partition("\n")[0]
        found = open_checkpoint(encoded, origin, verifiers(origin)).checkpoint
        if self.roots.setdefault(found.size, found.root) != found.root:
            self.forks.append(f"two heads of {found.size} leaves")

    def copy(self) -> "Seen":
        return Seen(dict(self.roots), list(self.forks))


def examine(place: Place, told: Collection[Told], seen: Seen) -> list[str]:
    """Everything that is broken; empty when every promise was kept. What is there is remembered in ``seen``."""
    with place.app.app_context():
        try:
            return [*_log(), *_heads(seen), *_acts(told), *_doubles()]
        except DomainError as error:
            return [f"nothing could be read: {error.code}"]
        finally:
            close(place.app)


def _log() -> Iterator[str]:
    yield from (fault for fault in fsck.check(BEGUN + LATER) if not fault.startswith(LATE))


def _heads(seen: Seen) -> Iterator[str]:
    """The head and the copy outside carry on from all that was seen."""
    hashes = [leaf_hash(entry) for entry in db.session.scalars(select(LogLeaf.entry).order_by(LogLeaf.index))]
    roots = all_roots(hashes)
    found = reading.head()
    for encoded in (found.note, outside_place().read_bytes() if outside_place().exists() else None):
        if encoded is not None:
            seen.note(encoded)
    yield from seen.forks
    for size, root in seen.roots.items():
        if size >= len(roots):
            yield f"a head of {size} leaves was seen and there are {len(hashes)}"
        elif roots[size] != root:
            yield f"fork: the head of {size} leaves that was seen is not of this tree"


def all_roots(hashes: list[bytes]) -> list[bytes]:
    """The root at every size, from 0 on; by the standard's recursion over complete subtrees, not by ``grow``."""
    nodes: dict[tuple[int, int], bytes] = {}
    roots = [EMPTY_ROOT]
    for index, leaf in enumerate(hashes):
        for level, number in completed_by(index):
            below = nodes.get((level - 1, 2 * number)), nodes.get((level - 1, 2 * number + 1))
            nodes[level, number] = node_hash(below[0] or b"", below[1] or b"") if level else leaf
        total = b""
        for node in reversed(nodes_in(0, index + 1)):
            total = node_hash(nodes[node], total) if total else nodes[node]
        roots.append(total)
    return roots


def _acts(told: Collection[Told]) -> Iterator[str]:
    """Every act that was acknowledged is there, with the leaf that was named."""
    rows = select(ActLeaf.leaf_index, RecordedAct.kind, Certificate.code, LogLeaf.entry)
    rows = rows.join(RecordedAct, RecordedAct.id == ActLeaf.act_id).join(
        Certificate, Certificate.id == RecordedAct.certificate_id
    )
    found = {index: (kind, code, entry) for index, kind, code, entry in db.session.execute(rows.join(LogLeaf))}
    for one in told:
        if one.leaf is None:
            continue
        kind, code, entry = found.get(one.leaf, (None, None, None))
        if entry is None or kind is None or kind.value != one.task.act or code != one.code:
            yield f"lost: {one.task.act} on {one.code} at leaf {one.leaf}"
            continue
        said = parse_leaf(entry)
        if said.act.value != one.task.act or said.certificate is None or said.certificate.code != code:
            yield f"leaf {one.leaf} tells of something else than {one.task.act} on {one.code}"


def _doubles() -> Iterator[str]:
    """Each case was decided once and has one certificate; each kind of act was done once on each."""
    for column in (Decision.application_id, Certificate.application_id):
        for case, many in db.session.execute(select(column, func.count()).group_by(column).having(func.count() > 1)):
            yield f"case {case}: {many} times {column.class_.__tablename__}"
    kinds = Counter(
        (row.certificate_id, row.kind) for row in db.session.execute(select(RecordedAct.certificate_id, RecordedAct.kind))
    )
    for (certificate, kind), many in kinds.items():
        if many > 1:
            yield f"certificate {certificate}: {kind.value} {many} times"
