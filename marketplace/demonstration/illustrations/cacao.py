"""Cacao and chocolate."""

import random

from marketplace.demonstration.illustrations.common import Scene, n
from marketplace.demonstration.illustrations.heaps import heap, mound, pieces

_PODS = [("#C9782B", "#8F4A18"), ("#B5432B", "#7A2317"), ("#D9A02E", "#9A6A16"), ("#8A8F3A", "#5A6122")]
_POD = "M-104 0C-92-44-40-58 10-54C60-50 92-26 112 2C92 30 58 52 8 54C-42 56-94 42-104 0z"


def _pod(s: Scene, x: float, y: float, tilt: float, size: float = 1) -> None:
    skin, groove = s.r.choice(_PODS)
    ribs = "".join(f"M-104 0C-60 {q} 50 {q} 112 2" for q in (-52, -28, -4, 22, 48))
    s.shadow(x, y + 44 * size, 96 * size, 18)
    s.add(
        f'<g transform="translate({x} {y})rotate({tilt})scale({size})"><path d="{_POD}" fill="{skin}"/><path d="{ribs}" fill="none" stroke="{groove}" stroke-width="5"/><path d="{ribs}" transform="translate(0 -5)" fill="none" stroke="#fff" stroke-opacity=".22" stroke-width="3"/>'
        f'<path d="M-92 14C-50 60 60 60 112 2C92 30 58 52 8 54C-36 56-76 44-92 14z" fill="#2B1208" opacity=".3"/><path d="M-104 0q-14-2-22-12" fill="none" stroke="#6B4A2E" stroke-width="10" stroke-linecap="round"/></g>'
    )


def _bean_shapes() -> list[str]:
    return [
        f'<ellipse rx="15" ry="9.5" fill="{c}"/><path d="M-11-2q10-8 21-2" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="2.4"/><path d="M-12 4q12 6 24 0" fill="none" stroke="#1F0F06" stroke-opacity=".5" stroke-width="2"/>'
        for c in ("#7A4A2E", "#8C5636", "#693C24", "#9A6442")
    ]


def _disc(x: float, y: float, rx: float, fill: str) -> str:
    ry, h = rx * 0.34, 17
    return (
        f'<path d="M{n(x - rx)} {y}v{h}A{n(rx)} {n(ry)} 0 0 0 {n(x + rx)} {y + h}v-{h}z" fill="{fill}"/><path d="M{n(x + rx * 0.3)} {n(y + ry * 0.9)}v{h}A{n(rx)} {n(ry)} 0 0 0 {n(x + rx)} {y + h}v-{h}z" fill="#000" opacity=".25"/><ellipse cx="{n(x)}" cy="{y}" rx="{n(rx)}" ry="{n(ry)}" fill="{fill}"/>'
        f'<ellipse cx="{n(x)}" cy="{y}" rx="{n(rx)}" ry="{n(ry)}" fill="#fff" opacity=".13"/><path d="M{n(x - rx * 0.7)} {n(y - ry * 0.68)}L{n(x + rx * 0.7)} {n(y + ry * 0.68)}M{n(x - rx * 0.7)} {n(y + ry * 0.68)}L{n(x + rx * 0.7)} {n(y - ry * 0.68)}" stroke="#1F0F06" stroke-opacity=".5" stroke-width="3"/>'
    )


def tablillas(r: random.Random) -> str:
    """A stack of chocolate rounds and a pod."""
    s = Scene(r)
    brown, x = r.choice(["#4A2A1A", "#5A3320", "#3F2317"]), r.randrange(136, 150)
    _pod(s, 262, r.randrange(352, 364), r.choice([-24, -16, 12]), 0.82)
    s.shadow(x, 410, 74, 20)
    s.add("".join(_disc(x + r.randrange(-5, 6), 392 - i * 18, 66, brown) for i in range(r.choice([4, 5, 6, 7]))))
    s.shadow(232, 448, 58, 12)
    s.add(_disc(228, 428, 62, brown))
    return s.svg("Chocolate de mesa")


def beans(r: random.Random) -> str:
    """A heap of dried beans."""
    s = Scene(r)
    mound(s, 200, 412, 128, 132, "#5A3420")
    pieces(
        s,
        _bean_shapes(),
        heap(r, 200, 412, 122, 134, 10) + [(r.randrange(64, 340), r.randrange(436, 462), r.randrange(180)) for _ in range(5)],
    )
    return s.svg("Cacao en grano")


def pod_and_powder(r: random.Random) -> str:
    """An opened pod beside a gourd bowl of powder."""
    s = Scene(r)
    x, y = 136, 318
    s.shadow(x + 4, 408, 84, 20)
    powder = r.choice(["#8A5A3A", "#7A4A2E", "#A06E48"])
    s.add(
        f'<path d="M{x - 70} {y}Q{x} {y - 62} {x + 70} {y}z" fill="{powder}"/><path d="M{x - 44} {y - 10}Q{x - 16} {y - 27} {x + 6} {y - 26}" fill="none" stroke="#fff" stroke-opacity=".2" stroke-width="6" stroke-linecap="round"/>'
    )
    gourd = f"M{x - 84} {y}C{x - 80} {y + 74} {x - 40} 408 {x} 408C{x + 40} 408 {x + 80} {y + 74} {x + 84} {y}Q{x} {y + 26} {x - 84} {y}z"
    ring = f'<path d="M{x - 84} {y + 24}Q{x} {y + 54} {x + 84} {y + 24}" fill="none" stroke="#E8C48A" stroke-width="7" stroke-dasharray="10 7"/>'
    s.clip(gourd, ring, r.choice(["#7A4422", "#A8642E", "#5A2A18"]))
    s.add(f'<path d="M{x - 84} {y}Q{x} {y + 26} {x + 84} {y}" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="3"/>')
    skin, groove = r.choice(_PODS)
    pulp = "".join(
        f'<ellipse cx="{px}" cy="{py}" rx="17" ry="14" fill="#F6EFE2" stroke="#D9C7B0" stroke-width="2"/>'
        for py in (-16, 14)
        for px in (-62, -30, 2, 34, 64)
    )
    s.shadow(274, 436, 70, 14)
    s.add(
        f'<g transform="translate(262 402)rotate({r.choice([-16, -10, 8])})scale(.72)"><path d="{_POD}" fill="{skin}"/><path d="{_POD}" fill="none" stroke="{groove}" stroke-width="7"/><path d="{_POD}" transform="scale(.84 .76)" fill="#E9D8BF"/>{pulp}</g>'
    )
    return s.svg("Cacao con jícara")


def nibs(r: random.Random) -> str:
    """Broken roasted cacao and whole beans."""
    s = Scene(r)
    chips = [
        f'<path d="{d}" fill="{c}"/><path d="M-8-5l9-4" stroke="#fff" stroke-opacity=".3" stroke-width="2"/>'
        for d, c in (
            ("M-13-4l9-8l15 4l3 9l-12 8z", "#3F2317"),
            ("M-11 5l3-14l14-2l8 9l-9 9z", "#55301E"),
            ("M-9-7l16-1l5 9l-14 8z", "#2F190F"),
        )
    ]
    mound(s, 186, 410, 114, 104, "#2F190F")
    spots = heap(r, 186, 410, 112, 108, 10, 90)
    pieces(s, chips, spots)
    s.defs.append(f'<g id="whole">{_bean_shapes()[1]}</g>')
    for _ in range(7):
        x, y = r.randrange(214, 340), r.randrange(404, 456)
        s.shadow(x, y + 7, 12, 5)
        s.add(f'<use href="#whole" transform="translate({x} {y})rotate({r.randrange(180)})scale(1.15)"/>')
    return s.svg("Cacao tostado y quebrado")
