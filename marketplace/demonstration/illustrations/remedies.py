"""Soap, candles and dried herbs."""

import random

from marketplace.demonstration.illustrations.common import COTTON, INK, SETS, Scene, chance, leaf, leaf_path, n


def _flecks(r: random.Random, colours: list[str], x: float, y: float, w: float, h: float, k: int) -> str:
    out = ""
    for c in colours:
        d = "".join(
            f"M{n(x + r.uniform(4, w - 8))} {n(y + r.uniform(4, h - 4))}l{r.choice([3, 4, 6])} {r.choice([-2, 0, 2])}"
            for _ in range(k)
        )
        out += f'<path d="{d}" stroke="{c}" stroke-width="3" stroke-linecap="round"/>'
    return out


def _bar(s: Scene, x: float, y: float, w: float, fill: str, flecks: list[str], name: str, rough: float = 0) -> None:  # noqa: PLR0913 - a block
    """A block seen a little from above; ``rough`` is how far its cut edges stray."""
    r, h, deep = s.r, 58.0, 34.0

    def j() -> float:
        return r.uniform(-rough, rough)

    front = f"M{n(x + j())} {n(y + j())}L{n(x + w * 0.33)} {n(y + j())}L{n(x + w * 0.7)} {n(y + j())}L{n(x + w + j())} {n(y + j())}L{n(x + w + j())} {n(y + h * 0.5)}L{n(x + w + j())} {n(y + h)}L{n(x + w * 0.5)} {n(y + h + j())}L{n(x + j())} {n(y + h)}L{n(x + j())} {n(y + h * 0.4)}z"
    top = f"M{n(x)} {n(y + 2)}L{n(x + 26)} {n(y - deep)}H{n(x + w + 20)}L{n(x + w)} {n(y + 2)}z"
    side = f"M{n(x + w - 1)} {n(y)}L{n(x + w + 20)} {n(y - deep)}V{n(y + h - deep + 6)}L{n(x + w - 1)} {n(y + h)}z"
    s.shadow(x + w / 2 + 6, y + h, w * 0.55, 14)
    s.add(
        f'<path d="{side}" fill="{fill}"/><path d="{side}" fill="#2B1D12" opacity=".28"/><path d="{top}" fill="{fill}"/><path d="{top}" fill="#fff" opacity=".38"/>'
    )
    s.clip(front, _flecks(r, flecks, x, y, w, h, 9), fill, name)
    s.add(f'<path d="M{n(x + 3)} {n(y + 2)}H{n(x + w - 3)}" stroke="#fff" stroke-opacity=".5" stroke-width="3"/>')


def cream_soap(r: random.Random) -> str:
    """Cream bars cut by hand, one in its paper band."""
    s = Scene(r)
    fill, (m, a, _, _) = r.choice(["#EBD9AE", "#F0E2BE", "#E3CB94"]), r.choice(SETS[:3])
    _bar(s, 96, 346, 176, fill, [], "c", 1.5)
    _bar(s, 112 + r.randrange(10), 286, 168, fill, ["#C9A65A"], "k", 1.5)
    s.add(
        f'<path d="M160 286H222V344H160z" fill="{COTTON}"/><path d="M160 287l26-35h62l-26 35z" fill="{COTTON}"/><path d="M160 287l26-35h62l-26 35z" fill="#fff" opacity=".4"/><path d="M170 306h42M176 318h30" stroke="{INK}" stroke-width="4"/><path d="M160 334h62" stroke="{m}" stroke-width="7" stroke-dasharray="7 5"/><path d="M160 294h62" stroke="{a if a != COTTON else m}" stroke-width="3"/>'
    )
    return s.svg("Jabón de cera y miel")


def dark_flecked_soap(r: random.Random) -> str:
    """A rough bar with dark flecks."""
    s = Scene(r)
    fill = r.choice(["#B9B59A", "#C4BFA0", "#A8AD90"])
    _bar(s, 84, 350, 196, fill, ["#2F3A26", "#5A5A48", "#3A3A34"], "c", 6)
    _bar(s, 116, 286 + r.randrange(5), 158, fill, ["#2F3A26", "#5A5A48"], "k", 6)
    s.add("".join(leaf(310 + i * 7, 428 - i * 4, -150 + i * 44, 40, "#4F7A4A") for i in range(3)))
    return s.svg("Jabón de hoja de limón y ceniza")


def peel_soap(r: random.Random) -> str:
    """A pale bar with bits of peel, tied with fibre."""
    s = Scene(r)
    fill = r.choice(["#E9E6C6", "#DDE3C4", "#F0E6C8"])
    _bar(s, 90, 344, 190, fill, ["#E8922E", "#6F9A4A", "#F0B04A"], "c", 2)
    s.add(
        '<path d="M180 344V404M196 344V404M180 346l26-36M196 346l26-36" stroke="#B08A4A" stroke-width="4"/><path d="M200 312c-26-26-40 4 2 4c40 2 34-30 0-4" fill="none" stroke="#B08A4A" stroke-width="4"/><path d="M196 316q-22 10-30 4M206 316q20 14 34 6" fill="none" stroke="#B08A4A" stroke-width="3.5" stroke-linecap="round"/>'
    )
    x = r.randrange(292, 306)
    s.shadow(x, 440, 34, 9)
    s.add(
        f'<circle cx="{x}" cy="412" r="32" fill="#E8922E"/><circle cx="{x}" cy="412" r="27" fill="#F7E3B4"/><circle cx="{x}" cy="412" r="24" fill="#F0A83A"/><path d="M{x} 388v48M{x - 24} 412h48M{x - 17} 395l34 34M{x + 17} 395l-34 34" stroke="#F7E3B4" stroke-width="3.5"/>'
    )
    return s.svg("Jabón de naranja y sábila")


def vela(r: random.Random) -> str:
    """Beeswax candles of three heights."""
    s = Scene(r)
    wax, lit = r.choice(["#D9A84A", "#E9D49A", "#C98F3A", "#F0E6CC"]), chance(r, 0.5)
    honeycomb = s.pattern(
        "h",
        12,
        20,
        '<path d="M6 0l6 3.5v6.5l-6 3.5l-6-3.5v-6.5zM6 13.5V20" fill="none" stroke="#000" stroke-opacity=".2" stroke-width="1.2"/>',
    )
    rolled = chance(r, 0.6)
    for i, (x, w) in enumerate(((116, 26), (276, 30), (196, 34))):
        top, base = r.randrange(180, 290), (398, 402, 416)[i]
        s.shadow(x + 6, base + 4, w * 1.3, 12)
        drip = "".join(f"M{x - w + 8 + j * 17} {top}v{r.randrange(14, 54)}" for j in range(3))
        inner = (
            f'<path d="M{x - w} {top}h{2 * w}V440h-{2 * w}z" fill="{honeycomb}"/>'
            if rolled
            else f'<path d="{drip}" stroke="#fff" stroke-opacity=".35" stroke-width="9" stroke-linecap="round"/>'
        )
        s.clip(
            f"M{x - w} {top}A{w} {w * 0.3:.1f} 0 0 1 {x + w} {top}V{base}A{w} {w * 0.3:.1f} 0 0 1 {x - w} {base}z",
            inner,
            wax,
            f"c{i}",
        )
        s.add(
            f'<ellipse cx="{x}" cy="{top}" rx="{w}" ry="{w * 0.28:.1f}" fill="{wax}"/><ellipse cx="{x}" cy="{top}" rx="{w}" ry="{w * 0.28:.1f}" fill="#fff" opacity=".35"/><path d="M{x} {top}q-3-8 1-18" fill="none" stroke="{INK}" stroke-width="3.5" stroke-linecap="round"/>'
        )
        if lit:
            s.add(
                f'<circle cx="{x + 1}" cy="{top - 34}" r="40" fill="#FFE7A8" opacity=".35"/><path d="M{x + 1} {top - 62}q20 26 0 46q-20-20 0-46z" fill="#F0A32E"/><path d="M{x + 1} {top - 44}q10 16 0 28q-10-12 0-28z" fill="#FFF3C8"/>'
            )
    return s.svg("Velas de cera de abeja")


def hierba(r: random.Random) -> str:
    """Bunches of herbs hung up to dry."""
    s = Scene(r, 0)
    s.add('<path d="M30 92Q200 112 372 88" fill="none" stroke="#7A5A36" stroke-width="4"/>')
    greens = r.sample(["#6B8F6A", "#4F7A5C", "#8C9A5A", "#7A8F4A", "#A3A86A"], 3)
    for i, x in enumerate((112, 204, 294)):
        ln, g, y0 = r.randrange(230, 300), greens[i], 102 - abs(i - 1) * 4
        bloom = r.choice([None, "#E8A317", "#7A4E6B", "#F4ECDD"])
        stems, leaves, blooms = "", "", ""
        for j in range(6):
            t = (j - 2.5) / 2.5
            ex, ey = x + t * 44 + r.randrange(-6, 7), y0 + ln - abs(t) * 34
            stems += f"M{n(x - t * 12)} {y0 + 4}Q{n(x)} {y0 + 50} {n(ex)} {n(ey)}"
            for q in (0.5, 0.68, 0.84, 1):
                px, py = x + (ex - x) * q * q, y0 + 30 + (ey - y0 - 30) * q
                leaves += leaf_path(px, py, 90 + r.choice([-62, 62, -24]) * q, r.randrange(24, 36))
            if bloom:
                blooms += f'<circle cx="{n(ex)}" cy="{n(ey + 10)}" r="6" fill="{bloom}"/>'
        s.add(
            f'<g transform="translate(10 12)" opacity=".13"><path d="{stems}" stroke="#2B1D12" stroke-width="10" fill="none"/></g><path d="{stems}" fill="none" stroke="#5A5A2E" stroke-width="3"/><path d="{leaves}" fill="{g}"/>{blooms}<path d="M{x - 9} {y0 + 34}q9 6 18 0M{x - 9} {y0 + 40}q9 6 18 0" fill="none" stroke="#D9B98A" stroke-width="5"/>'
        )
    return s.svg("Hierbas secas")
