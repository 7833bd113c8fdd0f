from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.checkpoint import Checkpoint
from certification.rules.errors import LogConflict
from certification.rules.merkle import (
    EMPTY_ROOT,
    NodeReader,
    consistency_parts,
    consistency_proof,
    grow,
    leaf_hash,
    nodes_of,
    reader_of,
    root,
)
from certification.rules.monitoring import LogVerdict, Standing, compare, compare_by_nodes, require_accepted
from certification.rules.tiles import Tile, tile_contents, tile_reader

LARGEST = 300
ORIGIN = "tianguis.example/log"
LEAVES = [leaf_hash(b"%d" % number) for number in range(LARGEST)]
REWRITTEN = [leaf_hash(b"another %d" % number) for number in range(LARGEST)]
NODES = grow(0, LEAVES, reader_of({})).nodes
read, read_rewritten = reader_of(NODES), reader_of(grow(0, REWRITTEN, reader_of({})).nodes)
two_sizes = st.lists(st.integers(1, LARGEST), min_size=2, max_size=2, unique=True).map(sorted)


def head(size: int, reader: NodeReader = read, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, root(size, reader))


def tiles(reader: NodeReader, size: int) -> NodeReader:
    def fetch(tile: Tile) -> bytes:
        return tile_contents(tile, reader)

    return tile_reader(size, fetch)


def power_of_two(size: int) -> bool:
    return size & (size - 1) == 0


@given(two_sizes)
def test_a_log_that_only_grew_is_consistent(sizes: list[int]) -> None:
    old, size = sizes
    wanted = LogVerdict(Standing.CONSISTENT, head(old), head(size))
    assert compare(head(old), head(size), consistency_proof(old, size, read)) == wanted
    assert compare_by_nodes(head(old), head(size), read) == wanted
    assert compare_by_nodes(head(old), head(size), tiles(read, size)) == wanted
    assert wanted.accepted


@given(two_sizes)
def test_a_history_rewritten_is_a_fork_by_its_own_nodes(sizes: list[int]) -> None:
    old, size = sizes
    found = compare_by_nodes(head(old), head(size, read_rewritten), tiles(read_rewritten, size))
    assert found == LogVerdict(Standing.FORK, head(old), head(size, read_rewritten))
    assert not found.accepted


@given(two_sizes)
def test_a_history_rewritten_is_a_fork_by_its_own_proof_except_from_a_complete_tree(sizes: list[int]) -> None:
    old, size = sizes
    found = compare(head(old), head(size, read_rewritten), consistency_proof(old, size, read_rewritten))
    assert found.standing is (Standing.NOT_PROVEN if power_of_two(old) else Standing.FORK)


@given(two_sizes)
def test_nodes_or_a_proof_of_another_tree_prove_nothing(sizes: list[int]) -> None:
    old, size = sizes
    assert compare_by_nodes(head(old), head(size), read_rewritten).standing is Standing.NOT_PROVEN
    assert compare_by_nodes(head(old), head(size, read_rewritten), read).standing is Standing.NOT_PROVEN
    proof = consistency_proof(old, size, read)
    assert compare(head(old, read_rewritten), head(size, read_rewritten), proof).standing is Standing.NOT_PROVEN


@given(two_sizes, st.data())
def test_a_mutilated_proof_proves_nothing_and_accuses_nobody(sizes: list[int], data: st.DataObject) -> None:
    old, size = sizes
    proof = list(consistency_proof(old, size, read))
    at = data.draw(st.integers(0, len(proof) - 1))
    flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    wrong: list[Sequence[bytes]] = [
        (),
        [*proof[:at], flipped, *proof[at + 1 :]],
        [*proof[:at], *proof[at + 1 :]],
        [*proof, proof[at]],
        [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
    ]
    for one in wrong:
        assert compare(head(old), head(size), one).standing is Standing.NOT_PROVEN


@given(two_sizes)
def test_a_smaller_tree_is_behind_whatever_is_brought_with_it(sizes: list[int]) -> None:
    size, larger = sizes
    for proof in ((), consistency_proof(size, larger, read)):
        assert compare(head(larger), head(size), proof).standing is Standing.BEHIND
    assert compare_by_nodes(head(larger), head(size), read).standing is Standing.BEHIND
    assert compare(head(larger), Checkpoint(ORIGIN, 0, EMPTY_ROOT)).standing is Standing.BEHIND


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_the_same_head_is_the_same_and_needs_no_proof(size: int) -> None:
    assert compare(head(size), head(size)) == compare_by_nodes(head(size), head(size), reader_of({}))
    assert compare(head(size), head(size)).standing is Standing.SAME
    assert compare(head(size), head(size), [EMPTY_ROOT]).standing is Standing.NOT_PROVEN


@pytest.mark.parametrize("size", [1, 7, 300])
def test_two_roots_of_one_size_are_a_fork(size: int) -> None:
    for found in (
        compare(head(size), head(size, read_rewritten)),
        compare_by_nodes(head(size), head(size, read_rewritten), read),
    ):
        assert found.standing is Standing.FORK


@pytest.mark.parametrize("size", [0, 1, 7, 300])
def test_the_first_head_ever_seen_is_taken_with_an_empty_proof(size: int) -> None:
    assert compare(None, head(size)) == LogVerdict(Standing.FIRST, None, head(size))
    assert compare(None, head(size), [EMPTY_ROOT]).standing is Standing.NOT_PROVEN
    assert compare_by_nodes(None, head(size), read).standing is Standing.FIRST


@pytest.mark.parametrize("size", [1, 7, 300])
def test_from_the_empty_log_everything_follows_with_an_empty_proof(size: int) -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert compare(empty, head(size)).standing is Standing.CONSISTENT
    assert compare(empty, head(size), [EMPTY_ROOT]).standing is Standing.NOT_PROVEN
    assert compare_by_nodes(empty, head(size), read).standing is Standing.CONSISTENT


@pytest.mark.parametrize("earlier", [None, Checkpoint(ORIGIN, 0, EMPTY_ROOT)], ids=["nothing", "the empty log"])
def test_after_nothing_nodes_must_still_lead_to_the_root(earlier: Checkpoint | None) -> None:
    assert compare_by_nodes(earlier, head(7), read_rewritten).standing is Standing.NOT_PROVEN
    assert compare_by_nodes(earlier, head(7), reader_of({})).standing is Standing.NOT_PROVEN


def test_another_origin_is_another_log_even_with_the_same_tree() -> None:
    other = head(7, origin="otra.example/log")
    for found in (compare(head(7), other), compare(head(5), other), compare_by_nodes(head(5), other, read)):
        assert found.standing is Standing.OTHER_LOG


def test_tiles_of_another_length_prove_nothing() -> None:
    def short(tile: Tile) -> bytes:
        return tile_contents(tile, read)[:-1]

    assert compare_by_nodes(head(5), head(7), tile_reader(7, short)).standing is Standing.NOT_PROVEN


@given(two_sizes)
def test_only_the_nodes_named_beforehand_are_read(sizes: list[int]) -> None:
    old, size = sizes
    named = {node: NODES[node] for node in nodes_of(consistency_parts(old, size))}
    assert compare_by_nodes(head(old), head(size), reader_of(named)).standing is Standing.CONSISTENT


@pytest.mark.parametrize("standing", [Standing.FIRST, Standing.SAME, Standing.CONSISTENT])
def test_what_is_accepted_may_be_signed(standing: Standing) -> None:
    require_accepted(LogVerdict(standing, head(5), head(7)))


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing.BEHIND, "log_behind"),
        (Standing.FORK, "log_fork"),
        (Standing.NOT_PROVEN, "log_not_proven"),
        (Standing.OTHER_LOG, "log_other_log"),
    ],
)
def test_nothing_is_signed_over_a_smaller_or_conflicting_tree(standing: Standing, code: str) -> None:
    with pytest.raises(LogConflict) as caught:
        require_accepted(LogVerdict(standing, head(7), head(5)))
    assert (caught.value.code, caught.value.params) == (code, {"earlier": 7, "newer": 5})


def test_a_chain_of_heads_is_accepted_step_by_step() -> None:
    heads = [head(size) for size in range(0, LARGEST + 1, 7)]
    for one, two in pairwise(heads):
        require_accepted(compare(one, two, consistency_proof(one.size, two.size, read)))
