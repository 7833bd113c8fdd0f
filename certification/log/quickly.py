"""Head, leaves and nodes read straight on the driver, for proofs and tiles: their cost is promised.

What is read has been committed; a unit of work that needs its own rows reads through its session (``reading.nodes``). Leaves and
nodes are only ever added, so that what is read after a head is of that head's tree or of one that carries on from it.
All raise ``core.quick.UnreachableError`` when the database fails.
"""

from collections.abc import Callable, Collection
from typing import Any, cast

from flask import current_app
from sqlalchemy import ColumnElement, Integer, Select, bindparam, column, select, tuple_, values

from certification.core.db import db
from certification.core.quick import QuickSelect
from certification.log.models import ONLY_HEAD, LogHead, LogLeaf, LogNode
from certification.rules.merkle import Node

MOST = 64  # nodes in one statement
LEVELS, INDICES = tuple(f"l{n}" for n in range(MOST)), tuple(f"i{n}" for n in range(MOST))
Statement = Select[*tuple[Any, ...]]


def head() -> tuple[int, bytes, str | None, bytes | None] | None:
    """Size, root, origin and note; None before anything was appended."""
    return cast("tuple[int, bytes, str | None, bytes | None] | None", _quick("head", 1, _head).first())


def leaf(index: int) -> tuple[bytes, bytes] | None:
    """Entry and hash of a leaf."""
    return cast("tuple[bytes, bytes] | None", _quick("leaf", 1, _leaf).first(i=index))


def nodes(wanted: Collection[Node]) -> dict[Node, bytes]:
    """The hashes of some nodes; of what the log does not have, none."""
    low = [index for level, index in wanted if level == 0]
    high = [node for node in wanted if node[0]]
    found: dict[Node, bytes] = {}
    for given in _portions(low):
        told = _quick("leaves", len(given), _leaves).all(**dict(zip(INDICES, given, strict=False)))
        found |= {(0, index): hash_ for index, hash_ in told}
    for these in _portions(high):
        levels, indices = zip(*these, strict=True)
        values = dict(zip(LEVELS, levels, strict=False)) | dict(zip(INDICES, indices, strict=False))
        found |= {(level, index): hash_ for level, index, hash_ in _quick("nodes", len(these), _nodes).all(**values)}
    return found


def between(level: int, start: int, end: int) -> dict[Node, bytes]:
    """The hashes of one level from an index up to another."""
    if level == 0:
        return {(0, index): hash_ for index, hash_ in _quick("leaf hashes", 1, _leaf_range).all(start=start, end=end)}
    found = _quick("node hashes", 1, _node_range).all(level=level, start=start, end=end)
    return {(level, index): hash_ for index, hash_ in found}


def _portions(wanted: list[Any]) -> list[list[Any]]:
    return [wanted[at : at + MOST] for at in range(0, len(wanted), MOST)]


def _quick(name: str, size: int, make: Callable[[int], Statement]) -> QuickSelect:
    kept: dict[tuple[str, int], QuickSelect] = current_app.extensions.setdefault("log_reads", {})
    found = kept.get((name, size))
    if found is None:
        found = kept[name, size] = QuickSelect(db.engine, make(size))
    return found


def _number(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=Integer)


def _head(_size: int) -> Statement:
    return select(LogHead.size, LogHead.root, LogHead.origin, LogHead.note).where(LogHead.id == ONLY_HEAD)


def _leaf(_size: int) -> Statement:
    return select(LogLeaf.entry, LogLeaf.hash).where(LogLeaf.index == _number("i"))


def _leaves(size: int) -> Statement:
    return select(LogLeaf.index, LogLeaf.hash).where(LogLeaf.index.in_([_number(name) for name in INDICES[:size]]))


def _nodes(size: int) -> Statement:
    pairs = [(_number(level), _number(index)) for level, index in zip(LEVELS[:size], INDICES[:size], strict=True)]
    wanted = values(column("level", Integer), column("index", Integer)).data(pairs).scalar_values()
    return select(LogNode.level, LogNode.index, LogNode.hash).where(tuple_(LogNode.level, LogNode.index).in_(wanted))


def _leaf_range(_size: int) -> Statement:
    return select(LogLeaf.index, LogLeaf.hash).where(LogLeaf.index >= _number("start"), LogLeaf.index < _number("end"))


def _node_range(_size: int) -> Statement:
    inside = (LogNode.index >= _number("start"), LogNode.index < _number("end"))
    return select(LogNode.index, LogNode.hash).where(LogNode.level == _number("level"), *inside)
