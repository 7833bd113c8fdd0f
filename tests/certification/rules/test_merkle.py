import hashlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.rules.errors import BadProof
from certification.rules.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Growth,
    completed_by,
    consistency_proof,
    consistency_ranges,
    consistency_roots,
    grow,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    nodes_in,
    nodes_of,
    range_hash,
    reader_of,
    root,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The reference vectors of Certificate Transparency: eight entries, the roots of 0 to 8 of them, and proofs.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, INCLUSION[1][2]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", *INCLUSION[2][2][1:]]),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]

LARGEST = 131  # every shape of tree up to a power of two, and what begins after it
LEAVES = [leaf_hash(f"entry {number}".encode()) for number in range(LARGEST)]
STORED = grow(0, LEAVES, reader_of({})).nodes
OTHER = hashlib.sha256(b"another").digest()
read = reader_of(STORED)


@cache
def naive_root(start: int, end: int) -> bytes:
    """MTH as RFC 9162 §2.1.1 words it."""
    if end - start < 2:
        return LEAVES[start] if end > start else EMPTY_ROOT
    middle = start + split(end - start)
    return node_hash(naive_root(start, middle), naive_root(middle, end))


def split(width: int) -> int:
    power = 1
    while power * 2 < width:
        power *= 2
    return power


def naive_path(index: int, start: int, end: int) -> list[bytes]:
    """PATH as RFC 9162 §2.1.3.1 words it."""
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*naive_path(index, start, middle), naive_root(middle, end)]
    return [*naive_path(index, middle, end), naive_root(start, middle)]


def naive_subproof(old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF as RFC 9162 §2.1.4.1 words it."""
    if old == end:
        return [] if whole else [naive_root(start, end)]
    middle = start + split(end - start)
    if old <= middle:
        return [*naive_subproof(old, start, middle, whole=whole), naive_root(middle, end)]
    return [*naive_subproof(old, middle, end, whole=False), naive_root(start, middle)]


def standard_consistency(old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """The steps of RFC 9162 §2.1.4.2, one by one."""
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof:
        return False
    first, last = old - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = node_hash(hash_, before), node_hash(hash_, after)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            after = node_hash(after, hash_)
        first, last = first >> 1, last >> 1
    return (before, after, last) == (old_root, new_root, 0)


def standard_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], wanted: bytes) -> bool:
    """The steps of RFC 9162 §2.1.3.2, one by one."""
    first, last, total = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            total = node_hash(hash_, total)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            total = node_hash(total, hash_)
        first, last = first >> 1, last >> 1
    return last == 0 and total == wanted


def mutilated(proof: Sequence[bytes]) -> list[list[bytes]]:
    """A node changed by one bit in one byte, dropped, doubled, added, shortened, swapped with its neighbour."""
    one_bit = [[*proof[:at], flipped(hash_, at % 32), *proof[at + 1 :]] for at, hash_ in enumerate(proof)]
    dropped = [[*proof[:at], *proof[at + 1 :]] for at in range(len(proof))]
    added = [[*proof[:at], OTHER, *proof[at:]] for at in range(len(proof) + 1)]
    doubled = [[*proof[:at], proof[at], *proof[at:]] for at in range(len(proof))]
    short = [[*proof[:at], hash_[:-1], *proof[at + 1 :]] for at, hash_ in enumerate(proof)]
    swapped = [[*proof[:at], two, one, *proof[at + 2 :]] for at, (one, two) in enumerate(pairwise(proof))]
    return [*one_bit, *dropped, *added, *doubled, *short, *swapped]


def flipped(hash_: bytes, byte: int) -> bytes:
    changed = bytearray(hash_)
    changed[byte] ^= 1 << byte % 8
    return bytes(changed)


def code_of(caught: pytest.ExceptionInfo[BadProof]) -> str:
    return caught.value.code


def test_roots_are_those_of_the_reference_vectors() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    assert [root_of(leaves[:size]).hex() for size in range(9)] == ROOTS


def test_a_leaf_and_a_node_cannot_be_mistaken_for_one_another() -> None:
    assert leaf_hash(b"").hex() == ROOTS[1]
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_vectors(index: int, size: int, proof: list[str]) -> None:
    nodes = grow(0, [leaf_hash(entry) for entry in ENTRIES], reader_of({})).nodes
    assert [hash_.hex() for hash_ in inclusion_proof(index, size, reader_of(nodes))] == proof


@pytest.mark.parametrize(("old", "size", "proof"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_vectors(old: int, size: int, proof: list[str]) -> None:
    nodes = grow(0, [leaf_hash(entry) for entry in ENTRIES], reader_of({})).nodes
    assert [hash_.hex() for hash_ in consistency_proof(old, size, reader_of(nodes))] == proof


@pytest.mark.parametrize(
    ("index", "nodes"),
    [
        (0, ((0, 0),)),
        (1, ((0, 1), (1, 0))),
        (2, ((0, 2),)),
        (7, ((0, 7), (1, 3), (2, 1), (3, 0))),
        (11, ((0, 11), (1, 5), (2, 2))),
    ],
)
def test_a_leaf_completes_the_subtrees_that_end_with_it(index: int, nodes: tuple[tuple[int, int], ...]) -> None:
    assert completed_by(index) == nodes


def test_a_log_of_n_leaves_stores_fewer_than_two_nodes_a_leaf() -> None:
    for size in range(LARGEST + 1):
        stored = {node for index in range(size) for node in completed_by(index)}
        assert len(stored) == sum(len(completed_by(index)) for index in range(size)) == 2 * size - size.bit_count()


def test_the_covering_of_seven_leaves_is_four_two_one() -> None:
    assert nodes_in(0, 7) == ((2, 0), (1, 2), (0, 6))
    assert nodes_in(4, 7) == ((1, 2), (0, 6))
    assert nodes_in(5, 5) == ()


def test_every_root_is_the_naive_one_and_the_one_of_another_library() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for size in range(LARGEST + 1):
        assert root(size, read) == naive_root(0, size) == tree.get_root(), size
        tree.append_entry(f"entry {size}".encode())


def test_appending_one_by_one_or_all_at_once_is_the_same() -> None:
    nodes: dict[tuple[int, int], bytes] = {}
    for size, leaf in enumerate(LEAVES):
        grown = grow(size, [leaf], reader_of(nodes))
        nodes |= grown.nodes
        assert (grown.size, grown.root) == (size + 1, naive_root(0, size + 1))
        assert tuple(grown.nodes) == completed_by(size)
    assert nodes == STORED


@given(st.integers(0, LARGEST), st.integers(0, LARGEST))
def test_appending_reads_only_the_covering_of_what_was_there(one: int, two: int) -> None:
    old, size = sorted((one, two))
    held = reader_of({node: STORED[node] for node in nodes_in(0, old)})
    assert grow(old, LEAVES[old:size], held).root == root(size, read)


def test_appending_nothing_changes_nothing() -> None:
    assert grow(5, [], read) == Growth(5, root(5, read), {})


def test_every_inclusion_proof_of_sizes_up_to_131_is_the_standards_and_verifies() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, read)
            assert list(proof) == naive_path(index, 0, size)
            assert standard_inclusion(LEAVES[index], index, size, proof, naive_root(0, size))
            verify_inclusion(LEAVES[index], index, size, proof, naive_root(0, size))


def test_every_consistency_proof_of_sizes_up_to_131_is_the_standards_and_verifies() -> None:
    for size in range(1, LARGEST + 1):
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, read)
            assert list(proof) == naive_subproof(old, 0, size, whole=True)
            assert old == size or standard_consistency(old, size, naive_root(0, old), naive_root(0, size), proof)
            verify_consistency(old, naive_root(0, old), size, naive_root(0, size), proof)


def test_another_library_makes_the_same_inclusion_proofs_and_agrees_that_roots_carry_on() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for size in range(1, 41):
        tree.append_entry(f"entry {size - 1}".encode())
        for index in range(size):
            assert [LEAVES[index], *inclusion_proof(index, size, read)] == tree.prove_inclusion(index + 1, size).path
        for old in range(1, size):  # it splits consistency proofs in its own way: only what they say of our roots is comparable
            pymerkle.verify_consistency(root(old, read), root(size, read), tree.prove_consistency(old, size))
            with pytest.raises(pymerkle.InvalidProof):
                pymerkle.verify_consistency(root(old - 1, read), root(size, read), tree.prove_consistency(old, size))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, LARGEST), st.data())
def test_every_mutilated_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, wanted = inclusion_proof(index, size, read), root(size, read)
    for wrong in mutilated(proof):
        with pytest.raises(BadProof):
            verify_inclusion(LEAVES[index], index, size, wrong, wanted)
    for byte in range(32):
        with pytest.raises(BadProof):
            verify_inclusion(flipped(LEAVES[index], byte), index, size, proof, wanted)
        with pytest.raises(BadProof):
            verify_inclusion(LEAVES[index], index, size, proof, flipped(wanted, byte))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, LARGEST), st.data())
def test_every_mutilated_consistency_proof_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    proof, before, after = consistency_proof(old, size, read), root(old, read), root(size, read)
    for wrong in mutilated(proof):
        with pytest.raises(BadProof):
            verify_consistency(old, before, size, after, wrong)
    for byte in range(32):
        with pytest.raises(BadProof):
            verify_consistency(old, flipped(before, byte), size, after, proof)
        with pytest.raises(BadProof):
            verify_consistency(old, before, size, flipped(after, byte), proof)


@given(st.integers(2, LARGEST), st.data())
def test_a_proof_holds_for_no_other_leaf_index_and_no_other_old_size(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[index], other, size, inclusion_proof(index, size, read), root(size, read))
    with pytest.raises(BadProof):
        verify_consistency(other + 1, root(index + 1, read), size, root(size, read), consistency_proof(index + 1, size, read))


@given(st.integers(1, MAX_SIZE), st.data())
def test_ranges_split_the_tree_and_ask_for_few_nodes_at_any_size(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    ranges = sorted([(index, index + 1), *inclusion_ranges(index, size)])
    assert (ranges[0][0], ranges[-1][1]) == (0, size)
    assert all(one[1] == two[0] for one, two in pairwise(ranges))
    assert len(nodes_of(inclusion_ranges(index, size))) <= 2 * 62
    assert len(consistency_ranges(index + 1, size)) <= 63


@pytest.mark.parametrize(
    ("index", "size", "code"),
    [
        (0, 0, "proof_index"),
        (-1, 5, "proof_index"),
        (5, 5, "proof_index"),
        (2**64, 5, "proof_index"),
        (0, -1, "proof_size"),
        (0, MAX_SIZE + 1, "proof_size"),
    ],
)
def test_an_inclusion_outside_of_the_tree_is_refused(index: int, size: int, code: str) -> None:
    with pytest.raises(BadProof) as caught:
        verify_inclusion(LEAVES[0], index, size, (), LEAVES[0])
    assert code_of(caught) == code


@pytest.mark.parametrize(
    ("old", "old_root", "size", "new_root", "proof", "code"),
    [
        (0, EMPTY_ROOT, 0, EMPTY_ROOT, [], None),
        (0, EMPTY_ROOT, 1, LEAVES[0], [], None),
        (1, LEAVES[0], 1, LEAVES[0], [], None),
        (0, OTHER, 0, OTHER, [], "proof_root"),
        (0, OTHER, 1, LEAVES[0], [], "proof_root"),
        (1, LEAVES[0], 1, OTHER, [], "proof_root"),
        (0, EMPTY_ROOT, 0, EMPTY_ROOT, [OTHER], "proof_length"),
        (0, EMPTY_ROOT, 1, LEAVES[0], [OTHER], "proof_length"),
        (1, LEAVES[0], 1, LEAVES[0], [OTHER], "proof_length"),
        (1, LEAVES[0], 2, OTHER, [], "proof_length"),
        (1, b"short", 1, b"short", [], "proof_hash"),
        (2, LEAVES[0], 1, LEAVES[1], [], "proof_size"),
        (-1, LEAVES[0], 1, LEAVES[1], [], "proof_size"),
        (1, LEAVES[0], MAX_SIZE + 1, LEAVES[1], [], "proof_size"),
    ],
)
def test_equal_empty_and_shrunken_trees_prove_what_they_may(
    old: int, old_root: bytes, size: int, new_root: bytes, proof: list[bytes], code: str | None
) -> None:
    if code is None:
        verify_consistency(old, old_root, size, new_root, proof)
        return
    with pytest.raises(BadProof) as caught:
        verify_consistency(old, old_root, size, new_root, proof)
    assert code_of(caught) == code


def test_a_proof_of_one_leaf_in_a_tree_of_one_needs_the_same_hash_of_full_length() -> None:
    verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[0])
    for leaf, wanted, code in ((b"", LEAVES[0], "proof_hash"), (b"", b"", "proof_hash"), (LEAVES[1], LEAVES[0], "proof_root")):
        with pytest.raises(BadProof) as caught:
            verify_inclusion(leaf, 0, 1, [], wanted)
        assert code_of(caught) == code


@given(st.integers(4, LARGEST), st.data())
def test_a_proof_that_reaches_the_new_root_tells_the_true_old_root(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(3, size - 1).filter(lambda number: number & (number - 1)))
    assert consistency_roots(old, size, OTHER, consistency_proof(old, size, read)) == (root(old, read), root(size, read))


def test_a_node_that_was_not_fetched_is_missed_aloud() -> None:
    with pytest.raises(BadProof) as caught:
        root(3, reader_of({(1, 0): OTHER}))
    assert (code_of(caught), caught.value.params) == ("proof_node", {"level": 0, "index": 2})


def test_growing_from_a_leaf_hash_of_another_length_is_refused() -> None:
    with pytest.raises(BadProof) as caught:
        grow(0, [b"not a hash"], read)
    assert code_of(caught) == "proof_hash"


def test_a_root_over_hashes_alone_reads_no_store() -> None:
    assert root_of(iter(LEAVES)) == range_hash(0, LARGEST, read)
