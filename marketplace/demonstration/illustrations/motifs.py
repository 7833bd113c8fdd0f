"""Stepped figures for cloth and labels. Abstract geometry: none is taken from one community's cloth."""

# ruff: noqa: ARG001 - all figures share one signature

import random
from collections.abc import Callable

from marketplace.demonstration.illustrations.common import n

# Each draws one figure in a cell of width w whose rows are u high: (main shape, second shape).
_Figure = Callable[[float, float, float, float], tuple[str, str]]


def _lozenge(w: float, h: float, c: float, u: float) -> tuple[str, str]:
    d = "".join(
        f"M{n(c - w * 0.46 * q)} {n(j * u)}h{n(w * 0.92 * q)}v{n(u)}h{n(-w * 0.92 * q)}z"
        for j, q in enumerate((0.16, 0.5, 0.84, 0.84, 0.5, 0.16))
    )
    return d, f"M{n(c - w * 0.12)} {n(2 * u)}h{n(w * 0.24)}v{n(2 * u)}h{n(-w * 0.24)}z"


def _stairs(w: float, h: float, c: float, u: float) -> tuple[str, str]:
    d = "".join(f"M{n(0)} {n(j * u)}h{n(w * (j + 1) / 7)}v{n(u)}h{n(-w * (j + 1) / 7)}z" for j in range(6))
    return d, f"M{n(w * 0.62)} {n(0)}h{n(w * 0.26)}v{n(3 * u)}h{n(-w * 0.26)}z"


def _hooks(w: float, h: float, c: float, u: float) -> tuple[str, str]:
    s = w * 0.14
    return (
        f"M{n(s)} {n(h)}v{n(-h)}h{n(5 * s)}v{n(h * 0.7)}h{n(-3 * s)}v{n(-h * 0.3)}h{n(s)}v{n(-h * 0.14)}h{n(-2 * s)}v{n(h * 0.6)}h{n(3 * s)}v{n(h * 0.14)}z",
        "",
    )


def _crossed(w: float, h: float, c: float, u: float) -> tuple[str, str]:
    d = ""
    for j in range(6):
        q = abs(j - 2.5) / 2.5 * 0.38
        d += f"M{n(c - w * (q + 0.1))} {n(j * u)}h{n(w * 0.2)}v{n(u)}h{n(-w * 0.2)}zM{n(c + w * (q - 0.1))} {n(j * u)}h{n(w * 0.2)}v{n(u)}h{n(-w * 0.2)}z"
    return d, ""


def _peaks(w: float, h: float, c: float, u: float) -> tuple[str, str]:
    d = "".join(
        f"M{n(c - w * 0.08 * (j + 0.6))} {n(j * u)}h{n(w * 0.16 * (j + 0.6))}v{n(u)}h{n(-w * 0.16 * (j + 0.6))}z"
        for j in range(6)
    )
    return d, f"M{n(-w * 0.1)} {n(0)}h{n(w * 0.2)}v{n(2 * u)}h{n(-w * 0.2)}z"


_FIGURES: tuple[_Figure, ...] = (_lozenge, _stairs, _hooks, _crossed, _peaks)


def motif_row(r: random.Random, x0: float, x1: float, y: float, h: float, a: str, b: str) -> str:
    """A brocaded row of stepped figures between x0 and x1."""
    k, figure = r.choice([5, 6, 7, 9]), _FIGURES[r.randrange(5)]
    w = (x1 - x0) / k
    d, e = figure(w, h, w / 2, h / 6)
    name = f"q{r.randrange(10**5)}"
    return (
        f'<pattern id="{name}" width="{n(w)}" height="{n(h + 1)}" patternUnits="userSpaceOnUse" patternTransform="translate({x0} {n(y)})"><path fill="{a}" d="{d}"/><path fill="{b}" d="{e}"/></pattern>'
        f'<path fill="url(#{name})" d="M{x0} {n(y)}H{x1}v{n(h)}H{x0}z"/>'
    )
