import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.rules.errors import BadTile
from certification.rules.merkle import (
    MAX_SIZE,
    consistency_proof,
    consistency_ranges,
    grow,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    nodes_in,
    nodes_of,
    reader_of,
    root,
)
from certification.rules.tiles import (
    MAX_ENTRY_BYTES,
    Tile,
    decode_bundle,
    encode_bundle,
    parse_path,
    split_tile,
    tile_contents,
    tile_of,
    tile_reader,
    tiles_for,
    tiles_of,
)

SIZE = 70_000  # the example of the specification
ENTRIES = [b"%d" % number for number in range(SIZE)]
STORED = grow(0, map(leaf_hash, ENTRIES), reader_of({})).nodes
read = reader_of(STORED)


def fetch(tile: Tile) -> bytes:
    return tile_contents(tile, read)


def code_of(caught: pytest.ExceptionInfo[BadTile]) -> str:
    return caught.value.code


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999, 255), "tile/0/999.p/255"),
        (Tile(1, 1000), "tile/1/x001/000"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(None, 273, 112), "tile/entries/273.p/112"),
        (Tile(None, 1_234_067), "tile/entries/x001/x234/067"),
        (Tile(0, 2**54 - 1), "tile/0/x018/x014/x398/x509/x481/983"),
        (Tile(7, 0, 64), "tile/7/000.p/64"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/0/01",
        "tile/0/0001",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/x001",
        "tile/0/X001/002",
        "tile/00/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/a/000",
        "tile/data/000",
        "tile/8/0/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/٠٠٠",
        "tile/0/000.p/²",
        "tile/../0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "TILE/0/000",
        "tile/entries/000.P/1",
        "tile/entries/0",
    ],
)
def test_another_spelling_is_no_path(path: str) -> None:
    with pytest.raises(BadTile) as caught:
        parse_path(path)
    assert code_of(caught) == "tile_path"


@pytest.mark.parametrize(
    "path",
    [
        "tile/8/000",
        "tile/63/000",
        "tile/0/000.p/0",
        "tile/0/000.p/257",
        "tile/0/000.p/999",
        "tile/7/000.p/65",
        "tile/7/000",
        "tile/0/x018/x014/x398/x509/x481/984",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_a_path_beyond_any_log_is_refused(path: str) -> None:
    with pytest.raises(BadTile) as caught:
        parse_path(path)
    assert code_of(caught) == "tile_range"


@given(st.none() | st.integers(0, 7), st.integers(0, 2**54), st.integers(1, 256))
def test_every_tile_comes_back_from_its_path(level: int | None, index: int, width: int) -> None:
    index >>= 8 * (level or 0)
    if index * 256 + width <= MAX_SIZE >> 8 * (level or 0):
        assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)


@given(st.text(alphabet="tile/entries0123456789x.p", max_size=40))
def test_whatever_parses_is_spelled_so(path: str) -> None:
    try:
        tile = parse_path(path)
    except BadTile:
        return
    assert tile.path == path


def test_the_log_of_the_specification_has_just_these_tiles() -> None:
    counted: dict[tuple[int | None, int], int] = {}
    for tile in tiles_of(70_000):
        counted[tile.level, tile.width] = counted.get((tile.level, tile.width), 0) + 1
    assert counted == {
        (None, 256): 273,
        (None, 112): 1,
        (0, 256): 273,
        (0, 112): 1,
        (1, 256): 1,
        (1, 17): 1,
        (2, 1): 1,
    }


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/entries/000.p/1", "tile/0/000.p/1"]),
        (255, ["tile/entries/000.p/255", "tile/0/000.p/255"]),
        (256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]),
        (257, ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
    ],
)
def test_small_logs_have_these_tiles(size: int, paths: list[str]) -> None:
    assert [tile.path for tile in tiles_of(size)] == paths


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_what_is_new_since_a_size_is_what_was_not_there(one: int, two: int) -> None:
    since, size = sorted((one, two))
    assert set(tiles_of(size, since=since)) == set(tiles_of(size)) - set(tiles_of(since))


@pytest.mark.parametrize(
    ("path", "size", "there"),
    [
        ("tile/0/000", 256, True),
        ("tile/0/000", 255, False),
        ("tile/0/000.p/255", 255, True),
        ("tile/0/000.p/3", 70_000, True),
        ("tile/0/273.p/112", 70_000, True),
        ("tile/0/273.p/113", 70_000, False),
        ("tile/1/001.p/17", 70_000, True),
        ("tile/1/001.p/18", 70_000, False),
        ("tile/2/000.p/1", 65_536, True),
        ("tile/2/000.p/1", 65_535, False),
        ("tile/entries/000.p/1", 0, False),
    ],
)
def test_a_tile_exists_once_all_of_it_does(path: str, size: int, *, there: bool) -> None:
    assert parse_path(path).exists_in(size) is there


def test_a_tile_holds_the_hashes_that_the_specification_words() -> None:
    assert fetch(Tile(0, 273, 112)) == b"".join(leaf_hash(entry) for entry in ENTRIES[69_888:70_000])
    second = fetch(Tile(1, 1, 17))
    assert second[:32] == grow(0, map(leaf_hash, ENTRIES[65_536:65_792]), reader_of({})).root
    assert fetch(Tile(2, 0, 1)) == grow(0, map(leaf_hash, ENTRIES[:65_536]), reader_of({})).root


def test_a_full_tile_has_8192_bytes() -> None:
    assert len(fetch(Tile(1, 0))) == 8192


@settings(max_examples=60, deadline=None)
@given(st.integers(1, SIZE), st.data())
def test_roots_and_proofs_read_from_tiles_are_those_of_the_stored_nodes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    from_tiles = tile_reader(size, fetch)
    assert root(size, from_tiles) == root(size, read)
    assert inclusion_proof(index, size, from_tiles) == inclusion_proof(index, size, read)
    assert consistency_proof(index + 1, size, from_tiles) == consistency_proof(index + 1, size, read)


@settings(deadline=None)
@given(st.integers(1, SIZE), st.data())
def test_only_the_tiles_named_beforehand_are_fetched_and_each_once(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    asked: list[Tile] = []

    def counted(tile: Tile) -> bytes:
        asked.append(tile)
        return fetch(tile)

    reader = tile_reader(size, counted)
    inclusion_proof(index, size, reader)
    consistency_proof(index + 1, size, reader)
    wanted = tiles_for(nodes_of([*inclusion_ranges(index, size), *consistency_ranges(index + 1, size)]), size)
    assert len(asked) == len(set(asked))
    assert set(asked) == wanted
    assert wanted <= set(tiles_of(size))


@pytest.mark.parametrize("node", [(0, 5), (1, 2), (3, 0), (8, 0), (-1, 0), (0, -1)])
def test_a_node_that_a_log_of_five_does_not_have_is_in_no_tile(node: tuple[int, int]) -> None:
    with pytest.raises(BadTile) as caught:
        tile_of(node, 5)
    assert code_of(caught) == "tile_range"


@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_a_fetched_tile_of_another_length_is_refused(change: int) -> None:
    contents = fetch(Tile(0, 0, 5))
    wrong = contents[:change] if change < 0 else contents + bytes(change)
    with pytest.raises(BadTile) as caught:
        root(5, tile_reader(5, lambda _: wrong))
    assert code_of(caught) == "tile_length"


def test_a_changed_hash_in_a_tile_changes_the_root() -> None:
    contents = bytearray(fetch(Tile(0, 0, 5)))
    contents[70] ^= 1
    assert root(5, tile_reader(5, lambda _: bytes(contents))) != root(5, read)


def test_an_entry_bundle_is_no_hash_tile() -> None:
    for wrong in (lambda: fetch(Tile(None, 0, 1)), lambda: split_tile(Tile(None, 0, 1), bytes(32))):
        with pytest.raises(BadTile) as caught:
            wrong()
        assert code_of(caught) == "tile_kind"


def test_a_bundle_puts_a_big_endian_length_before_each_entry() -> None:
    assert encode_bundle([b"", b"a", bytes(300)]) == b"\x00\x00\x00\x01a\x01\x2c" + bytes(300)
    assert decode_bundle(b"\x00\x00\x00\x01a\x01\x2c" + bytes(300), 3) == (b"", b"a", bytes(300))


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=256))
def test_every_bundle_comes_back_as_it_was(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)


def test_the_longest_entry_fits_and_one_byte_more_does_not() -> None:
    assert len(encode_bundle([bytes(MAX_ENTRY_BYTES)])) == 65_537
    for entries in ([bytes(MAX_ENTRY_BYTES + 1)], [], [b"x"] * 257):
        with pytest.raises(BadTile) as caught:
            encode_bundle(entries)
        assert code_of(caught) == "bundle_form"


@pytest.mark.parametrize(
    ("contents", "width"),
    [
        (b"", 1),
        (b"\x00", 1),
        (b"\x00\x02a", 1),
        (b"\x00\x01a", 2),
        (b"\x00\x01a\x00\x01b", 1),
        (b"\x00\x01a\x00", 1),
        (b"\x00\x01a\x00", 2),
        (b"\x00\x01ab", 1),
        (b"\x01\x00a", 1),
    ],
)
def test_a_bundle_of_another_number_of_entries_or_bytes_is_refused(contents: bytes, width: int) -> None:
    with pytest.raises(BadTile) as caught:
        decode_bundle(contents, width)
    assert code_of(caught) == "bundle_form"


def test_the_covering_of_a_log_lies_in_its_tiles() -> None:
    assert {tile.path for tile in tiles_for(nodes_in(0, SIZE), SIZE)} == {"tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}
