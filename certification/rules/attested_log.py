"""The acts of a log as somebody brings them: each held against the signed checkpoint before a word of it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from certification.rules.checking import About, Why
from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import DomainError
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.merkle import leaf_hash, verify_inclusion
from certification.rules.replay import ISSUING, compromised_from, issuers_of

KEY_ACTS = (LogAct.KEY_ADDED, LogAct.KEY_RETIRED, LogAct.KEY_COMPROMISED)


class Doubt(Exception):  # noqa: N818 - an exception is named for the fact
    """The check ends here, for one reason."""

    def __init__(self, why: Why, *, demonstration: bool = False) -> None:
        super().__init__(why)
        self.why, self.demonstration = why, demonstration


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry at its index, with its inclusion proof in the tree of the checkpoint."""

    index: int
    entry: bytes
    proof: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Log:
    """Entries under a checkpoint whose signature was verified.

    `whole` says that whoever brings them read the whole log and was led to its root: then entries need no proofs, and none is
    missing. `others` says that the acts on schemes and keys are among them.
    """

    checkpoint: Checkpoint
    leaves: tuple[Leaf, ...]
    whole: bool = False
    others: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What was believed: the acts on one certificate and those on schemes and keys, in the log's order, by index.

    `issuers` are the DIDs that the log names as its registry's.
    """

    code: str
    acts: tuple[Act, ...]
    indices: tuple[int, ...]
    other: tuple[Act, ...]
    knows_others: bool
    issuers: frozenset[str]
    unchecked: tuple[Why, ...]

    def issuing(self, at: datetime) -> tuple[Act, ...]:
        """Grant and renewals up to an instant."""
        return tuple(act for act in self.acts if act.act in ISSUING and act.at <= at)

    def index_of(self, act: Act) -> int:
        return self.indices[self.acts.index(act)]

    @property
    def latest(self) -> datetime | None:
        """The instant of the last act that was brought: the log was that far."""
        return max((act.at for act in (*self.acts, *self.other)), default=None)

    @property
    def compromised(self) -> Mapping[str, int]:
        """As `compromised_from`."""
        return compromised_from(self.other)

    @property
    def keys(self) -> Mapping[str, str]:
        """Digest of each key that was announced, by `kid`."""
        return {act.key.kid: act.key.digest for act in self.other if act.act is LogAct.KEY_ADDED and act.key}


def read_log(log: Log, code: str) -> Told:
    """Raises Doubt for an entry that is not in the tree, can't be read or stands twice, and for acts of other certificates."""
    found: dict[int, Act] = {}
    try:
        for leaf in log.leaves:
            if not log.whole:
                size, root = log.checkpoint.size, log.checkpoint.root
                verify_inclusion(leaf_hash(leaf.entry), leaf.index, size, leaf.proof, root)
            if leaf.index in found:
                raise Doubt(Why("leaf_twice", About.LOG))
            found[leaf.index] = parse_leaf(leaf.entry)
    except DomainError as error:
        raise Doubt(Why(error.code, About.LOG)) from error
    ordered = sorted(found.items())
    own = [(index, act) for index, act in ordered if act.certificate is not None and act.certificate.code == code]
    if any(act.certificate is not None and act.certificate.code != code for _, act in ordered):
        raise Doubt(Why("other_leaf", About.LOG))
    _require_order(own)
    unchecked = () if log.whole else (Why("log_not_whole", About.LOG),)
    return Told(
        code,
        tuple(act for _, act in own),
        tuple(index for index, _ in own),
        tuple(act for _, act in ordered if act.certificate is None),
        log.others or log.whole,
        issuers_of(log.checkpoint.origin, (act for _, act in ordered)),
        unchecked,
    )


def _require_order(own: list[tuple[int, Act]]) -> None:
    """A grant first and once, and each version once, counted upwards: else somebody left something out."""
    issued = [act for _, act in own if act.act in ISSUING]
    numbers = [act.certificate.version for act in issued if act.certificate]
    first = own[0][1].act if own else LogAct.GRANTED
    if first is not LogAct.GRANTED or numbers != list(range(1, len(numbers) + 1)):
        raise Doubt(Why("acts_missing", About.LOG))
    if any(act.act is not LogAct.RENEWED for act in issued[1:]):
        raise Doubt(Why("acts_missing", About.LOG))
