"""What all drawings share: dyes, walls, one light from the upper left, and the shapes that things are made of."""

import math
import random
from collections.abc import Callable, Sequence

Draw = Callable[[random.Random], str]
Point = tuple[float, float]
Profile = Sequence[Point]  # (y, half width) from top to bottom

WALLS = [
    ("#E9DFCB", "#DCCFB6"),
    ("#D8DDD2", "#C6CDBF"),
    ("#E6CFBE", "#D6BBA6"),
    ("#CBD3D8", "#B7C2C9"),
    ("#EADDB8", "#DCCB9C"),
    ("#D9C7C4", "#C8B3AF"),
    ("#C9CFC0", "#B5BDAA"),
    ("#E4DAD0", "#D3C6B8"),
]
TABLES = ["#F1E7D6", "#EADCC6", "#DDC9AE", "#F4EEE2"]
DYES = ["#1F3A5F", "#2F6B4F", "#E8A317", "#9B1B30", "#B5532F"]
COTTON, INK = "#F4ECDD", "#2B2623"
SETS = [
    ["#9B1B30", "#F4ECDD", "#E8A317", "#5F1222"],
    ["#1F3A5F", "#F4ECDD", "#B5532F", "#13263F"],
    ["#2F6B4F", "#F4ECDD", "#E8A317", "#1C4533"],
    ["#F4ECDD", "#9B1B30", "#1F3A5F", "#DCCFB6"],
    ["#B5532F", "#F4ECDD", "#1F3A5F", "#7E361C"],
    ["#E8A317", "#9B1B30", "#1F3A5F", "#B87D0C"],
    ["#F4ECDD", "#1F3A5F", "#E8A317", "#DCCFB6"],
    ["#3B3430", "#E8A317", "#B5532F", "#211D1B"],
    ["#7A4E6B", "#F4ECDD", "#E8A317", "#52324A"],
]
THREAD = '<path d="M0 .5h4" stroke="#fff" stroke-opacity=".16"/><path d="M0 2.5h4" stroke="#000" stroke-opacity=".1"/>'

_LIGHTS = (
    '<radialGradient id="s"><stop stop-color="#2B1D12" stop-opacity=".5"/><stop offset=".55" stop-color="#2B1D12" stop-opacity=".2"/><stop offset="1" stop-color="#2B1D12" stop-opacity="0"/></radialGradient>'
    '<linearGradient id="l"><stop stop-color="#fff" stop-opacity=".2"/><stop offset=".35" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#1A0F08" stop-opacity=".42"/></linearGradient>'
)


def chance(r: random.Random, share: float) -> bool:
    """True in that share of drawings."""
    return r.random() < share


def n(v: float) -> str:
    """A number with one decimal at most."""
    return f"{v:.1f}".rstrip("0").rstrip(".")


def smooth(pts: Sequence[Point]) -> str:
    """Catmull-Rom through points, as cubic curves (without the first move)."""
    out = []
    for i in range(len(pts) - 1):
        p0, p1, p2, p3 = pts[max(i - 1, 0)], pts[i], pts[i + 1], pts[min(i + 2, len(pts) - 1)]
        c = [
            p1[0] + (p2[0] - p0[0]) / 6,
            p1[1] + (p2[1] - p0[1]) / 6,
            p2[0] - (p3[0] - p1[0]) / 6,
            p2[1] - (p3[1] - p1[1]) / 6,
            *p2,
        ]
        out.append("C" + " ".join(n(v) for v in c))
    return "".join(out)


def lathe(prof: Profile, cx: float = 200.0) -> str:
    """A turned body with a softly rounded foot."""
    right = [(cx + w, y) for y, w in prof]
    left = [(cx - w, y) for y, w in reversed(prof)]
    foot = prof[-1]
    return (
        f"M{n(right[0][0])} {n(right[0][1])}"
        + smooth(right)
        + f"Q{n(cx)} {n(foot[0] + foot[1] * 0.22)} {n(left[0][0])} {n(left[0][1])}"
        + smooth(left)
        + "z"
    )


def width(prof: Profile, y: float) -> float:
    """Half the width of a turned body at a height."""
    for i in range(len(prof) - 1):
        (ya, wa), (yb, wb) = prof[i], prof[i + 1]
        if ya <= y <= yb:
            return wa + (wb - wa) * (y - ya) / (yb - ya or 1)
    return prof[-1][1]


def arc(prof: Profile, y: float, sag: float = 0.2, cx: float = 200.0) -> str:
    """A line once round the front of a turned body."""
    w = width(prof, y)
    return f"M{n(cx - w)} {n(y)}Q{n(cx)} {n(y + 2 * w * sag)} {n(cx + w)} {n(y)}"


def on_arc(prof: Profile, y: float, t: float, sag: float = 0.2, cx: float = 200.0) -> Point:
    """A point on the round of the body, t in -1..1."""
    w = width(prof, y)
    x = math.sin(t * math.pi / 2) * w
    return cx + x, y + w * sag * (1 - (x / w) ** 2 if w else 0)


class Scene:
    """A wall, perhaps a table whose edge is at ``table``, and what stands there."""

    def __init__(self, r: random.Random, table: float = 372) -> None:
        self.r = r
        self.defs: list[str] = []
        self.body: list[str] = []
        self.view = "44 92 312 390" if table else "22 27 356 445"
        wall, low = r.choice(WALLS)
        tone = r.choice(TABLES)
        self.defs.append(
            f'<linearGradient id="w" x2=".7" y2="1"><stop stop-color="{wall}"/><stop offset="1" stop-color="{low}"/></linearGradient>'
            + _LIGHTS
        )
        self.add('<path fill="url(#w)" d="M0 0h400v500H0z"/>')
        if table:
            self.add(
                f'<path fill="{tone}" d="M0 {table}q200-5 400 0v140H0z"/><path fill="#2B1D12" opacity=".09" d="M0 {table}q200-5 400 0v8q-200-5-400 0z"/>'
            )
        self._fibre()

    def _fibre(self) -> None:
        r = self.r
        d = "".join(
            f"M{r.randrange(400)} {r.randrange(500)}q{r.randrange(-9, 10)} {r.randrange(-5, 6)} {r.randrange(-16, 17)} {r.randrange(-7, 8)}"
            for _ in range(34)
        )
        self.add(f'<path d="{d}" fill="none" stroke="#fff" stroke-opacity=".32" stroke-width=".8"/>')

    def add(self, s: str) -> None:
        """Put one more thing in front."""
        self.body.append(s)

    def shadow(self, cx: float, cy: float, rx: float, ry: float | None = None) -> None:
        """The soft shadow of a thing that stands at a point."""
        self.add(f'<ellipse cx="{n(cx + rx * 0.2)}" cy="{n(cy)}" rx="{n(rx * 1.3)}" ry="{n(ry or rx * 0.2)}" fill="url(#s)"/>')

    def clip(self, d: str, inner: str, fill: str, name: str = "c") -> None:
        """A shape, what is drawn on it, and its light."""
        self.defs.append(f'<path id="p{name}" d="{d}"/><clipPath id="{name}"><use href="#p{name}"/></clipPath>')
        self.add(
            f'<g clip-path="url(#{name})"><use href="#p{name}" fill="{fill}"/>{inner}<use href="#p{name}" fill="url(#l)"/></g>'
        )

    def pattern(self, name: str, w: float, h: float, inner: str, extra: str = "") -> str:
        """A paint that repeats."""
        self.defs.append(f'<pattern id="{name}" width="{w}" height="{h}" patternUnits="userSpaceOnUse"{extra}>{inner}</pattern>')
        return f"url(#{name})"

    def svg(self, label: str) -> str:
        """The whole drawing."""
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{self.view}" role="img"><title>{label}</title><defs>{"".join(self.defs)}</defs>{"".join(self.body)}</svg>'


def leaf_path(x: float, y: float, a: float, s: float) -> str:
    """The outline of a leaf of length ``s`` from a point, turned by ``a`` degrees."""
    c, d = math.cos(math.radians(a)), math.sin(math.radians(a))
    p = [(x + u * c - v * d, y + u * d + v * c) for u, v in ((0, 0), (s * 0.5, -s * 0.42), (s, 0), (s * 0.5, s * 0.42))]
    q = [f"{px:.0f} {py:.0f}" for px, py in p]
    return f"M{q[0]}Q{q[1]} {q[2]}Q{q[3]} {q[0]}"


def leaf(x: float, y: float, a: float, s: float, fill: str) -> str:
    """A painted leaf."""
    return f'<path fill="{fill}" d="{leaf_path(x, y, a, s)}"/>'


def flower(x: float, y: float, s: float, a: str, b: str, k: int = 8) -> str:
    """Round petals as one dotted ring: k dots of a circle k long."""
    r = s * 0.62
    at = f'cx="{n(x)}" cy="{n(y)}"'
    return (
        f'<circle {at} r="{n(r)}" fill="{a}" stroke="{a}" stroke-width="{n(2 * math.pi * r / k)}" pathLength="{k}" stroke-dasharray="0 1" stroke-linecap="round"/>'
        f'<circle {at} r="{n(s * 0.3)}" fill="{b}"/>'
    )
