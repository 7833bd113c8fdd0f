"""Chillies, dried and fresh, and what is made of them."""

import random

from marketplace.demonstration.illustrations.common import Scene
from marketplace.demonstration.illustrations.heaps import heap, jar, mound, pieces

_DRY = ["#7A1A1C", "#9B2420", "#5E1216", "#8A2A18"]
_LONG = "M-70-4C-66-24-44-30-20-26C14-20 50-12 84 14C54 16 18 24-18 24C-46 22-66 16-70-4z"


def _long(c: str, *, wrinkled: bool) -> str:
    lines = (
        '<path d="M-58-8C-30-16 10-4 60 10M-56 6C-28 2 6 8 44 12M-40-18C-16-18 8-12 26-6" fill="none" stroke="#1F0506" stroke-opacity=".45" stroke-width="3"/>'
        if wrinkled
        else ""
    )
    return (
        f'<path d="{_LONG}" transform="translate(5 9)" fill="#2B1D12" opacity=".25"/><path d="{_LONG}" fill="{c}"/><path d="M-60 10C-30 22 20 22 84 14C54 16 18 24-18 24C-38 23-54 20-60 10z" fill="#000" opacity=".25"/>{lines}'
        '<path d="M-50-16C-26-24 4-18 34-6" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="5" stroke-linecap="round"/><path d="M-74-12q-8 10 0 18l10-4v-10z" fill="#6F7A3A"/><path d="M-74-3q-16-2-26-14" fill="none" stroke="#6F7A3A" stroke-width="7" stroke-linecap="round"/>'
    )


def _small(c: str) -> str:
    return f'<path d="M-16-3C-14-10-4-11 6-7Q18-2 24 6Q8 9-6 8Q-15 6-16-3z" fill="{c}"/><path d="M-10-5q10-3 20 3" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="2.4"/><path d="M-16-2l-9-6" stroke="#8A7A3A" stroke-width="3" stroke-linecap="round"/>'


def _lantern(c: str) -> str:
    d = "M-30-14C-40 6-26 22-16 32Q-4 52 2 50Q8 50 16 34C28 20 40 4 30-14Q14-28 0-22Q-14-28-30-14z"
    return (
        f'<path d="{d}" transform="translate(6 6)" fill="#2B1D12" opacity=".22"/><path d="{d}" fill="{c}"/><path d="M12-24q18 24-6 72q14-10 10-14C28 20 40 4 30-14Q24-22 12-24z" fill="#000" opacity=".16"/><path d="M-22-8q-6 14 6 28" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="5" stroke-linecap="round"/>'
        '<path d="M-14-24q14 10 28 0l-4-8h-20z" fill="#4F7A3C"/><path d="M0-30q2-14 12-18" fill="none" stroke="#4F7A3C" stroke-width="6" stroke-linecap="round"/>'
    )


def dried(r: random.Random) -> str:
    """Long dried chillies with their stalks, fanned on the table."""
    s = Scene(r)
    s.shadow(204, 412, 124, 34)
    rows = [(168 + 70 * (i % 2) + r.randrange(-14, 15), 322 + i * 14, r.randrange(-34, 35)) for i in range(r.choice([8, 9]))]
    pieces(s, [_long(c, wrinkled=True) for c in r.sample(_DRY, 3)], rows)
    return s.svg("Chiles secos")


def small_heap(r: random.Random) -> str:
    """A heap of small dried chillies."""
    s = Scene(r)
    mound(s, 200, 412, 124, 118, "#5E1A14")
    shapes = [_small(c) for c in ("#A83222", "#8F2418", "#C24A2C", "#74180F")]
    pieces(
        s,
        shapes,
        heap(r, 200, 412, 120, 122, 11, 85) + [(r.randrange(70, 334), r.randrange(436, 462), r.randrange(180)) for _ in range(5)],
    )
    return s.svg("Chiles secos pequeños")


def green_with_jar(r: random.Random) -> str:
    """Green chillies and a jar of sauce."""
    s = Scene(r)
    jar(
        s,
        246,
        62,
        r.randrange(238, 252),
        r.choice(["#6F8F3A", "#7F9A46", "#5C7F38"]),
        r.choice(["#B98F60", "#C9A477", "#8A5A36"]),
    )
    spots = [(158, 376, -16), (170, 408, 8), (152 + r.randrange(10), 436, -6), (250, 444, 12)]
    pieces(s, [_long(c, wrinkled=False) for c in ("#4F7A34", "#5F8C3C", "#3F6A30")], spots)
    return s.svg("Salsa de chile verde")


def habaneros_with_jar(r: random.Random) -> str:
    """Habaneros and a jar of dark sauce."""
    s = Scene(r)
    jar(
        s,
        252,
        58,
        r.randrange(246, 260),
        r.choice(["#3A1F16", "#4A2418", "#2F1A14"]),
        r.choice(["#C9A23A", "#8C9297", "#B98F60"]),
    )
    colours = r.choice([("#E8862E", "#DE7420", "#F09A3A"), ("#E8862E", "#C9402A", "#EFA83A"), ("#8FA83A", "#E8A32E", "#E8862E")])
    pieces(
        s,
        [_lantern(c) for c in colours],
        [(104, 372, -20), (164, 366, 12), (134, 410, -8), (196, 414, 30), (88 + r.randrange(8), 422, 40)],
    )
    return s.svg("Salsa de chile habanero")


def black_with_bag(r: random.Random) -> str:
    """Nearly black chillies before a paper bag."""
    s = Scene(r)
    kraft = r.choice(["#C9A477", "#B98F60", "#D6B88C"])
    s.shadow(226, 406, 88, 22)
    d = "M146 206l12-10l14 9l13-10l14 10l13-9l14 9l13-10l14 9l13-9l14 10l12-9l12 10L304 400q0 6-6 6H152q-6 0-6-6z"
    crease = '<path d="M170 214q-8 90 4 186M282 214q8 90-4 186" fill="none" stroke="#000" stroke-opacity=".14" stroke-width="3"/><path d="M178 262h96v62h-96z" fill="#F4ECDD"/><path d="M196 282h60M204 298h44" stroke="#2B2623" stroke-width="5"/><path d="M178 312h96" stroke="#9B1B30" stroke-width="8" stroke-dasharray="8 6"/>'
    s.clip(d, crease, kraft)
    pieces(
        s,
        [_long(c, wrinkled=True) for c in ("#2A1414", "#3A1A18", "#1F0F10")],
        [(156, 388, 14), (172, 414, -10), (150 + r.randrange(12), 440, 6), (248, 430, -16), (258, 450, 8)],
    )
    return s.svg("Chiles negros secos")
