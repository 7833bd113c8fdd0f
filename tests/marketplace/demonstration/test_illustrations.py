import hashlib
import io
import random
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
import resvg_py
from PIL import Image

from marketplace.catalogue.taxonomy import categories
from marketplace.demonstration.illustrations import EVIDENCE_KINDS, KINDS, evidence, illustrate, kind_for, place, portrait
from marketplace.demonstration.illustrations.heaps import heap

LARGEST_BYTES = 8192

# SHA-256, first 16 hexadecimal digits, of the drawings of seeds 0 to 5 one after another.
GOLDEN = [
    ("rebozo", "f90009b56df182cc"),
    ("huipil", "10bae81bbf5befc2"),
    ("olla", "e024b96f07d8e1fd"),
    ("jarro", "e365484d28b4f5e6"),
    ("cuchara", "bd9b84c7022e4ed9"),
    ("batea", "951f256e9583c351"),
    ("cesta", "1b750caabb1432bb"),
    ("cobre", "33cec28bd80b8d51"),
    ("aretes", "74ce09c39b5c6bbf"),
    ("laca", "f93c7c3b34bdbca5"),
    ("cafe", "99f1e36c4941a979"),
    ("miel", "5035a0920e857105"),
    ("papel", "f82c0d6f0cb9edad"),
    ("amate", "748f9244f62f27de"),
    ("cacao", "d73c4290bc91e327"),
    ("chile", "72602d7d4180c1b8"),
    ("piedra", "dbddeeb212cba836"),
    ("juguete", "3eddb448d679ecd2"),
    ("vidrio", "5f991c9ca722cc17"),
    ("cuero", "a8e3330ed90c779a"),
    ("jabon", "3c277de1b166b709"),
    ("vela", "b16ee5420e291301"),
    ("hierba", "525e80a85ce03930"),
]
EVERYTHING = [(kind, illustrate) for kind in KINDS] + [(kind, evidence) for kind in EVIDENCE_KINDS]


def elements(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter())  # noqa: S314 - our own drawing


@pytest.mark.parametrize(("kind", "digest"), GOLDEN)
def test_a_kind_and_seed_give_the_same_drawing_for_ever(kind: str, digest: str) -> None:
    drawn = "".join(illustrate(kind, seed) for seed in range(6))
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == digest


def test_every_kind_has_its_golden_digest() -> None:
    assert [kind for kind, _ in GOLDEN] == list(KINDS)


def test_places_and_portraits_stay_the_same_too() -> None:
    digests = [hashlib.sha256("".join(draw(seed) for seed in range(4)).encode()).hexdigest()[:16] for draw in (place, portrait)]
    assert digests == ["6462f07c956f6322", "ef3d2805f2dcd9f9"]


@pytest.mark.parametrize(("kind", "draw"), EVERYTHING)
def test_a_drawing_is_small_well_formed_and_self_contained(kind: str, draw: Callable[[str, int], str]) -> None:
    for seed in range(24):
        svg = draw(kind, seed)
        assert len(svg.encode()) <= LARGEST_BYTES
        found = elements(svg)
        ids = [e.get("id") for e in found if e.get("id")]
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#(\w+)"', svg)) | set(re.findall(r"url\(#(\w+)\)", svg)) <= set(ids)
        assert not {e.tag.split("}")[1] for e in found} & {"script", "image", "text", "foreignObject", "style"}
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("draw", [place, portrait])
def test_places_and_portraits_are_small_and_well_formed(draw: Callable[[int], str]) -> None:
    for seed in range(24):
        assert len(draw(seed).encode()) <= LARGEST_BYTES
        assert elements(draw(seed))


@pytest.mark.parametrize(
    ("svg", "shape"),
    [
        (illustrate("juguete", 1), 312 / 390),
        (illustrate("cuero", 1), 356 / 445),
        (place(1), 800 / 450),
        (portrait(1), 1),
        (evidence("vat", 1), 4 / 3),
    ],
)
def test_a_drawing_has_its_shape_and_more_than_one_colour(svg: str, shape: float) -> None:
    image = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=160))))
    assert image.width / image.height == pytest.approx(shape, rel=0.02)
    colours = image.convert("RGB").getcolors(1 << 20)
    assert colours is not None
    assert len(colours) > 100
    assert max(count for count, _ in colours) < image.width * image.height / 2


def test_seeds_of_one_kind_look_different() -> None:
    for kind in KINDS:
        assert len({illustrate(kind, seed) for seed in range(40)}) == 40


def test_every_second_seed_takes_the_next_thing_of_its_kind() -> None:
    titles = [re.findall("<title>(.*?)</title>", illustrate("juguete", seed))[0] for seed in range(1, 10)]
    assert titles[0::2] == [
        "Trompo de madera",
        "Balero de madera",
        "Camión de redilas de madera",
        "Perinola de madera",
        "Trompo de madera",
    ]
    assert titles[1::2] == ["Trompo de madera", "Balero de madera", "Camión de redilas de madera", "Perinola de madera"]


def test_at_least_twelve_categories_are_drawn_and_all_drawn_ones_exist() -> None:
    drawn = {c.id: kind_for(c.id) for c in categories() if kind_for(c.id)}
    assert len(drawn) >= 12
    assert {kind_for(c, seed) for c in drawn for seed in range(2)} == set(KINDS)
    assert (kind_for("textiles", 0), kind_for("textiles", 1)) == ("rebozo", "huipil")
    assert kind_for("pirotecnia") is None
    assert kind_for("nada") is None


def test_what_is_not_drawn_is_refused() -> None:
    with pytest.raises(KeyError):
        illustrate("máscara")
    with pytest.raises(KeyError):
        evidence("rebozo")


def test_a_heap_is_widest_at_its_foot() -> None:
    spots = heap(random.Random(1), 200, 400, 100, 100, 8)
    low = [x for x, y, _ in spots if y > 380]
    high = [x for x, y, _ in spots if y < 330]
    assert max(low) - min(low) > 2 * (max(high) - min(high))
