"""Blown glass: the tumbler, the pitcher, the wide jar."""

import random

from marketplace.demonstration.illustrations.common import Profile, Scene, lathe, n, width

_TINTS = [("#8FC4BE", "#1F5A66"), ("#A9C9A4", "#2F6B4F"), ("#9FBBD3", "#1F3A5F"), ("#D9C08A", "#8F5A1A"), ("#C9D6D4", "#1F3A5F")]


def _bubbles(r: random.Random, prof: Profile, y0: float, y1: float, k: int) -> str:
    out = ""
    for _ in range(k):
        y = r.uniform(y0, y1)
        x = 200 + r.uniform(-0.9, 0.9) * width(prof, y)
        out += f'<circle cx="{n(x)}" cy="{n(y)}" r="{r.choice(["1.6", "2.2", "3"])}"/>'
    return f'<g fill="#fff" fill-opacity=".45" stroke="#fff" stroke-opacity=".8" stroke-width=".8">{out}</g>'


def _body(s: Scene, prof: Profile, tint: str, rim: str, inner: str = "") -> None:
    """Glass whose wall shows what stands behind it; its foot is thick."""
    (top, mouth), (base, foot) = prof[0], prof[-1]
    d = lathe(prof)
    s.shadow(208, base + 6, foot * 1.15)
    s.add(f'<ellipse cx="{n(232)}" cy="{n(base + 16)}" rx="{n(foot * 1.1)}" ry="13" fill="{tint}" opacity=".5"/>')
    ry = mouth * 0.2
    s.add(
        f'<ellipse cx="200" cy="{top}" rx="{n(mouth)}" ry="{n(ry)}" fill="{tint}" fill-opacity=".35" stroke="{rim}" stroke-width="4"/>'
    )
    s.defs.append(f'<path id="pc" d="{d}"/><clipPath id="c"><use href="#pc"/></clipPath>')
    edge = f'<use href="#pc" fill="none" stroke="{rim}" stroke-opacity=".45" stroke-width="9"/><path d="M80 {n(base - 20)}Q200 {n(base + 4)} 320 {n(base - 20)}V{base + 40}H80z" fill="{rim}" opacity=".4"/>'
    belly = max(w for _, w in prof)
    glints = f'<path d="M{n(200 - belly * 0.7)} {n(top + 40)}Q{n(200 - belly * 0.82)} {n((top + base) / 2)} {n(200 - belly * 0.62)} {n(base - 44)}" fill="none" stroke="#fff" stroke-opacity=".7" stroke-width="10" stroke-linecap="round"/><path d="M{n(200 + belly * 0.72)} {n(top + 60)}Q{n(200 + belly * 0.8)} {n((top + base) / 2)} {n(200 + belly * 0.66)} {n(base - 60)}" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="5" stroke-linecap="round"/>'
    s.add(
        f'<g clip-path="url(#c)">{inner}<use href="#pc" fill="{tint}" fill-opacity=".55"/>{edge}{_bubbles(s.r, prof, top + 16, base - 26, 26)}{glints}</g>'
    )
    s.add(
        f'<path d="M{n(200 - mouth)} {top}A{n(mouth)} {n(ry)} 0 0 0 {n(200 + mouth)} {top}" fill="none" stroke="{rim}" stroke-width="6"/><path d="M{n(200 - mouth * 0.8)} {n(top + ry * 0.6)}A{n(mouth)} {n(ry)} 0 0 0 {n(200 - mouth * 0.1)} {n(top + ry)}" fill="none" stroke="#fff" stroke-opacity=".7" stroke-width="2.5"/>'
    )


def vaso(r: random.Random) -> str:
    """A tumbler with a thick foot."""
    s = Scene(r)
    tint, rim = r.choice(_TINTS)
    top, mouth, foot = r.randrange(206, 226), r.randrange(72, 82), r.randrange(54, 66)
    _body(s, [(top, mouth), (top + 60, mouth - 4), (360, foot + 4), (404, foot)], tint, rim)
    return s.svg("Vaso de vidrio soplado")


def jarra(r: random.Random) -> str:
    """A pitcher whose handle was joined hot."""
    s = Scene(r)
    tint, rim = r.choice(_TINTS)
    top, belly = r.randrange(150, 168), r.randrange(84, 94)
    h = f"M{200 + 54} {top + 26}C330 {top + 10} 346 {top + 150} {200 + belly - 6} {top + 168}"
    s.add(
        f'<path d="{h}" fill="none" stroke="{rim}" stroke-opacity=".7" stroke-width="18" stroke-linecap="round"/><path d="{h}" fill="none" stroke="{tint}" stroke-width="11" stroke-linecap="round"/><path d="{h}" transform="translate(-2 -4)" fill="none" stroke="#fff" stroke-opacity=".7" stroke-width="3.5" stroke-linecap="round"/>'
    )
    _body(s, [(top, 62), (top + 40, 50), (top + 92, 62), (top + 158, belly), (380, belly * 0.82), (404, belly * 0.7)], tint, rim)
    s.add(
        f'<path d="M142 {top - 3}Q112 {top - 12} 116 {top + 10}Q132 {top + 18} 150 {top + 12}z" fill="{tint}" stroke="{rim}" stroke-width="4" stroke-linejoin="round"/>'
    )
    return s.svg("Jarra de vidrio soplado")


def vitrolero(r: random.Random) -> str:
    """A wide round jar, perhaps with fruit water."""
    s = Scene(r)
    tint, rim = r.choice(_TINTS)
    top, belly = r.randrange(158, 174), r.randrange(116, 126)
    water = r.choice(["#C2334A", "#E3B44A", "#E9E2CF", ""])
    level = top + 70
    fill = (
        f'<path d="M60 {level}Q200 {level + 22} 340 {level}V440H60z" fill="{water}" opacity=".8"/><path d="M60 {level}Q200 {level + 22} 340 {level}" fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="3"/>'
        if water
        else ""
    )
    _body(
        s,
        [(top, 88), (top + 22, 80), (top + 62, belly - 12), (top + 128, belly), (378, belly - 22), (404, belly - 42)],
        tint,
        rim,
        fill,
    )
    return s.svg("Vitrolero de vidrio soplado")
