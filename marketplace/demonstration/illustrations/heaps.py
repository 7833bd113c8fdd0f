"""Small things many times over: a shape drawn once and laid in heaps and rows."""

import math
import random
from collections.abc import Sequence

from marketplace.demonstration.illustrations.common import Scene, n


def pieces(s: Scene, shapes: Sequence[str], spots: Sequence[tuple[float, float, float]]) -> None:
    """Lay the shapes (drawn about the origin) at spots (x, y, turn in degrees), the lower ones in front."""
    names = [f"u{i}" for i in range(len(shapes))]
    s.defs += [f'<g id="{name}">{shape}</g>' for name, shape in zip(names, shapes, strict=True)]
    s.add(
        "".join(
            f'<use href="#{s.r.choice(names)}" transform="translate({x:.0f} {y:.0f})rotate({t:.0f})"/>'
            for x, y, t in sorted(spots, key=lambda p: p[1])
        )
    )


def heap(
    r: random.Random, cx: float, base: float, half: float, height: float, rows: int, tilt: int = 60
) -> list[tuple[float, float, float]]:
    """Spots on the front of a mound: wide at its foot, one at its top."""
    spots: list[tuple[float, float, float]] = []
    for row in range(rows):
        f = row / (rows - 1)
        y = base - height * f
        w = half * math.sqrt(max(0.0, 1 - f**1.6))
        k = max(1, round((rows - row) * 1.25))
        for i in range(k):
            t = (i - (k - 1) / 2) / max(1, k / 2)
            spots.append(
                (cx + w * t + r.uniform(-5, 5), y + 12 * (1 - t * t) * (1 - f) + r.uniform(-4, 4), r.randrange(-tilt, tilt + 1))
            )
    return spots


def mound(s: Scene, cx: float, base: float, half: float, height: float, fill: str) -> None:
    """What lies beneath a heap, so that no table shows through."""
    s.shadow(cx, base + 8, half, 26)
    s.add(
        f'<path d="M{n(cx - half)} {base}Q{n(cx - half * 0.55)} {n(base - height)} {cx} {n(base - height)}Q{n(cx + half * 0.55)} {n(base - height)} {n(cx + half)} {base}Q{cx} {base + 26} {n(cx - half)} {base}z" fill="{fill}"/>'
    )


def jar(s: Scene, cx: int, w: int, top: int, fill: str, lid: str, name: str = "j") -> None:  # noqa: PLR0913 - one jar
    """A glass jar of half width ``w`` with a lid, filled, standing at y 404."""
    base = 404
    s.shadow(cx + 6, base + 4, w * 1.1)
    d = f"M{n(cx - w * 0.8)} {top}V{top + 12}Q{n(cx - w)} {top + 18} {n(cx - w)} {top + 34}V{base - 16}Q{n(cx - w)} {base} {n(cx - w + 16)} {base}H{n(cx + w - 16)}Q{n(cx + w)} {base} {n(cx + w)} {base - 16}V{top + 34}Q{n(cx + w)} {top + 18} {n(cx + w * 0.8)} {top + 12}V{top}z"
    r = s.r
    seeds = "".join(f"M{r.randrange(cx - w, cx + w)} {r.randrange(top + 40, base)}h3" for _ in range(34))
    ly = top + 62
    inner = (
        f'<path d="M{n(cx - w)} {top + 26}q{n(w)} 9 {n(2 * w)} 0V{base}H{n(cx - w)}z" fill="{fill}"/><path d="{seeds}" stroke="#fff" stroke-opacity=".4" stroke-width="2.4" stroke-linecap="round"/>'
        f'<path d="M{n(cx - w)} {ly}H{n(cx + w)}v58H{n(cx - w)}z" fill="#F4ECDD"/><path d="M{n(cx - w * 0.5)} {ly + 20}h{n(w)}M{n(cx - w * 0.34)} {ly + 36}h{n(w * 0.68)}" stroke="#2B2623" stroke-width="4.5"/><path d="M{n(cx - w)} {ly + 3}H{n(cx + w)}M{n(cx - w)} {ly + 55}H{n(cx + w)}" stroke="{fill}" stroke-width="3"/>'
        f'<path d="M{n(cx - w + 10)} {top + 42}v{base - top - 70}" stroke="#fff" stroke-opacity=".5" stroke-width="6" stroke-linecap="round"/>'
    )
    s.clip(d, inner, "#EDE6D4", name)
    s.add(
        f'<path d="M{n(cx - w * 0.86)} {top - 24}q0-6 6-6H{n(cx + w * 0.86 - 6)}q6 0 6 6V{top + 6}H{n(cx - w * 0.86)}z" fill="{lid}"/><path d="M{n(cx - w * 0.86)} {top - 20}h{n(w * 1.72)}v7h-{n(w * 1.72)}z" fill="#fff" opacity=".22"/><path d="M{n(cx + w * 0.4)} {top - 30}h{n(w * 0.46 - 6)}q6 0 6 6v30h-{n(w * 0.46)}z" fill="#000" opacity=".16"/>'
    )
