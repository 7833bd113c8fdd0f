"""Paper: the cut sheet and the painted bark."""

import math
import random

from marketplace.demonstration.illustrations.common import DYES, Scene, flower, leaf, n

_OFFSET = (0.5, 0.98)


def _rosette(cx: float, cy: float, rad: float, p: int, rings: set[float]) -> str:
    holes = ""
    for q in rings:
        for i in range(p):
            t = 2 * math.pi * (i + (0.5 if q in _OFFSET else 0)) / p
            z, e = rad * q, rad * 0.2
            tx, ty = cx + z * math.cos(t), cy + z * math.sin(t)
            ux, uy = math.cos(t) * e * 0.55, math.sin(t) * e * 0.55
            v = math.pi * z / p * 0.62
            vx, vy = -math.sin(t) * v, math.cos(t) * v
            holes += f"M{n(tx - ux)} {n(ty - uy)}Q{n(tx + vx)} {n(ty + vy)} {n(tx + ux)} {n(ty + uy)}Q{n(tx - vx)} {n(ty - vy)} {n(tx - ux)} {n(ty - uy)}"
    return holes


def _corners(cx: float, top: float, bot: float) -> str:
    holes = ""
    for sx in (-1, 1):
        for yy in (top + 52, bot - 44):
            x = cx + sx * 96
            for i in range(6):
                t = i * 1.047
                holes += f"M{n(x)} {n(yy)}m{n(4 * math.cos(t))} {n(4 * math.sin(t))}l{n(15 * math.cos(t - 0.3))} {n(15 * math.sin(t - 0.3))}l{n(6 * math.cos(t + 1.9))} {n(6 * math.sin(t + 1.9))}z"
        holes += "".join(
            f"M{n(cx + sx * 108)} {n(yy)}l{-sx * 12} 7l{sx * 12} 7z" for yy in range(int(top) + 96, int(bot) - 90, 22)
        )
    return holes


def papel(r: random.Random) -> str:
    """Cut paper, one sheet on a string."""
    s = Scene(r, 0)
    c = r.choice(["#B3243B", "#23497A", "#2F7A58", "#E39A12", "#8A3E72", "#C75A2E"])
    x0, x1, top, bot = 74, 326, 96, r.randrange(390, 416)
    k, w = 9, 252 / 9
    d = f"M{x0} {top}H{x1}V{bot}" + "".join(f"q{n(-w / 2)} 26 {n(-w)} 0" for _ in range(k)) + "z"
    holes = "".join(f"M{n(x0 + w * (i + 0.5))} {bot - 8}m-6 0l6-8l6 8l-6 8z" for i in range(k))
    holes += "".join(f"M{x0 + 10 + i * 22} {top + 14}h12l-6 10z" for i in range(11))
    cx, cy, rad = 200, (top + bot) / 2 + 6, r.randrange(74, 92)
    p, rings = r.choice([8, 10, 12, 16]), [*r.sample([0.28, 0.5, 0.74, 0.98], 3), 0.98]
    holes += _rosette(cx, cy, rad, p, set(rings)) + _corners(cx, top, bot)
    s.add(f'<path transform="translate(16 20)" fill="#2B1D12" opacity=".13" fill-rule="evenodd" d="{d}"/>')
    s.add(
        f'<path fill="{c}" fill-rule="evenodd" d="{d}{holes}"/><path d="M{x0} {top}H{x1}V{top + 14}H{x0}z" fill="#000" opacity=".12"/><path fill="url(#l)" opacity=".5" d="M{x0} {top}H{x1}V{bot}H{x0}z" style="mix-blend-mode:multiply"/>'
    )
    s.add(f'<path d="M0 {top - 8}Q200 {top + 10} 400 {top - 10}" fill="none" stroke="#7A5A36" stroke-width="3"/>')
    return s.svg("Papel picado")


def _torn_sheet(r: random.Random, x0: int, x1: int, y0: int, y1: int) -> str:
    top = [(x0 + (x1 - x0) * i / 7, y0 + r.randrange(-3, 5)) for i in range(8)]
    side = [(x1 + r.randrange(-4, 4), y0 + (y1 - y0) * i / 8) for i in range(1, 8)]
    foot = [(x1 - (x1 - x0) * i / 7, y1 + r.randrange(-4, 4)) for i in range(8)]
    back = [(x0 + r.randrange(-3, 5), y1 - (y1 - y0) * i / 8) for i in range(1, 8)]
    edge = "".join(f"L{x:.0f} {y:.0f}" for x, y in [*top, *side, *foot, *back])
    return "M" + edge[1:] + "z"


def _tree(r: random.Random, ink: str, cols: list[str]) -> str:
    out = f'<path d="M200 400C196 340 204 250 200 130" fill="none" stroke="{ink}" stroke-width="6"/>'
    for i in range(r.choice([3, 4, 4])):
        y = 362 - i * r.randrange(54, 62)
        ln, up = 92 - i * 10, r.randrange(34, 58)
        for sx in (-1, 1):
            ex, ey = 200 + sx * ln, y - up
            out += f'<path d="M200 {y}Q{n(200 + sx * ln * 0.7)} {y} {ex} {ey}" fill="none" stroke="{ink}" stroke-width="3"/>'
            for t in (0.42, 0.78):
                px, py = 200 + sx * ln * t * 1.02, y - up * t * t
                out += leaf(px, py, (-52 if sx > 0 else -128), 22, cols[1]) + leaf(px, py, (38 if sx > 0 else 142), 19, cols[1])
            out += flower(ex, ey, 17, cols[0] if i % 2 else cols[2], ink, r.choice([6, 8]))
    return out + flower(200, 122, 24, cols[0], cols[2], 8)


def amate(r: random.Random) -> str:
    """Bark paper with a painted tree."""
    s = Scene(r, 0)
    paper, ink = r.choice([("#B98B5C", "#3A2112"), ("#D9BE93", "#4A2912"), ("#8C5E38", "#F3E4C6"), ("#E6D3AE", "#1F3A5F")])
    d = _torn_sheet(r, 66, 334, 66, 434)
    s.add('<use href="#pc" transform="translate(10 12)" fill="#2B1D12" opacity=".2"/>')
    fib = "".join(
        f"M{r.randrange(60, 340)} {r.randrange(60, 440)}q{r.randrange(-20, 21)} {r.randrange(-8, 9)} {r.randrange(-46, 47)} {r.randrange(-14, 15)}"
        for _ in range(26)
    )
    cols = r.sample(DYES, 3)
    tree = _tree(r, ink, cols)
    border = f'<path d="M84 84H316V416H84z" fill="none" stroke="{ink}" stroke-width="2"/><path d="M92 92H308V408H92z" fill="none" stroke="{cols[r.randrange(3)]}" stroke-width="6" stroke-dasharray="{r.choice(["6 6", "12 4 3 4", "2 5"])}"/>'
    s.clip(
        d,
        f'<path d="{fib}" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="1.4"/><path d="{fib}" transform="rotate(90 200 250)" fill="none" stroke="#3A2112" stroke-opacity=".2" stroke-width="1.2"/>{border}{tree}',
        paper,
    )
    return s.svg("Pintura en amate")
