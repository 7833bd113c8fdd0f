"""Food in its wrapping: coffee and honey."""

import random

from marketplace.demonstration.illustrations.common import COTTON, INK, SETS, Scene, lathe, n
from marketplace.demonstration.illustrations.motifs import motif_row

_WHITE_BAG = "#E9DCC3"


def _beans(s: Scene) -> None:
    r = s.r
    for _ in range(r.choice([5, 7, 9])):
        x, y, t = r.randrange(66, 350), r.randrange(418, 456), r.randrange(-40, 41)
        s.add(
            f'<g transform="translate({x} {y})rotate({t})"><ellipse cx="2" cy="4" rx="12" ry="6" fill="#2B1D12" opacity=".2"/><ellipse rx="11" ry="7" fill="#4A2C1A"/><path d="M-10 0q10-5 20 0" fill="none" stroke="#1F0F06" stroke-width="2"/></g>'
        )


def cafe(r: random.Random) -> str:
    """Coffee bag with a printed band."""
    s = Scene(r)
    kraft = r.choice(["#C9A477", "#B98F60", _WHITE_BAG, "#3A312B"])
    m, a, b, _ = r.choice(SETS[:6])
    x0, x1, top, base = 108 + r.randrange(16), 292 - r.randrange(16), r.randrange(120, 150), 404
    white = kraft == _WHITE_BAG
    s.shadow(206, base + 4, 104, 24)
    d = f"M{x0 + 6} {top}H{x1 - 6}L{x1 - 2} {top + 46}Q{x1 + 9} {top + 150} {x1 + 2} {base - 8}Q{x1} {base} {x1 - 8} {base}H{x0 + 8}Q{x0} {base} {x0 - 2} {base - 8}Q{x0 - 9} {top + 150} {x0 + 2} {top + 46}z"
    crease = f'<path d="M{x0 + 3} {top + 46}H{x1 - 3}M{x0 + 26} {top + 50}q-10 120 2 {base - top - 60}M{x1 - 26} {top + 50}q10 120-2 {base - top - 60}" fill="none" stroke="#000" stroke-opacity=".14" stroke-width="2"/>'
    ly = top + r.randrange(84, 104)
    figure = a if white or m == COTTON else m
    label = f'<path d="M{x0 + 26} {ly}H{x1 - 26}V{ly + 116}H{x0 + 26}z" fill="{m if white else COTTON}"/>' + motif_row(
        r, x0 + 26, x1 - 26, ly + 10, 30, figure, b
    )
    ink = COTTON if white and m != COTTON else INK
    label += f'<path d="M{x0 + 48} {ly + 60}H{x1 - 48}" stroke="{ink}" stroke-width="7"/><path d="M{x0 + 60} {ly + 78}H{x1 - 60}M{x0 + 70} {ly + 92}H{x1 - 70}" stroke="{ink}" stroke-width="3" opacity=".6"/>'
    s.clip(d, crease + label + f'<path d="M{x0} {top + 8}H{x1}" stroke="#000" stroke-opacity=".22" stroke-width="3"/>', kraft)
    s.add(
        f'<path d="M{x0 + 2} {top - 2}h{x1 - x0 - 4}v14h-{x1 - x0 - 4}z" fill="{b if b != COTTON else m}"/><path d="M{x0 + 2} {top - 2}h{x1 - x0 - 4}v4h-{x1 - x0 - 4}z" fill="#fff" opacity=".25"/>'
    )
    _beans(s)
    return s.svg("Café en grano")


def cloth_cap(s: Scene, w: float, top: float, dyes: tuple[str, str, str]) -> None:
    """A checked cloth tied over a jar's mouth of half width ``w``."""
    m, a, b = dyes
    cap = (
        f"M{n(200 - w * 0.72)} {top - 26}Q200 {top - 48} {n(200 + w * 0.72)} {top - 26}L{n(200 + w)} {top + 14}"
        + "".join(f"q{n(-w / 6)} {8 if i % 2 else -3} {n(-w / 3)} 0" for i in range(6))
        + "z"
    )
    cloth = s.pattern(
        "g",
        14,
        14,
        f'<path d="M0 0h14v14H0z" fill="{m}"/><path d="M0 0h7v14H0z" fill="{a}" opacity=".55"/><path d="M0 0h14v7H0z" fill="{b}" opacity=".5"/>',
        ' patternTransform="rotate(8)"',
    )
    s.clip(cap, f'<path d="{cap}" fill="{cloth}"/>', m, "k")
    s.add(
        f'<path d="M{n(200 - w * 0.82)} {top - 4}Q200 {top + 12} {n(200 + w * 0.82)} {top - 4}" fill="none" stroke="#8A6428" stroke-width="4"/>'
    )


def miel(r: random.Random) -> str:
    """Honey jar with a cloth cap."""
    s = Scene(r)
    amber = r.choice(["#D98A1F", "#B8611A", "#E8B04A", "#8F4314"])
    m, a, b, _ = r.choice(SETS[:6])
    top, base, w = r.randrange(196, 224), 404, r.randrange(76, 92)
    prof = [
        (top, w * 0.8),
        (top + 14, w * 0.84),
        (top + 36, w),
        (top + 110, w + r.randrange(0, 10)),
        (base - 18, w),
        (base, w - 12),
    ]
    s.shadow(212, base + 6, w * 1.2)
    s.add(f'<ellipse cx="252" cy="{base + 20}" rx="92" ry="13" fill="{amber}" opacity=".28"/>')
    fill = f'<path d="M90 {top + 34}q110 14 220 0V440H90z" fill="{amber}"/><path d="M90 {top + 34}q110 14 220 0v6q-110 14-220 0z" fill="#fff" opacity=".3"/><ellipse cx="172" cy="{base - 60}" rx="54" ry="78" fill="#FFE2A0" opacity=".28"/>'
    ly = top + 76
    band = f"M{200 - w - 12} {ly + 9}Q200 {ly + 31} {200 + w + 12} {ly + 9}"
    label = (
        f'<path d="M{200 - w - 12} {ly}Q200 {ly + 22} {200 + w + 12} {ly}V{ly + 74}Q200 {ly + 96} {200 - w - 12} {ly + 74}z" fill="{COTTON}"/><path d="{band}" fill="none" stroke="{m if m != COTTON else a}" stroke-width="11"/>'
        f'<path d="{band}" fill="none" stroke="{b if b != COTTON else a}" stroke-width="11" stroke-dasharray="6 6"/><path d="M164 {ly + 46}h72M176 {ly + 62}h48" stroke="{INK}" stroke-width="5"/>'
    )
    glass = f'<path d="M{n(200 - w * 0.78)} {top + 44}v{base - top - 76}" stroke="#fff" stroke-opacity=".6" stroke-width="8" stroke-linecap="round"/>'
    s.clip(lathe(prof), fill + label + glass, "#F2E8D0")
    cloth_cap(s, w, top, (m, a, b))
    return s.svg("Miel de abeja")
