"""Cloth: the shawl and the garment."""

import random

from marketplace.demonstration.illustrations.common import COTTON, SETS, THREAD, Scene, chance, n
from marketplace.demonstration.illustrations.motifs import motif_row


def _stripes(r: random.Random, colours: list[str], x0: float, x1: float, y0: float, y1: float) -> str:
    main, a, b, dark = colours
    plan = [r.choice([6, 9, 14, 18]) for _ in range(6)]
    cols = [r.choice([main, main, dark, a, b]) for _ in range(6)]
    dash = [r.choice(["", "", "10 4", "16 3 4 3", "3 6"]) for _ in range(6)]
    stripes, x, i = "", x0, 0
    while x < x1:
        k = i % 11
        k = k if k < len(plan) else 10 - k
        d = f' stroke-dasharray="{dash[k]}" stroke-dashoffset="{(i % 3) * 4}"' if dash[k] else ""
        stripes += f'<path d="M{n(x + plan[k] / 2)} {y0}V{y1}" stroke="{cols[k]}" stroke-width="{plan[k]}"{d}/>'
        x, i = x + plan[k], i + 1
    return stripes


def _fringe(r: random.Random, colours: list[str], x0: float, x1: float, hem: float) -> str:
    main, a, b, _ = colours
    low, k = hem + 22, 22
    step = (x1 - x0) / k
    net = "".join(
        f"M{n(x0 + j * step)} {hem}l{n(step)} 12l{n(step)}-12M{n(x0 + j * step)} {low + 2}l{n(step)}-12l{n(step)} 12"
        for j in range(0, k, 2)
    )
    tass = "".join(
        f"M{n(x0 + j * step)} {low}q{r.randrange(-3, 4)} 24 {r.randrange(-2, 3)} {r.randrange(44, 56)}" for j in range(k + 1)
    )
    return (
        f'<path d="{net}" fill="none" stroke="{main if main != COTTON else b}" stroke-width="1.6"/><path d="{tass}" fill="none" stroke="{main if main != COTTON else a}" stroke-width="4" stroke-linecap="round"/>'
        f'<path d="{tass}" fill="none" stroke="#fff" stroke-opacity=".25"/>'
    )


def rebozo(r: random.Random) -> str:
    """Shawl over a rod, with its knotted fringe."""
    s = Scene(r, 0)
    colours = r.choice(SETS)
    x0, x1, top, hem = 112, 288, 74, r.randrange(330, 352)
    s.add(f'<path d="M{x0 + 14} {top + 14}h{x1 - x0 + 12}v{hem - top + 60}h-{x1 - x0 + 12}z" fill="#2B1D12" opacity=".13"/>')
    s.add(
        f'<path d="M40 {top - 3}h320" stroke="#6B4A2E" stroke-width="9" stroke-linecap="round"/><path d="M40 {top - 5}h320" stroke="#fff" stroke-opacity=".25" stroke-width="2"/>'
    )
    stripes = _stripes(r, colours, x0, x1, top - 10, hem)
    d = f"M{x0} {top}Q{x0 + 4} {top - 9} {x0 + 14} {top - 9}H{x1 - 14}Q{x1 - 4} {top - 9} {x1} {top}C{x1 + 3} {top + 90} {x1 - 4} {hem - 70} {x1} {hem}H{x0}C{x0 + 4} {hem - 80} {x0 - 3} {top + 90} {x0} {top}z"
    fold = s.pattern(
        "f", 59, 9, '<path d="M0 0h22v9H0z" fill="#000" opacity=".1"/><path d="M26 0h9v9h-9z" fill="#fff" opacity=".14"/>'
    )
    thr = s.pattern("t", 4, 4, THREAD)
    second = (
        f'<path d="M{x0 - 4} {top + 150}h{x1 - x0 + 8}" stroke="#000" stroke-opacity=".16" stroke-width="3"/>'
        if chance(r, 0.5)
        else ""
    )
    s.clip(d, stripes + second + f'<path fill="{fold}" d="{d}"/><path fill="{thr}" d="{d}"/>', colours[0])
    s.add(_fringe(r, colours, x0, x1, hem))
    return s.svg("Rebozo")


def _rows(r: random.Random, colours: list[str], x0: float, x1: float, y: float, low: float) -> str:
    _, a, b, dark = colours
    inner = ""
    while y < low:
        h = r.choice([12, 18, 18, 24, 30])
        if chance(r, 0.72):
            inner += motif_row(r, x0, x1, y, h, *(r.sample([a, b], 2)))
            inner += f'<path d="M{x0} {y - 4}H{x1}M{x0} {y + h + 4}H{x1}" stroke="{r.choice([a, b, dark])}" stroke-width="2"/>'
        y += h + r.choice([12, 16, 22])
    return inner


def huipil(r: random.Random) -> str:
    """Garment of three joined cloths, brocaded."""
    s = Scene(r, 0)
    colours = r.choice(SETS)
    main, a, b, _ = colours
    x0, x1, top, hem = 78, 322, 96, r.randrange(380, 410)
    s.add(
        f'<path d="M{x0 + 12} {top + 16}H{x1 + 14}V{hem + 18}H{x0 + 12}z" fill="#2B1D12" opacity=".14"/><path d="M30 {top - 5}h340" stroke="#6B4A2E" stroke-width="8" stroke-linecap="round"/>'
    )
    neck = r.choice(
        [
            f"L232 {top - 6}Q200 {top + 52} 168 {top - 6}",
            f"L236 {top - 6}V{top + 34}H164V{top - 6}",
            f"L226 {top - 6}L200 {top + 58}L174 {top - 6}",
        ]
    )
    d = f"M{x0} {top}Q{x0} {top - 6} {x0 + 8} {top - 6}H168H{x1 - 8}Q{x1} {top - 6} {x1} {top}L{x1 - 3} {hem}Q200 {hem + 7} {x0 + 3} {hem}z"
    inner = _rows(r, colours, x0, x1, top + 12, hem - 26)
    seam = "".join(
        f'<path d="M{x} {top - 6}V{hem + 4}" stroke="{b}" stroke-width="7"/><path d="M{x} {top - 6}V{hem + 4}" stroke="{a}" stroke-width="7" stroke-dasharray="4 5"/>'
        for x in (154, 246)
    )
    rim = f'<path d="M{neck[1:]}" fill="#3A2C22" stroke="{a}" stroke-width="7"/>'
    fold = s.pattern(
        "f", 82, 9, '<path d="M0 0h26v9H0z" fill="#000" opacity=".06"/><path d="M34 0h14v9H34z" fill="#fff" opacity=".1"/>'
    )
    thr = s.pattern("t", 4, 4, THREAD)
    s.clip(
        d,
        inner
        + seam
        + rim
        + f'<path fill="{fold}" d="{d}"/><path fill="{thr}" d="{d}"/><path d="M{x0} {hem - 7}Q200 {hem} {x1} {hem - 7}" fill="none" stroke="{b}" stroke-width="6"/>',
        main,
    )
    return s.svg("Huipil")
