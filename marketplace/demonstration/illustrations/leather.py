"""Leather: the belt, the wallet, the sheath."""

import math
import random

from marketplace.demonstration.illustrations.common import Scene, chance, flower, leaf, n

_HIDES = ["#8A4F2A", "#6F3C20", "#A3653A", "#4F2C1A", "#7A3A24"]
_PITA = "#F1E6CC"
_CURVES = (
    ((84.0, 154.0), (346.0, 84.0), (384.0, 236.0), (206.0, 254.0)),
    ((206.0, 254.0), (28.0, 272.0), (22.0, 420.0), (318.0, 384.0)),
)


def _along(t: float) -> tuple[float, float, float]:
    """A point of the belt's two curves and its direction in degrees, t in 0..1."""
    part = min(int(t * 2), 1)
    u = t * 2 - part
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = _CURVES[part]
    v = 1 - u
    x = v**3 * ax + 3 * v * v * u * bx + 3 * v * u * u * cx + u**3 * dx
    y = v**3 * ay + 3 * v * v * u * by + 3 * v * u * u * cy + u**3 * dy
    px = v * v * (bx - ax) + 2 * v * u * (cx - bx) + u * u * (dx - cx)
    py = v * v * (by - ay) + 2 * v * u * (cy - by) + u * u * (dy - cy)
    return x, y, math.degrees(math.atan2(py, px))


def cinto(r: random.Random) -> str:
    """A belt embroidered with pale fibre."""
    s = Scene(r, 0)
    hide = r.choice(_HIDES)
    d = "M84 154C346 84 384 236 206 254C28 272 22 420 318 384"
    s.add(
        f'<path d="{d}" transform="translate(8 13)" fill="none" stroke="#2B1D12" stroke-opacity=".25" stroke-width="50"/><path d="{d}" fill="none" stroke="{hide}" stroke-width="50"/><path d="{d}" transform="translate(0 -1)" fill="none" stroke="#000" stroke-opacity=".16" stroke-width="46"/><path d="{d}" fill="none" stroke="{hide}" stroke-width="42"/><path d="{d}" fill="none" stroke="{_PITA}" stroke-width="38" stroke-dasharray="3 3" opacity=".8"/><path d="{d}" fill="none" stroke="{hide}" stroke-width="34"/>'
    )
    k, vine = 19, "M"
    parts = ""
    bloom = r.choice([3, 4])
    for i in range(k):
        x, y, a = _along(0.06 + 0.86 * i / (k - 1))
        side = 1 if i % 2 else -1
        ox, oy = -math.sin(math.radians(a)) * 5 * side, math.cos(math.radians(a)) * 5 * side
        vine += f"{n(x + ox)} {n(y + oy)} "
        if i % bloom == 0:
            parts += flower(x, y, 13, _PITA, hide, 6)
        else:
            parts += leaf(x, y, a + 52 * side, 18, _PITA) + leaf(x, y, a - 128 * side, 14, _PITA)
    s.add(f'<path d="{vine}" fill="none" stroke="{_PITA}" stroke-width="3"/>{parts}')
    metal = r.choice(["#B9BDBF", "#C9A23A"])
    s.add(
        f'<g transform="translate(84 154)rotate(-14)"><rect x="-34" y="-34" width="52" height="68" rx="10" fill="none" stroke="#2B1D12" stroke-opacity=".3" stroke-width="11" transform="translate(4 6)"/><rect x="-34" y="-34" width="52" height="68" rx="10" fill="none" stroke="{metal}" stroke-width="11"/><path d="M-30-26q2-8 10-8h24" fill="none" stroke="#fff" stroke-opacity=".8" stroke-width="3"/><path d="M14 0h-46" stroke="{metal}" stroke-width="7" stroke-linecap="round"/></g>'
    )
    s.add(
        '<g fill="#2A160C"><circle cx="262" cy="391" r="3.4"/><circle cx="284" cy="389" r="3.4"/><circle cx="306" cy="386" r="3.4"/></g>'
    )
    return s.svg("Cinto piteado")


def cartera(r: random.Random) -> str:
    """A folded wallet, its seam in plain sight."""
    s = Scene(r)
    hide, thread = r.choice(_HIDES), r.choice([_PITA, "#E8A317", "#D9B98A"])
    s.shadow(208, 410, 128, 22)
    s.add(
        f'<g transform="rotate({r.choice([-5, -3, 4])} 200 330)"><path d="M84 262q0-12 12-12H304q12 0 12 12V398q0 12-12 12H96q-12 0-12-12z" fill="{hide}"/><path d="M84 262q0-12 12-12H304q12 0 12 12V398q0 12-12 12H96q-12 0-12-12z" fill="#000" opacity=".35"/>'
    )
    grain = "".join(
        f"M{r.randrange(76, 320)} {r.randrange(236, 404)}q{r.randrange(-5, 6)} 3 {r.randrange(-9, 10)} {r.randrange(2, 7)}"
        for _ in range(46)
    )
    motif = ""
    if chance(r, 0.6):
        motif = f'<g opacity=".35">{flower(258, 350, 26, "#1F0F06", hide, 8)}{leaf(236, 366, 150, 34, "#1F0F06")}{leaf(266, 378, 70, 30, "#1F0F06")}{leaf(280, 334, -40, 30, "#1F0F06")}</g>'
    seam = '<path d="M94 250V388q0 8 8 8H296q8 0 8-8V250"'
    s.clip(
        "M78 244q0-12 12-12H308q12 0 12 12V392q0 12-12 12H90q-12 0-12-12z",
        f'<path d="{grain}" fill="none" stroke="#000" stroke-opacity=".2" stroke-width="1.4"/>{motif}{seam} fill="none" stroke="#000" stroke-opacity=".3" stroke-width="6"/>{seam} fill="none" stroke="{thread}" stroke-width="3" stroke-dasharray="9 6"/><path d="M78 236H320" stroke="#fff" stroke-opacity=".35" stroke-width="7"/>',
        hide,
    )
    s.add(
        '<path d="M78 300h58q10 0 10 12t-10 12H78z" fill="#000" opacity=".2"/><circle cx="130" cy="312" r="8" fill="#C9A23A"/><circle cx="128" cy="310" r="3" fill="#fff" opacity=".7"/></g>'
    )
    return s.svg("Cartera de cuero")


def funda(r: random.Random) -> str:
    """A machete's sheath with copper rivets and a hook."""
    s = Scene(r, 0)
    hide = r.choice(_HIDES)
    d = "M168 112H238Q246 112 246 122L262 384Q262 424 226 436Q196 430 188 404L160 122Q160 112 168 112z"
    s.add(
        f'<g transform="rotate({r.choice([12, 16, -14])} 200 260)"><path d="{d}" transform="translate(12 14)" fill="#2B1D12" opacity=".22"/><path d="M172 112q-52-24-44-66q4-18 22-18" fill="none" stroke="#B9BDBF" stroke-width="8" stroke-linecap="round"/><path d="M170 108q-46-24-40-60" fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="2.5"/>'
    )
    cuff = f'<path d="M150 150H256V204H150z" fill="#000" opacity=".2"/><path d="M150 152H256M150 202H256" stroke="{_PITA}" stroke-width="2.6" stroke-dasharray="8 5"/>'
    if chance(r, 0.5):
        cuff += "".join(
            f'<path d="M{182 + i * 4} {238 + i * 40}l20 10l20-10l-20-10z" fill="none" stroke="#1F0F06" stroke-opacity=".5" stroke-width="4"/>'
            for i in range(4)
        )
    s.clip(
        d,
        cuff
        + f'<path d="M176 124L204 402Q210 420 226 424Q250 416 250 384L236 124" fill="none" stroke="{_PITA}" stroke-width="2.6" stroke-dasharray="8 5"/>',
        hide,
    )
    rivets = [(176, 178), (236, 178), (240, 258), (246, 332), (188, 300), (226, 412)]
    s.add(
        "".join(
            f'<circle cx="{x}" cy="{y}" r="8" fill="#B8683C"/><circle cx="{x}" cy="{y}" r="8" fill="none" stroke="#5A2A14" stroke-opacity=".6" stroke-width="1.5"/><circle cx="{x - 2.5}" cy="{y - 2.5}" r="2.6" fill="#FFE3C4"/>'
            for x, y in rivets
        )
        + "</g>"
    )
    return s.svg("Funda de machete")
