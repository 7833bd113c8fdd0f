"""The stored leaves as acts, for those who hold them against something: any number of them, a few in memory at a time."""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import func, select

from certification.core.db import db
from certification.log.models import LogLeaf, of_few_kinds
from certification.log.reading import ENTRY
from certification.rules.errors import BadLeaf
from certification.rules.leaves import Act, LogAct, parse_leaf

BLOCK = 1024
KEPT = 8  # blocks; acts are recorded nearly in the order of their leaves


class StoredLeaves(Mapping[int, Act]):
    """Acts by the index of their leaf; an entry that can't be read is not in it. Counting it reads it all."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[int, dict[int, Act]] = OrderedDict()

    def __getitem__(self, index: int) -> Act:
        number = index // BLOCK
        if number not in self._blocks:
            self._blocks[number] = dict(_between(number * BLOCK, (number + 1) * BLOCK))
            if len(self._blocks) > KEPT:
                self._blocks.popitem(last=False)
        return self._blocks[number][index]

    def __iter__(self) -> Iterator[int]:
        for start in range(0, (db.session.scalar(select(func.max(LogLeaf.index))) or 0) + 1, BLOCK):
            yield from (index for index, _act in _between(start, start + BLOCK))

    def __len__(self) -> int:
        return sum(1 for _index in self)

    def of_kinds(self, kinds: Collection[LogAct]) -> Iterator[tuple[int, Act]]:
        """Acts of kinds that are few, in the log's order."""
        rows = select(*ENTRY).where(of_few_kinds(kinds)).order_by(LogLeaf.index)
        for index, entry in db.session.execute(rows):
            act = readable(entry)
            if act is not None:
                yield index, act


def readable(entry: bytes) -> Act | None:
    """The act of an entry; None for one that can't be read, which whoever checks the log names."""
    try:
        return parse_leaf(bytes(entry))
    except (BadLeaf, TypeError):
        return None


def _between(start: int, end: int) -> Iterator[tuple[int, Act]]:
    rows = select(*ENTRY).where(LogLeaf.index >= start, LogLeaf.index < end).order_by(LogLeaf.index)
    for index, entry in db.session.execute(rows):
        act = readable(entry)
        if act is not None:
            yield index, act
