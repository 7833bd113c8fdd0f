"""In place of a face: what a person works with. The people of the demonstration are fictional, and so have no photograph."""

import random

from marketplace.demonstration.illustrations.common import COTTON, DYES, SETS, Scene, chance, n

_STRAW = ["#DDC08A", "#E8D3A4", "#CFAE74"]
_CLOTHS = [row for row in SETS if row[0] != COTTON]


def _square(r: random.Random, table: float) -> Scene:
    s = Scene(r, table)
    s.view = "40 80 320 320"
    return s


def _hat(r: random.Random, x: float, y: float) -> str:
    straw, band = r.choice(_STRAW), r.choice(DYES)
    brim = f"M{x - 86} {y + 44}Q{x - 60} {y + 14} {x - 44} {y + 20}Q{x - 40} {y - 40} {x} {y - 40}Q{x + 40} {y - 40} {x + 44} {y + 20}Q{x + 60} {y + 14} {x + 86} {y + 44}Q{x} {y + 84} {x - 86} {y + 44}z"
    rings = "".join(
        f"M{x - 80 + i * 4} {y + 46 - i * 5}Q{x} {y + 78 - i * 11} {x + 80 - i * 4} {y + 46 - i * 5}" for i in range(4)
    )
    return (
        f'<path d="{brim}" transform="translate(8 12)" fill="#2B1D12" opacity=".2"/><path d="{brim}" fill="{straw}"/><path d="{rings}" fill="none" stroke="#6B4A1E" stroke-opacity=".35" stroke-width="2"/>'
        f'<path d="M{x - 45} {y + 22}Q{x} {y + 42} {x + 45} {y + 22}L{x + 43} {y + 2}Q{x} {y + 20} {x - 43} {y + 2}z" fill="{band}"/><path d="M{x - 30} {y - 22}q10-12 26-12" fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="5" stroke-linecap="round"/><path d="M{x + 8} {y - 40}Q{x + 40} {y - 38} {x + 44} {y + 20}Q{x + 60} {y + 14} {x + 86} {y + 44}Q{x + 50} {y + 66} {x + 20} {y + 68}Q{x + 34} {y} {x + 8} {y - 40}z" fill="#000" opacity=".12"/>'
    )


def _apron(r: random.Random, x: float, y: float) -> str:
    main, a, b, dark = r.choice(_CLOTHS)
    d = f"M{x - 30} {y + 24}Q{x} {y + 34} {x + 30} {y + 24}L{x + 36} {y + 84}Q{x + 58} {y + 96} {x + 62} {y + 250}H{x - 62}Q{x - 58} {y + 96} {x - 36} {y + 84}z"
    return (
        f'<path d="M{x - 30} {y + 26}Q{x - 10} {y - 6} {x} {y}Q{x + 10} {y - 6} {x + 30} {y + 26}" fill="none" stroke="{dark}" stroke-width="5"/><path d="{d}" transform="translate(10 10)" fill="#2B1D12" opacity=".17"/><path d="{d}" fill="{main}"/>'
        f'<path d="M{x - 30} {y + 128}h60v52q-30 10-60 0z" fill="{dark}" opacity=".55"/><path d="M{x - 30} {y + 132}h60" stroke="{b}" stroke-width="5" stroke-dasharray="6 5"/><path d="M{x - 60} {y + 216}Q{x} {y + 226} {x + 60} {y + 216}" fill="none" stroke="{a}" stroke-width="8"/><path d="M{x - 60} {y + 232}Q{x} {y + 242} {x + 60} {y + 232}" fill="none" stroke="{b}" stroke-width="5" stroke-dasharray="8 5"/>'
        f'<path d="M{x + 12} {y + 40}q16 90 8 208M{x - 22} {y + 90}q-12 80-10 158" fill="none" stroke="#000" stroke-opacity=".16" stroke-width="8"/>'
    )


def _brush(r: random.Random) -> str:
    return f'<path d="M-5 0h10l3 88h-16z" fill="#C89B6C"/><path d="M-9 86h18v20H-9z" fill="#8C9297"/><path d="M-9 106h18q2 24-9 40q-11-16-9-40z" fill="{r.choice(DYES)}"/>'


def _hammer(_r: random.Random) -> str:
    return '<path d="M-6 0h12l2 140h-16z" fill="#A8703F"/><path d="M-34 112h58q12 0 12 13t-12 13h-58z" fill="#5A5F63"/><path d="M-34 112h58v6h-58z" fill="#fff" opacity=".35"/>'


def _shuttle(r: random.Random) -> str:
    c = r.choice(DYES)
    return f'<path d="M0 0Q22 70 0 150Q-22 70 0 0z" fill="#B98250"/><path d="M0 34Q10 74 0 116Q-10 74 0 34z" fill="#4A2912"/><path d="M-5 52h10M-6 62h12M-6 72h12M-6 82h12M-5 92h10" stroke="{c}" stroke-width="8"/>'


def _gouge(_r: random.Random) -> str:
    return '<path d="M-10 0q10-8 20 0l4 60h-28z" fill="#93572F"/><path d="M-11 58h22v10h-22z" fill="#C9A23A"/><path d="M-7 68h14l4 70q-11 12-22 0z" fill="#AEB4B8"/><path d="M-2 70l-2 70" stroke="#fff" stroke-width="3" opacity=".7"/>'


_TOOLS = (_brush, _hammer, _shuttle, _gouge)


def _on_pegs(r: random.Random) -> str:
    """A hat, an apron and a tool on a rail."""
    s = _square(r, 0)
    s.view = "40 70 320 320"
    s.add(
        '<path d="M40 118H360v18H40z" fill="#8A5A36"/><path d="M40 118H360v4H40z" fill="#fff" opacity=".25"/><path d="M40 136H360v5H40z" fill="#2B1D12" opacity=".18"/>'
    )
    left = chance(r, 0.5)
    hat, apron = (126, 262) if left else (270, 136)
    tool_x = 326 if left else 64
    s.add(f'<g transform="translate({tool_x} 136)rotate({r.choice([-4, 4])})">{r.choice(_TOOLS)(r)}</g>')
    s.add(_apron(r, apron, 128) + _hat(r, hat, 176))
    s.add(
        "".join(
            f'<circle cx="{x}" cy="128" r="7" fill="#5B3418"/><circle cx="{x - 2}" cy="126" r="2.4" fill="#fff" opacity=".5"/>'
            for x in (apron, tool_x)
        )
    )
    return s.svg("Sombrero, delantal y herramienta")


def _yarn(s: Scene, x: float, y: float, rad: float, c: str) -> None:
    turns = "".join(
        f"M{n(x - rad)} {n(y + q * rad)}Q{x} {n(y + (q - 0.9) * rad)} {n(x + rad)} {n(y + q * rad * 0.6)}"
        for q in (-0.4, -0.1, 0.2, 0.5, 0.8, 1.1)
    )
    turns += "".join(
        f"M{n(x + q * rad)} {n(y - rad)}Q{n(x + (q + 0.7) * rad)} {y} {n(x + q * rad * 0.5)} {n(y + rad)}" for q in (-0.5, 0, 0.4)
    )
    s.shadow(x, y + rad, rad, rad * 0.28)
    s.clip(
        f"M{x - rad} {y}a{rad} {rad} 0 1 0 {2 * rad} 0a{rad} {rad} 0 1 0 {-2 * rad} 0z",
        f'<path d="{turns}" fill="none" stroke="#000" stroke-opacity=".22" stroke-width="3"/><path d="{turns}" transform="translate(-2 -3)" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="2"/>',
        c,
        f"y{x}",
    )


def _weavers_table(r: random.Random) -> str:
    """Balls of yarn and a shuttle."""
    s = _square(r, 280)
    cols = r.sample([*DYES, COTTON], 3)
    for x, y, rad, c in ((124, 262, 54, cols[0]), (262, 256, 60, cols[1]), (190, 304, 50, cols[2])):
        _yarn(s, x, y, rad, c)
    s.add(
        f'<path d="M230 332q40 26 96 8t26-40" fill="none" stroke="{cols[2]}" stroke-width="5" stroke-linecap="round"/><g transform="translate(78 366)rotate({r.choice([-80, -74, -86])})">{_shuttle(r)}</g>'
    )
    return s.svg("Bolas de hilo y lanzadera")


def _jar_of_tools(r: random.Random) -> str:
    """Tools standing in a clay jar on the bench."""
    s = _square(r, 300)
    clay = r.choice(["#B5532F", "#3A3736", "#C98F62", "#6F7F62", "#1F3A5F"])
    s.shadow(206, 358, 84, 18)
    for x, t in ((164, -16), (194, -5), (222, 7), (246, 18)):
        s.add(f'<g transform="translate({x + t} 124)rotate({180 + t} 0 80)">{r.choice(_TOOLS)(r)}</g>')
    s.clip(
        "M132 232Q200 252 268 232L258 338Q252 358 200 358Q148 358 142 338z",
        f'<path d="M130 268q70 22 140 0M132 306q68 22 136 0" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="5"/><path d="M131 287q70 22 138 0" fill="none" stroke="{r.choice(["#F4ECDD", "#E8A317"])}" stroke-width="9" stroke-dasharray="9 8"/>',
        clay,
    )
    s.add(
        f'<path d="M132 232Q200 252 268 232" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="4"/><path d="M286 366q22-22 44-6t26-4" fill="none" stroke="{r.choice(["#DDBB8C", "#C89B6C"])}" stroke-width="9" stroke-linecap="round"/><path d="M62 352q16-18 34-6t22 14" fill="none" stroke="#DDBB8C" stroke-width="8" stroke-linecap="round"/>'
    )
    return s.svg("Herramientas en un jarro")


_PORTRAITS = (_on_pegs, _weavers_table, _jar_of_tools)


def portrait(r: random.Random) -> str:
    """A workbench or a peg rail, square."""
    return r.choice(_PORTRAITS)(r)
