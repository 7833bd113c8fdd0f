"""Lacquer: the box with a scratched garden."""

import random

from marketplace.demonstration.illustrations.common import Scene, flower, leaf, n

_GROUNDS = [
    ("#24201F", "#C63A2C", "#E8A317", "#6E9B6A"),
    ("#8C1B22", "#F1E3C2", "#E8A317", "#24201F"),
    ("#1F3A5F", "#F1E3C2", "#D98A6A", "#E8A317"),
    ("#24201F", "#E9DFC6", "#C9803A", "#7FA58C"),
    ("#2A5A48", "#F1E3C2", "#E8A317", "#C63A2C"),
    ("#C99A2E", "#7A1420", "#24201F", "#2A5A48"),
]


def _garden(r: random.Random, dyes: tuple[str, str, str], wide: float, ya: float, yb: float, k: int) -> str:
    a, b, c = dyes
    mid, h = (ya + yb) / 2, yb - ya
    out = flower(200, mid, h * 0.34, a, b, r.choice([6, 8, 10]))
    for j in range(1, k + 1):
        for sx in (-1, 1):
            x = 200 + sx * j * wide * 0.44 / k
            out += f'<path d="M{n(x - sx * 26)} {n(mid)}q{sx * 12} {n(h * (0.28 if j % 2 else -0.28))} {sx * 30} 0" fill="none" stroke="{c}" stroke-width="2"/>'
            out += flower(x, mid + (h * 0.12 if j % 2 else -h * 0.12), h * 0.19, b if j % 2 else a, a if j % 2 else b, 6)
            for q in (-1, 1):
                out += leaf(x - sx * 12, mid + q * h * 0.1, 90 * q - sx * q * 30, h * 0.26, c)
    return out


def laca(r: random.Random) -> str:
    """Lacquered box with a scratched garden."""
    s = Scene(r)
    g, *dyes = r.choice(_GROUNDS)
    a, b, c = dyes
    x0 = r.randrange(70, 96)
    x1 = 400 - x0
    ty, by = r.randrange(214, 256), 404
    lid = r.randrange(42, 60)
    s.shadow(206, by + 6, (x1 - x0) * 0.5, 30)
    box = f"M{x0 + 4} {ty + lid}H{x1 - 4}V{by - 10}q0 12-12 12H{x0 + 16}q-12 0-12-12z"
    dome = r.choice([0, 14, 34])
    top = f"M{x0} {ty}Q200 {ty - dome * 2 - 2} {x1} {ty}l4 {lid - 6}q0 8-8 8H{x0 + 4}q-8 0-8-8z"

    def dots(y: float) -> str:
        return f'<path d="M{x0} {y}H{x1}" stroke="{a}" stroke-width="4" stroke-dasharray="0 9" stroke-linecap="round"/>'

    front = _garden(r, (a, b, c), x1 - x0, ty + lid + 14, by - 12, r.choice([2, 3]))
    s.clip(box, front + dots(ty + lid + 10) + dots(by - 8), g, "c")
    s.clip(top, _garden(r, (a, b, c), x1 - x0, ty - dome * 0.7 + 2, ty + lid - 6, 3) + dots(ty + lid - 5), g, "k")
    s.add(
        f'<path d="M{x0 + 2} {ty + lid + 2}H{x1 - 2}" stroke="#000" stroke-opacity=".5" stroke-width="2.5"/><path d="M{x0 + 14} {ty + 8}v{lid - 22}" stroke="#fff" stroke-opacity=".5" stroke-width="5" stroke-linecap="round"/><path d="M{x0 + 18} {ty + lid + 20}v60" stroke="#fff" stroke-opacity=".25" stroke-width="5" stroke-linecap="round"/>'
    )
    return s.svg("Caja de laca")
