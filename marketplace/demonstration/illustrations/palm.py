"""Plant fibres: the plaited basket."""

import random

from marketplace.demonstration.illustrations.common import COTTON, SETS, Profile, Scene, arc, chance, n, smooth


def _plait(s: Scene, q: int, base_c: str) -> str:
    return s.pattern(
        "p",
        2 * q,
        2 * q,
        f'<path d="M0 0h{2 * q}v{2 * q}H0z" fill="{base_c}"/><path d="M1 1h{q - 2}v{q - 2}H1zM{q + 1} {q + 1}h{q - 2}v{q - 2}h-{q - 2}z" fill="#fff" opacity=".34"/><path d="M{q} 0h.8v{q}H{q}zM0 {q}h{q}v.8H0zM{q} {2 * q - 1}h{q}v.8h-{q}zM{2 * q - 1} {q}h.8v{q}h-.8z" fill="#5B3D14" opacity=".5"/>',
        s.r.choice(["", ' patternTransform="rotate(45)"', ' patternTransform="rotate(45)"']),
    )


def _outline(prof: Profile, top: float, mouth: float, base: float, foot: float) -> str:
    return (
        f"M{200 - mouth} {top}Q200 {n(top + mouth * 0.4)} {200 + mouth} {top}"
        + smooth([(200 + w, y) for y, w in prof])
        + f"Q200 {n(base + foot * 0.22)} {200 - foot} {base}"
        + smooth([(200 - w, y) for y, w in reversed(prof)])
        + "z"
    )


def _handle(r: random.Random, top: float, mouth: float, base_c: str, m: str) -> str:
    hh = r.randrange(80, 118)
    h = f"M{200 - mouth + 10} {top + 6}C{200 - mouth + 4} {top - hh} {200 + mouth - 4} {top - hh} {200 + mouth - 10} {top + 6}"
    return f'<path d="{h}" fill="none" stroke="#8A6428" stroke-width="13"/><path d="{h}" fill="none" stroke="{base_c}" stroke-width="10"/><path d="{h}" fill="none" stroke="{m}" stroke-width="10" stroke-dasharray="9 12"/>'


def _plans(checks: str, a: str, b: str) -> list[list[tuple[float, float, str]]]:
    """Where bands go: share of the height, width as a share of it, and paint."""
    return [
        [(0.32, 0.2, checks)],
        [(0.2, 0.1, checks), (0.6, 0.1, checks)],
        [(0.4, 0.36, checks)],
        [(0.22, 0.05, a), (0.42, 0.2, checks), (0.62, 0.05, a)],
        [(0.5, 0.08, b), (0.3, 0.16, checks)],
    ]


def cesta(r: random.Random) -> str:
    """Palm basket, plaited."""
    s = Scene(r)
    base_c, (m, a, b, _) = r.choice(["#DDC08A", "#E8D3A4", "#CFAE74"]), r.choice([x for x in SETS if x[0] != COTTON])
    top, base = r.randrange(170, 230), 402
    mouth, belly, foot = r.randrange(92, 122), r.randrange(100, 128), r.randrange(76, 104)
    hh = base - top
    prof = [(top, mouth), (top + hh * 0.35, belly), (top + hh * 0.75, (belly + foot) / 2 + 8), (base, foot)]
    q = r.choice([9, 11, 13])
    pat = _plait(s, q, base_c)
    pat2 = s.pattern(
        "d",
        2 * q,
        2 * q,
        f'<path d="M0 0h{q}v{q}H0zM{q} {q}h{q}v{q}h-{q}z" fill="{m}"/>',
        ' patternTransform="rotate(45)"' if chance(r, 0.5) else "",
    )
    s.shadow(206, base + 10, belly)
    if chance(r, 0.65):
        s.add(_handle(r, top, mouth, base_c, m))
    s.add(
        f'<ellipse cx="200" cy="{top}" rx="{mouth}" ry="{n(mouth * 0.2)}" fill="#5B3D14"/><ellipse cx="200" cy="{top + 3}" rx="{mouth - 8}" ry="{n(mouth * 0.15)}" fill="#2F1D08"/>'
    )
    d = _outline(prof, top, mouth, base, foot)
    plans = _plans(pat2, a, b)
    bands = "".join(
        f'<path d="{arc(prof, top + hh * f, 0.2)}" fill="none" stroke="{c}" stroke-width="{n(hh * wd)}"/>'
        for f, wd, c in r.choice(plans)
    )
    rim = f"M{200 - mouth} {top}Q200 {n(top + mouth * 0.4)} {200 + mouth} {top}"
    s.clip(
        d,
        f'<path d="{d}" fill="{pat}"/>{bands}<path d="{rim}" fill="none" stroke="{base_c}" stroke-width="17"/><path d="{rim}" fill="none" stroke="{m}" stroke-width="17" stroke-dasharray="7 10"/>',
        base_c,
    )
    return s.svg("Tenate de palma")
