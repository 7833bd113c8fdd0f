"""Pottery: the pot and the jug."""

# ruff: noqa: ARG001 - all bands share one signature

import math
import random
from collections.abc import Callable

from marketplace.demonstration.illustrations.common import Profile, Scene, arc, chance, lathe, leaf, n, on_arc

_CLAYS = [
    ("#3A3736", "#5A5756", "#262423", 0.5),
    ("#B5532F", "#F0DFC4", "#7E361C", 0.22),
    ("#C98F62", "#8A4A2A", "#FAF1E0", 0.18),
    ("#E3D0AE", "#7E361C", "#1F3A5F", 0.2),
    ("#3A3736", "#6A6664", "#1F1D1C", 0.55),
    ("#6F7F62", "#F0E6D0", "#3B4935", 0.3),
]
_HANDLED = 0.45
_MOST_PAINT = 4000  # bytes of painted bands; beyond, the grain of the clay is left out, so that a drawing stays within 8 KB

# Each paints one band from y on and says how much height it took.
_Band = Callable[[random.Random, Profile, float, str, str], tuple[str, float]]


def _ring(r: random.Random, prof: Profile, y: float, a: str, b: str) -> tuple[str, float]:
    return f'<path d="{arc(prof, y)}" fill="none" stroke="{a}" stroke-width="{r.choice([2, 4, 8])}"/>', 13


def _zigzag(r: random.Random, prof: Profile, y: float, a: str, b: str) -> tuple[str, float]:
    pts = [on_arc(prof, y + (9 if i % 2 else -5), -1 + i / 12) for i in range(25)]
    line = "".join(f"L{n(px)} {n(py)}" for px, py in pts[1:])
    return f'<path d="M{n(pts[0][0])} {n(pts[0][1])}{line}" fill="none" stroke="{a}" stroke-width="3"/>', 22


def _dots(r: random.Random, prof: Profile, y: float, a: str, b: str) -> tuple[str, float]:
    out = ""
    for i in range(19):
        x, low = on_arc(prof, y, -1 + i / 9)
        out += f'<circle cx="{n(x)}" cy="{n(low)}" r="{n(3.4 * math.cos((i / 9 - 1) * 1.2) + 0.6)}" fill="{b}"/>'
    return out, 15


def _leaves(r: random.Random, prof: Profile, y: float, a: str, b: str) -> tuple[str, float]:
    out = ""
    for i in range(11):
        t = -1 + i / 5
        px, py = on_arc(prof, y + 10, t)
        out += leaf(px, py + 10, -90 + t * 24, 24, a)
    return out, 34


def _plain(r: random.Random, prof: Profile, y: float, a: str, b: str) -> tuple[str, float]:
    return "", 24


_BANDS: tuple[_Band, ...] = (_ring, _zigzag, _dots, _leaves, _plain)


def _bands(r: random.Random, prof: Profile, y0: float, y1: float, a: str, b: str) -> str:
    out, y = "", y0
    while y < y1 and len(out) < _MOST_PAINT:
        band, height = _BANDS[r.randrange(5)](r, prof, y, a, b)
        out, y = out + band, y + height
    return out


def _handle(clay: str, d: str) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{clay}" stroke-width="17" stroke-linecap="round"/><path d="{d}" fill="none" stroke="#000" stroke-opacity=".2" stroke-width="17"/>'
        f'<path d="{d}" fill="none" stroke="#fff" stroke-opacity=".16" stroke-width="4" transform="translate(-3-4)"/>'
    )


def _ears(clay: str, neck: float, top: float) -> list[str]:
    out = []
    for sx in (-1, 1):
        ear = f'<path d="M{n(200 + sx * (neck + 4))} {n(top + 26)}q{sx * 44} -4 {sx * 34} 42" fill="none" stroke="{clay}" stroke-width="13" stroke-linecap="round"/>'
        if sx > 0:
            ear += f'<path d="M{n(204 + neck)} {n(top + 26)}q44 -4 34 42" fill="none" stroke="#000" stroke-opacity=".28" stroke-width="13"/>'
        out.append(ear)
    return out


def _mouth(clay: str, neck: float, top: float) -> str:
    return (
        f'<ellipse cx="200" cy="{top}" rx="{neck + 10}" ry="{n((neck + 10) * 0.24)}" fill="{clay}"/><ellipse cx="200" cy="{top}" rx="{neck + 10}" ry="{n((neck + 10) * 0.24)}" fill="#fff" opacity=".14"/>'
        f'<ellipse cx="200" cy="{top + 1.5}" rx="{neck + 4}" ry="{n((neck + 4) * 0.19)}" fill="#1A120C" opacity=".82"/>'
    )


def _turned(r: random.Random, *, jug: bool) -> Scene:
    s = Scene(r)
    clay, a, b, sheen = r.choice(_CLAYS)
    neck, belly, foot = r.randrange(38, 62), r.randrange(96, 122), r.randrange(48, 70)
    top = r.randrange(150, 190)
    if jug:
        neck, belly, foot, top = r.randrange(46, 58), r.randrange(78, 92), r.randrange(50, 62), r.randrange(150, 176)
    base = 404
    hh = base - top
    prof = [
        (top, neck + 10),
        (top + 8, neck + 6),
        (top + hh * 0.16, neck),
        (top + hh * 0.32, neck + (belly - neck) * 0.62),
        (top + hh * 0.56, belly),
        (top + hh * 0.82, belly * 0.8),
        (base, foot),
    ]
    s.shadow(206, base + 8, belly * 0.95)
    if jug:
        hx = 200 + belly - 8
        s.add(
            _handle(
                clay,
                f"M{200 + neck - 2} {n(top + hh * 0.14)}C{hx + 62} {n(top + hh * 0.08)} {hx + 58} {n(top + hh * 0.72)} {hx - 8} {n(top + hh * 0.7)}",
            )
        )
    elif chance(r, _HANDLED):
        s.body += _ears(clay, neck, top)
    deco = _bands(r, prof, top + hh * 0.34, top + hh * (0.6 + 0.2 * r.random()), a, b)
    glow = f'<path d="M{n(200 - belly * 0.62)} {n(top + hh * 0.44)}q{n(-belly * 0.16)} {n(hh * 0.12)} {n(belly * 0.02)} {n(hh * 0.3)}" fill="none" stroke="#fff" stroke-opacity="{sheen}" stroke-width="{n(belly * 0.11)}" stroke-linecap="round"/>'
    spk = "".join(f"M{r.randrange(80, 320)} {r.randrange(top, base)}h1.6" for _ in range(50))
    if len(deco) > _MOST_PAINT:
        spk = ""
    s.clip(lathe(prof), deco + glow + f'<path d="{spk}" stroke="#000" stroke-opacity=".22" stroke-width="1.6"/>', clay)
    s.add(_mouth(clay, neck, top))
    return s


def olla(r: random.Random) -> str:
    """A round pot."""
    return _turned(r, jug=False).svg("Olla")


def jarro(r: random.Random) -> str:
    """A jug with one handle."""
    return _turned(r, jug=True).svg("Jarro")
