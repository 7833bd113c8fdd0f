"""The log at 1,000,000 leaves: an append, an inclusion proof, a consistency proof, a tile; against the same at 10,000.

    python -m tests.benchmarks.log [--short]

Promise: an append costs at most 1.3 times the CPU that it costs at 10,000 leaves, an inclusion proof takes at most 0.3 ms (p99) at
any leaf. Both logs are files filled by the pure `grow`, appends to the two alternate in one run, and every proof is verified.
pymerkle, which keeps no nodes, makes the same proof as the stated baseline: it must be slower, or this measures something else.
The short form has 1,000 and 20,000 leaves. Exits 2 when appends to the smaller log moved more
than twofold between rounds, or when bare hashes do so from their median to their slowest hundredth.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pymerkle
import pysqlite3
from flask import Flask

from certification.core.db import db, unit_of_work
from certification.log import reading
from certification.log.appending import append
from certification.log.keys import create_keys
from certification.log.models import ONLY_HEAD
from certification.rules.code import new_code
from certification.rules.leaves import Act, CertificateRef, LogAct, leaf_bytes
from certification.rules.merkle import (
    EMPTY_ROOT,
    Node,
    grow,
    leaf_hash,
    nodes_in,
    reader_of,
    verify_consistency,
    verify_inclusion,
)
from certification.rules.merkle import root as merkle_root
from certification.rules.tiles import Tile
from marketplace.models import METADATA
from tests.drills.registry import BEGUN, DATABASE, application, close

SIZES, SHORT_SIZES = (10_000, 1_000_000), (1_000, 20_000)
GROWTH, PROOF_MS = 1.3, 0.3
ROUNDS, APPENDS, PROOFS, BASELINE = 9, 20, 2000, 10_000
RESTLESS = 2.0
CHUNK = 20_000
LEAVES = "INSERT INTO log_leaves (leaf_index, entry, hash, act, at, certificate_code, before_log) VALUES (?, ?, ?, ?, ?, ?, ?)"


def act(number: int, code: str) -> Act:
    return Act(LogAct.RESTORED, BEGUN + timedelta(seconds=number), certificate=CertificateRef(code, 1), dossier=f"{number:064x}")


def entries(count: int) -> Iterator[tuple[int, bytes]]:
    """Entries as `rules.leaves` writes them; only their digest differs, so that a million take seconds."""
    before, _, after = leaf_bytes(act(0, CODE)).decode().partition("0" * 64)
    assert leaf_bytes(Act(LogAct.RESTORED, BEGUN, certificate=CertificateRef(CODE, 1), dossier=f"{7:064x}")).decode() == (
        f"{before}{7:064x}{after}"
    )
    for number in range(count):
        yield number, f"{before}{number:064x}{after}".encode()


CODE = new_code()


def fill(file: Path, count: int) -> None:
    """So many leaves and the nodes above them, by the chunk, in a database that nobody has open."""
    raw = pysqlite3.dbapi2.connect(str(file), isolation_level=None)
    raw.execute("PRAGMA synchronous=OFF")
    held: dict[Node, bytes] = {}
    told, at, root = entries(count), BEGUN.replace(tzinfo=None).isoformat(" ") + ".000000", EMPTY_ROOT
    raw.execute("BEGIN")
    for size in range(0, count, CHUNK):
        chunk = [entry for _, entry in zip(range(min(CHUNK, count - size)), told, strict=False)]
        hashes = [leaf_hash(entry) for _, entry in chunk]
        grown = grow(size, hashes, reader_of(held))
        rows = ((number, entry, hash_, "restored", at, CODE, 0) for (number, entry), hash_ in zip(chunk, hashes, strict=True))
        raw.executemany(LEAVES, rows)
        above = ((level, index, hash_) for (level, index), hash_ in grown.nodes.items() if level)
        raw.executemany("INSERT INTO log_nodes (level, node_index, hash) VALUES (?, ?, ?)", above)
        known = {**held, **grown.nodes}
        held, root = {node: known[node] for node in nodes_in(0, grown.size)}, grown.root
    raw.execute("INSERT INTO log_heads (id, size, root) VALUES (?, ?, ?)", (ONLY_HEAD, count, root))
    raw.execute("COMMIT")
    raw.close()


@contextmanager
def filled(size: int) -> Iterator[Flask]:
    """A registry whose log has so many leaves and was then signed."""
    with tempfile.TemporaryDirectory(prefix="tianguis-log-") as name:
        folder = Path(name)
        app = application(folder)
        with app.app_context():
            METADATA.create_all(db.engine)
        close(app)
        begun = time.perf_counter()
        fill(folder / DATABASE, size)
        print(f"{size:>9,} leaves filled in {time.perf_counter() - begun:.1f} s", flush=True)
        create_keys(folder / "keys", demonstration=False)
        appended(app, size, 1)
        try:
            yield app
        finally:
            close(app)


def appended(app: Flask, first: int, count: int) -> float:
    """Microseconds of CPU for an append in a unit of work of its own."""
    with app.app_context():
        begun = time.process_time()
        for number in range(first, first + count):
            with unit_of_work():
                append(act(number, CODE))
            db.session.remove()
        return (time.process_time() - begun) / count * 1e6


def waits(count: int, one: Callable[[random.Random], object]) -> list[float]:
    """Milliseconds of each, sorted; the CPU's own, so that who else is on the machine counts for nothing."""
    dice, found = random.Random(count), []
    for number in range(count + 50):
        begun = time.thread_time()
        one(dice)
        if number >= 50:  # warm by then
            found.append((time.thread_time() - begun) * 1000)
    return sorted(found)


def proofs(app: Flask) -> dict[str, list[float]]:
    """What readers ask for, at random places."""
    with app.app_context():
        size = reading.head().size
        root = reading.head().root
        for index in (0, 1, size // 3, size - 2, size - 1):
            found = reading.inclusion(index)
            assert found is not None
            verify_inclusion(found.hash, index, size, found.proof, root)
        old = size // 2 + 1
        verify_consistency(old, merkle_root(old, reading.over([(0, old)])), size, root, reading.consistency(old, size))
        return {
            "inclusion proof": waits(PROOFS, lambda dice: reading.inclusion(dice.randrange(size))),
            "consistency proof": waits(PROOFS // 4, lambda dice: reading.consistency(dice.randrange(1, size), size)),
            "tile of hashes": waits(PROOFS // 8, lambda dice: reading.tile_bytes(Tile(0, dice.randrange(size // 256)))),
            "bundle of entries": waits(PROOFS // 8, lambda dice: reading.tile_bytes(Tile(None, dice.randrange(size // 256)))),
        }


def baseline(count: int) -> float:
    """Milliseconds of pymerkle's inclusion proof, median."""
    tree = pymerkle.InmemoryTree(algorithm="sha256", disable_cache=True)
    for _, entry in entries(count):
        tree.append_entry(entry)
    found = []
    for number in range(5):
        begun = time.thread_time()
        tree.prove_inclusion(count // 7 * (number + 1), count)
        found.append((time.thread_time() - begun) * 1000)
    return statistics.median(found)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 0 kept, 1 broken, 2 no verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="at 1,000 and 20,000 leaves")
    small, large = SHORT_SIZES if parser.parse_args(arguments).short else SIZES
    with filled(small) as few, filled(large) as many:
        both = ((few, small), (many, large))
        rounds = [[appended(app, size + 1 + n * APPENDS, APPENDS) for app, size in both] for n in range(ROUNDS + 1)][1:]
        told: dict[str, Any] = proofs(many)
        still = waits(PROOFS // 2, lambda _dice: [leaf_hash(b"") for _ in range(200)])
    ratios = [ours / reference for reference, ours in rounds]
    references = [reference for reference, _ in rounds]
    flat, proof = statistics.median(ratios), told["inclusion proof"]
    p99 = proof[len(proof) * 99 // 100]
    theirs = baseline(min(large, BASELINE))
    print(
        f"append: {statistics.median(references):.0f} µs of CPU at {small:,}, {statistics.median(o for _, o in rounds):.0f} at {large:,}:"
        f" {flat:.2f}× ({min(ratios):.2f} to {max(ratios):.2f}), at most {GROWTH:g}: {'kept' if flat <= GROWTH else 'BROKEN'}"
    )
    for name, spent in told.items():
        print(
            f"{name:<18} median {spent[len(spent) // 2]:.3f} ms, p99 {spent[len(spent) * 99 // 100]:.3f} ms of CPU at {large:,}"
        )
    print(f"inclusion proof p99 at most {PROOF_MS:g} ms: {'kept' if p99 <= PROOF_MS else 'BROKEN'}")
    print(f"pymerkle's inclusion proof at {min(large, BASELINE):,} leaves: {theirs:.2f} ms")
    if theirs <= proof[len(proof) // 2]:
        print("the baseline without stored nodes is no slower: this measures something else")
        return 1
    tail = still[len(still) * 99 // 100] / still[len(still) // 2]
    if max(references) > RESTLESS * min(references) or tail > RESTLESS:
        print(f"no verdict: the machine is restless (200 bare hashes take {tail:.1f} times as long in their slowest hundredth)")
        return 2
    return 0 if flat <= GROWTH and p99 <= PROOF_MS else 1


if __name__ == "__main__":
    sys.exit(main())
