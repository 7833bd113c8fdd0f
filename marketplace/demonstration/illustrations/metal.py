"""Metal: hammered copper and filigree."""

import math
import random

from marketplace.demonstration.illustrations.common import DYES, THREAD, Scene, arc, chance, lathe, n

_SHEEN = '<linearGradient id="m"><stop stop-color="#3A1508" stop-opacity=".35"/><stop offset=".2" stop-color="#FFD9B0" stop-opacity=".6"/><stop offset=".42" stop-color="#FFD9B0" stop-opacity="0"/><stop offset=".8" stop-color="#3A1508" stop-opacity=".35"/><stop offset="1" stop-color="#FFB98A" stop-opacity=".25"/></linearGradient>'
_PALE = "#EFE6D6"


def _hammered(s: Scene, q: int) -> str:
    return s.pattern(
        "h",
        q,
        q,
        f'<circle cx="{q / 2}" cy="{q / 2}" r="{n(q * 0.47)}" fill="#000" opacity=".13"/><path d="M{n(q * 0.2)} {n(q * 0.6)}A{n(q * 0.34)} {n(q * 0.34)} 0 0 1 {n(q * 0.62)} {n(q * 0.2)}" fill="none" stroke="#FFE3C4" stroke-opacity=".55" stroke-width="1.3"/>',
        ' patternTransform="skewX(27)"',
    )


def cobre(r: random.Random) -> str:
    """Hammered copper vessel."""
    s = Scene(r)
    c = r.choice(["#B8683C", "#A9552F", "#C77B4A", "#8E4A30"])
    top, base, belly, neck, foot = r.randrange(140, 190), 402, r.randrange(88, 120), r.randrange(24, 66), r.randrange(40, 60)
    hh = base - top
    prof = [
        (top, neck + r.randrange(8, 26)),
        (top + hh * 0.12, neck),
        (top + hh * 0.3, neck + (belly - neck) * r.choice([0.3, 0.55, 0.8])),
        (top + hh * 0.6, belly),
        (base - 16, foot + 10),
        (base, foot),
    ]
    ham = _hammered(s, r.choice([13, 16, 20]))
    flutes = ""
    if chance(r, 0.4):
        flutes = "".join(
            f'<path d="M{n(200 + neck * t)} {n(top + hh * 0.14)}Q{n(200 + belly * t * 1.25)} {n(top + hh * 0.55)} {n(200 + foot * t)} {base + 8}" fill="none" stroke="#000" stroke-opacity=".2" stroke-width="3"/>'
            for t in (-0.8, -0.4, 0, 0.4, 0.8)
        )
    s.shadow(206, base + 8, belly * 0.9)
    d = lathe(prof)
    s.defs.append(_SHEEN)
    s.clip(
        d,
        f'<path d="{d}" fill="{ham}"/>{flutes}<path d="{d}" fill="url(#m)"/><path d="{arc(prof, top + hh * 0.13)}" fill="none" stroke="#FFE3C4" stroke-opacity=".5" stroke-width="2.5"/>',
        c,
    )
    w = prof[0][1]
    s.add(
        f'<ellipse cx="200" cy="{top}" rx="{w}" ry="{n(w * 0.22)}" fill="{c}" stroke="#F0BE96" stroke-width="2"/><ellipse cx="200" cy="{top + 2}" rx="{n(w - 6)}" ry="{n(w * 0.16)}" fill="#33140A" opacity=".85"/>'
    )
    return s.svg("Jarrón de cobre martillado")


def _scrolls(cx: float, cy: float, rad: float, kind: int) -> str:
    arcs = "".join(
        f"M{n(cx + rad * q)} {cy}a{n(rad * q)} {n(rad * q)} 0 1 1 {n(-2 * rad * q)} 0a{n(rad * q)} {n(rad * q)} 0 1 1 {n(2 * rad * q)} 0"
        for q in (1, 0.93)
    )
    if kind == 0:
        arcs += f"M{n(cx - rad)} {cy}Q{cx} {n(cy + rad * 0.9)} {n(cx + rad)} {cy}"
    z = rad * 0.15
    for i in range(12 if kind else 9):
        t = math.pi * (2 * i / 12 if kind else 0.08 + i * 0.84 / 8)
        q = 0.7 if kind else 0.74
        x, y = cx + rad * q * math.cos(t), cy + rad * q * math.sin(t)
        arcs += f"M{n(x)} {n(y)}m{n(-z)} 0a{n(z)} {n(z)} 0 1 1 {n(2 * z)} 0a{n(z * 0.7)} {n(z * 0.7)} 0 1 1 {n(-1.4 * z)} 0a{n(z * 0.4)} {n(z * 0.4)} 0 1 1 {n(0.8 * z)} 0"
    for i in range(8 if kind else 0):
        t = 2 * math.pi * i / 8
        half = rad * 0.5
        arcs += f"M{cx} {cy}Q{n(cx + half * math.cos(t - 0.4))} {n(cy + half * math.sin(t - 0.4))} {n(cx + half * math.cos(t))} {n(cy + half * math.sin(t))}Q{n(cx + half * math.cos(t + 0.4))} {n(cy + half * math.sin(t + 0.4))} {cx} {cy}"
    return arcs


def _earring(cx: float, cy: float, rad: float, kind: int, drops: int, colours: tuple[str, str, str]) -> str:
    metal, hi, bead = colours
    d = f"M{cx} {cy - 92}c-14 0-14 22 0 24"
    arcs = _scrolls(cx, cy, rad, kind)
    fill = f'<circle cx="{cx}" cy="{cy if kind else cy - rad * 0.3}" r="{n(rad * 0.13)}" fill="{(metal, metal, bead)[kind]}"/><circle cx="{cx}" cy="{cy - rad - 12}" r="8" fill="{metal}"/>'
    for i in range(drops):
        t = math.pi * (0.5 + (i - (drops - 1) / 2) * 0.16)
        x, y = cx + rad * math.cos(t), cy + rad * math.sin(t)
        ln = 26 + 12 * math.sin(math.pi * (i + 0.5) / drops)
        arcs += f"M{n(x)} {n(y)}v{n(ln - 8)}"
        fill += f'<path d="M{n(x)} {n(y + ln - 10)}q8 13 0 17q-8-4 0-17" fill="{bead if kind != 1 else metal}" stroke="{metal}" stroke-width="1.4"/>'
    return (
        f'<g><path d="{d}{arcs}" fill="none" stroke="{metal}" stroke-width="2.2" stroke-linecap="round"/>{fill}'
        f'<path d="M{n(cx - rad * 0.9)} {n(cy - rad * 0.36)}A{rad} {rad} 0 0 1 {n(cx - rad * 0.1)} {n(cy - rad * 0.96)}" fill="none" stroke="{hi}" stroke-width="2.4" stroke-linecap="round"/></g>'
    )


def aretes(r: random.Random) -> str:
    """Filigree earrings on cloth."""
    s = Scene(r, 0)
    cloth = r.choice(["#23344C", "#5B1A2A", "#26463A", "#2F2926", _PALE])
    metal, hi = r.choice([("#C9CDD0", "#fff"), ("#D9A441", "#FFF0C4"), ("#C9CDD0", "#fff")])
    if cloth == _PALE:
        metal, hi = r.choice([("#8C9297", "#fff"), ("#B9822A", "#FFE9B0")])
    d = "M42 60L356 44L366 452L50 462z"
    s.add(
        f'<path d="{d}" fill="#2B1D12" opacity=".14" transform="translate(8 10)"/><path d="{d}" fill="{cloth}"/><path d="{d}" fill="{s.pattern("t", 4, 4, THREAD)}"/>'
    )
    rad, kind, drops, bead = r.randrange(42, 54), r.randrange(3), r.choice([3, 5, 7]), r.choice(DYES)
    s.add(
        f'<g opacity=".28" transform="translate(5 7)"><circle cx="134" cy="230" r="{rad}" fill="none" stroke="#000" stroke-width="5"/><circle cx="268" cy="244" r="{rad}" fill="none" stroke="#000" stroke-width="5"/></g>'
    )
    s.add("".join(_earring(cx, cy, rad, kind, drops, (metal, hi, bead)) for cx, cy in ((134, 230), (268, 244))))
    return s.svg("Aretes de filigrana")
