import hashlib
import re
from xml.etree import ElementTree as ET

import pytest

from certification.rules.code import ALPHABET
from certification.rules.errors import BadCode
from certification.rules.weave import Shape, weave
from certification.rules.weave_families import ACCENT, FAMILIES, ROWS, Picks, unit_of
from certification.rules.weave_outline import outline, runs

# SHA-256, shortened, of band + seal + band in one ink, from the drawings that the printed samples were made with
GOLDEN = [
    ("2ZFM-27JT-CY-C", "f478c5791274afc8"),
    ("3EQH-B6GD-1G-H", "c686d2c797aadc33"),
    ("5XRD-KREZ-S6-4", "f1abd98df789c5fe"),
    ("6WDV-D733-3A-9", "b696a4325966be5b"),
    ("7QK4-M2XD-9F-C", "f531802686b4da0a"),
    ("7QVT-W4CK-YV-7", "d03b98eed70936f9"),
    ("7ZG8-2Q50-KP-4", "44b1fab383b32298"),
    ("9M3M-7S2Z-R5-V", "b13b07bb61d9ed0f"),
    ("AQAB-9MZN-G0-A", "92fe64de1dac9adc"),
    ("BJX1-2P5J-M1-M", "231701bdb01bc5cb"),
    ("CAKJ-Q5NR-FB-F", "c3353d8ff521d3b3"),
    ("DANJ-YMTD-HN-S", "4221408096a8728f"),
    ("FK6S-Y954-1S-J", "c6e734ae78f7c1bf"),
    ("FWTZ-2ETW-FV-D", "34c5fba0d4d25e06"),
    ("JM9T-4JCW-J8-G", "1795cbc75c225822"),
    ("RAN0-Q2XA-QQ-J", "aaed74f9d3f7ea56"),
    ("RE3C-ANYW-15-2", "5769e2b95e683fb8"),
    ("VMCM-63EH-F7-N", "448d671b293622fb"),
    ("VWAE-KG25-2X-H", "e58d78b080978434"),
    ("YH5K-0JKC-TV-J", "522906c32474fd10"),
    ("YN9C-4TCW-HB-P", "5687700c5c4edcd7"),
    ("YSRD-0DA0-G7-S", "9c50cfba6f2a2476"),
    ("Z4HC-2S8H-3A-X", "410af1b5eddd7166"),
    ("ZC22-GGFD-ET-G", "539924145b052a12"),
]
MANY = "8fdc2e5c5a175848422f5d503a2c7612449f886c461346ebf9d0ca4a1d858d1a"


def some_code(number: int) -> str:
    return "".join(ALPHABET[byte % 32] for byte in hashlib.sha256(f"weave {number}".encode()).digest()[:11])


@pytest.mark.parametrize(("code", "digest"), GOLDEN)
def test_a_printed_code_keeps_its_weave_for_ever(code: str, digest: str) -> None:
    drawn = weave(code) + weave(code, "seal") + weave(code, mono=True)
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == digest


def test_four_hundred_codes_in_every_form_keep_theirs() -> None:
    total = hashlib.sha256()
    for n in range(400):
        shape: Shape = "seal" if n % 2 else "band"
        total.update(weave(some_code(n), shape, mono=n % 3 == 0, figures=3 + n % 5, title=n % 7 != 0, uid="x" * (n % 2)).encode())
    assert total.hexdigest() == MANY


def test_every_spelling_of_a_code_has_one_weave() -> None:
    assert weave("o1l2-m2xd-9f-c", title=False) == weave("0112M2XD9FC", title=False)


def test_codes_draw_differently_and_stay_small() -> None:
    drawn = {weave(some_code(n), title=False) for n in range(300)}
    assert len(drawn) == 300
    assert max(map(len, drawn)) <= 1772


def test_drawings_are_well_formed_and_ids_do_not_clash() -> None:
    for n in range(60):
        one, two = (weave(some_code(n), uid=uid) for uid in ("a", "b"))
        ET.fromstring(one)  # noqa: S314  our own drawing
        ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, two)]
        assert not ids[0] & ids[1]
        assert set(re.findall(r'href="#([^"]+)"', one)) <= ids[0]


def test_a_drawing_holds_no_style_script_or_foreign_address() -> None:
    svg = weave("7QK4-M2XD-9F-C")
    assert not re.search(r"style=|<script|\bon\w+=|url\(", svg)
    assert re.findall(r"https?://\S+?\"", svg) == ['http://www.w3.org/2000/svg"']


@pytest.mark.parametrize("code", ["", "---", "7QK4-M2XD-9F-U", '"><script>', "ñ"])
def test_what_no_code_can_be_is_refused(code: str) -> None:
    with pytest.raises(BadCode):
        weave(code)


@pytest.mark.parametrize(("figures", "uid"), [(0, ""), (7, '"'), (7, "a b")])
def test_an_impossible_order_is_refused(figures: int, uid: str) -> None:
    with pytest.raises(ValueError, match="figures"):
        weave("7QK4M2XD9FC", figures=figures, uid=uid)


@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_a_family_fills_the_field_in_every_variant(family: int) -> None:
    for n in range(40):
        unit = unit_of(FAMILIES[family], Picks(some_code(n)))
        assert len(unit) == ROWS
        assert len({len(row) for row in unit}) == 1
        assert {cell for row in unit for cell in row} <= {0, 1, 2, 3, ACCENT}
        assert any(row[-1] for row in unit)


@pytest.mark.parametrize(
    ("grid", "path"),
    [
        ([[0]], ""),
        ([[1]], "m0 0h1v1h-1z"),
        ([[1, 1], [1, 1]], "m0 0h2v2h-2z"),
        ([[0, 1], [1, 0]], "m1 0h1v1h-1v1h-1v-1h1z"),
        ([[1, 1, 1], [1, 0, 1], [1, 1, 1]], "m0 0h3v3h-3zm1 1v1h1v-1z"),
    ],
    ids=["nothing", "a thread", "a square", "two threads that touch", "a ring"],
)
def test_outline(grid: list[list[int]], path: str) -> None:
    assert outline(grid, 1) == path


def test_runs_of_a_row() -> None:
    assert list(runs([4, 4, 0, 4], 4)) == [(0, 2), (3, 1)]
