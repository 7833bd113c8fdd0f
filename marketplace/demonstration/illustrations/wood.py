"""Wood: carved spoons and the turned dish."""

import math
import random

from marketplace.demonstration.illustrations.common import SETS, Scene, chance, flower, leaf, n


def _carving(r: random.Random, cx: float, y: float, low: float) -> str:
    carve = ""
    while y < low:
        carve += (f"M{cx - 12} {y}l12 8l12-8", f"M{cx - 12} {y}h24M{cx - 12} {y + 4}h24", f"M{cx} {y - 5}l6 7l-6 7l-6-7z")[
            r.randrange(3)
        ]
        y += 19
    return carve


def _spoon(s: Scene, wood: str, cx: float, tilt: float, name: str) -> None:
    r = s.r
    top, bw, bh = 84 + r.randrange(0, 30), r.randrange(30, 41), r.randrange(50, 72)
    end, hw = 430 - r.randrange(0, 26), r.choice([7, 9, 11])
    tip = r.choice(
        [
            f"Q{cx + hw + 10} {end + 8} {cx} {end + 14}Q{cx - hw - 10} {end + 8}",
            f"L{cx + hw + 6} {end}L{cx} {end + 12}L{cx - hw - 6} {end}L",
        ]
    )
    d = f"M{cx - 6} {top + bh * 2 - 6}C{cx - bw - 14} {top + bh * 1.7} {cx - bw - 4} {top} {cx} {top}C{cx + bw + 4} {top} {cx + bw + 14} {top + bh * 1.7} {cx + 6} {top + bh * 2 - 6}L{cx + hw} {end - 6}{tip} {cx - hw} {end - 6}z"
    grain = "".join(f"M{cx - 40 + j * 9} {top}q{r.randrange(-7, 8)} 160 0 380" for j in range(10))
    carve = _carving(r, cx, top + bh * 2 + 40, end - 24)
    s.add(f'<g transform="rotate({tilt} {cx} 260)"><path d="{d}" transform="translate(11 13)" fill="#2B1D12" opacity=".17"/>')
    s.clip(
        d,
        f'<path d="{grain}" fill="none" stroke="#5B3418" stroke-opacity=".28"/><path d="{carve}" fill="none" stroke="#4A2912" stroke-width="2.4"/>',
        wood,
        name,
    )
    s.add(
        f'<ellipse cx="{cx}" cy="{n(top + bh * 0.86)}" rx="{n(bw * 0.68)}" ry="{n(bh * 0.66)}" fill="#3A1F0D" opacity=".3"/><ellipse cx="{cx + 3}" cy="{n(top + bh * 0.92)}" rx="{n(bw * 0.58)}" ry="{n(bh * 0.57)}" fill="#fff" opacity=".1"/></g>'
    )


def cuchara(r: random.Random) -> str:
    """Carved spoons."""
    s = Scene(r, 0)
    woods = r.sample(["#C89B6C", "#A8703F", "#7E4F2C", "#DDBB8C", "#93572F"], 3)
    k = r.choice([2, 3, 3])
    for i in range(k):
        off = i - (k - 1) / 2
        _spoon(s, woods[i], 200 + off * 88, off * 7 + r.randrange(-3, 4), f"c{i}")
    return s.svg("Cucharas de madera")


def batea(r: random.Random) -> str:
    """Turned and painted wooden dish, from above."""
    s = Scene(r, 0)
    wood, (g, a, b, _) = r.choice(["#B98250", "#9A6236", "#D2A673"]), r.choice(SETS[:6])
    cy, rad = 256, r.randrange(138, 156)
    s.add(f'<ellipse cx="214" cy="{cy + 20}" rx="{rad + 12}" ry="{rad + 8}" fill="url(#s)"/>')
    rings = "".join(
        f'<circle cx="{196 + j}" cy="{cy - j}" r="{n(rad * 0.93 - j * 11)}" fill="none" stroke="#5B3418" stroke-opacity=".2"/>'
        for j in range(9)
    )
    k, deco = r.choice([10, 12, 14, 16]), ""
    for i in range(k):
        t = 2 * math.pi * i / k
        px, py = 200 + rad * 0.8 * math.cos(t), cy + rad * 0.8 * math.sin(t)
        if i % 2 == 0:
            deco += flower(px, py, rad * 0.115, a, b, 6)
        else:
            deco += leaf(px, py, math.degrees(t) + 60, rad * 0.17, a) + leaf(px, py, math.degrees(t) - 120, rad * 0.17, b)
    mid = flower(200, cy, rad * 0.34, a, b, r.choice([8, 10, 12])) if chance(r, 0.6) else ""
    s.clip(
        f"M{200 - rad} {cy}a{rad} {rad} 0 1 0 {2 * rad} 0a{rad} {rad} 0 1 0 {-2 * rad} 0z",
        rings
        + f'<circle cx="200" cy="{cy}" r="{n(rad * 0.81)}" fill="none" stroke="{g}" stroke-width="{n(rad * 0.33)}"/>'
        + deco
        + mid
        + f'<circle cx="200" cy="{cy}" r="{n(rad * 0.63)}" fill="none" stroke="#000" stroke-opacity=".25" stroke-width="5"/>',
        wood,
    )
    return s.svg("Batea de madera")
