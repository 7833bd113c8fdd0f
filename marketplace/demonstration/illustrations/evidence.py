"""Simple drawings of work under way, for the evidence of fictional applications."""

import random

from marketplace.demonstration.illustrations.common import COTTON, DYES, INK, SETS, Scene, n

_SKINS = ["#8A5A3C", "#A06A46", "#7A4A30", "#B57C54"]
_LANDSCAPE = "0 110 400 300"


def _scene(r: random.Random, table: float) -> Scene:
    s = Scene(r, table)
    s.view = _LANDSCAPE
    return s


def _hand(x: float, y: float, turn: float, skin: str, sleeve: str, side: int) -> str:
    """A plain hand, palm down, its arm below; ``side`` is 1 for a right hand."""
    fingers = "".join(
        f"M{-21 + i * 14} -6Q{-24 + i * 16} {-40 - (12, 20, 18, 6)[i]} {-16 + i * 14} {-58 - (8, 20, 16, 0)[i]}" for i in range(4)
    )
    return (
        f'<g transform="translate({x} {y})rotate({turn})scale({side} 1)"><path d="M0 40V150" stroke="{skin}" stroke-width="46" stroke-linecap="round"/><path d="M-32 96h64l8 120h-80z" fill="{sleeve}"/><path d="M-32 100h64" stroke="#fff" stroke-opacity=".4" stroke-width="6"/>'
        f'<path d="M-28-8Q-32 40-22 56H22Q34 30 28-6Q0-22-28-8z" fill="{skin}"/><path d="{fingers}" fill="none" stroke="{skin}" stroke-width="14" stroke-linecap="round"/><path d="M-22 40Q-54 20-48-16" fill="none" stroke="{skin}" stroke-width="16" stroke-linecap="round"/>'
        '<path d="M-14-2v12M0-6v14M14-4v12" stroke="#2B1208" stroke-opacity=".3" stroke-width="2.4" stroke-linecap="round"/></g>'
    )


def hands(r: random.Random) -> str:
    """Two hands with yarn."""
    s = _scene(r, 0)
    skin, (sleeve, *_) = r.choice(_SKINS), r.choice(SETS)
    yarn = r.choice([c for c in DYES if c != sleeve])
    skein = "".join(
        f"M128 {186 + i * 6}C160 {150 + i * 5} 240 {150 + i * 5} 272 {186 + i * 6}C250 {236 - i * 3} 150 {236 - i * 3} 128 {186 + i * 6}"
        for i in range(6)
    )
    s.add(
        f'<path d="{skein}" transform="translate(6 12)" fill="none" stroke="#2B1D12" stroke-opacity=".2" stroke-width="7"/><path d="{skein}" fill="none" stroke="{yarn}" stroke-width="6"/><path d="{skein}" fill="none" stroke="#fff" stroke-opacity=".25" stroke-width="1.6"/>'
    )
    s.add(_hand(112, 276, 22, skin, sleeve, -1) + _hand(288, 276, -22, skin, sleeve, 1))
    front = "".join(f"M128 {198 + i * 6}C150 {244 - i * 2} 250 {244 - i * 2} 272 {198 + i * 6}" for i in range(4))
    s.add(
        f'<path d="{front}" fill="none" stroke="{yarn}" stroke-width="6"/><path d="{front}" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="1.6"/><path d="M272 210q60 10 70 70t46 90" fill="none" stroke="{yarn}" stroke-width="5"/>'
    )
    return s.svg("Manos con madeja de hilo")


def kiln(r: random.Random) -> str:
    """A brick kiln with its fire."""
    s = _scene(r, 350)
    brick = r.choice(["#B5532F", "#A8603F", "#9A4A2C"])
    bricks = s.pattern(
        "b", 46, 28, '<path d="M0 1h46M0 15h46M12 1v14M36 15v14" stroke="#2B1208" stroke-opacity=".4" stroke-width="2.4"/>'
    )
    s.shadow(206, 388, 142, 20)
    smoke = f"M214 168q-22-24 4-44t{r.choice([-8, 4, 12])}-34"
    s.add(f'<path d="{smoke}" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="24" stroke-linecap="round"/>')
    d = "M78 388V260Q86 168 200 166Q314 168 322 260V388z"
    s.clip(d, f'<path d="{d}" fill="{bricks}"/>', brick)
    s.add(
        '<path d="M150 388V326Q154 284 200 284Q246 284 250 326V388z" fill="#1F0F06"/><path d="M162 388q-6-40 16-58q-2 22 12 26q-4-34 20-54q0 30 16 40q12 12 8 46z" fill="#E8702A"/><path d="M178 388q0-26 14-36q2 14 12 14q6-10 4-18q16 18 10 40z" fill="#F5C04A"/>'
    )
    s.add(
        "".join(
            f'<path d="M{x} {y}l58-{d}" stroke="#6B4A2E" stroke-width="13" stroke-linecap="round"/><circle cx="{x}" cy="{y}" r="6" fill="#C89B6C"/>'
            for x, y, d in ((262, 398, 10), (280, 386, 14), (268, 376, -6))
        )
    )
    s.add('<ellipse cx="200" cy="170" rx="46" ry="10" fill="#1F0F06" opacity=".6"/>')
    return s.svg("Horno de leña encendido")


def vat(r: random.Random) -> str:
    """A dye vat with skeins on a pole."""
    s = _scene(r, 330)
    dye, pot = r.choice(["#1F3A5F", "#9B1B30", "#C9862A", "#2F6B4F", "#6B3A5F"]), r.choice(["#8A4A2A", "#4A4745", "#B8683C"])
    s.shadow(206, 392, 130, 22)
    s.add(
        '<path d="M60 158H340" stroke="#6B4A2E" stroke-width="10" stroke-linecap="round"/><path d="M60 155H340" stroke="#fff" stroke-opacity=".25" stroke-width="2.5"/>'
    )
    for x in (124, 176, 228, 280):
        low = r.randrange(236, 262)
        skein = "".join(f"M{x - 12 + i * 6} 156Q{x - 16 + i * 8} {low - 30} {x - 8 + i * 4} {low}" for i in range(5))
        s.add(
            f'<path d="{skein}" fill="none" stroke="{COTTON}" stroke-width="6" stroke-linecap="round"/><path d="M{x - 14} 206Q{x - 16} {low - 20} {x - 8} {low}H{x + 8}Q{x + 16} {low - 20} {x + 14} 206z" fill="{dye}" opacity=".85"/><path d="M{x} {low + 8}v{r.randrange(8, 22)}" stroke="{dye}" stroke-width="4" stroke-linecap="round"/>'
        )
    s.clip(
        "M84 296C84 372 130 396 200 396C270 396 316 372 316 296z",
        '<path d="M88 326q112 34 224 0" fill="none" stroke="#fff" stroke-opacity=".2" stroke-width="7"/>',
        pot,
    )
    s.add(
        f'<ellipse cx="200" cy="296" rx="116" ry="27" fill="{pot}"/><ellipse cx="200" cy="298" rx="104" ry="22" fill="{dye}"/><path d="M122 294q40-14 84-10M230 312q40-2 56-12" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="4" stroke-linecap="round"/><circle cx="176" cy="306" r="5" fill="#fff" opacity=".35"/><circle cx="246" cy="296" r="4" fill="#fff" opacity=".35"/>'
    )
    return s.svg("Tina de teñido con madejas")


def _sheet(s: Scene, x: float, y: float, w: float, h: float, turn: float, inner: str) -> None:
    s.add(
        f'<g transform="translate({x} {y})rotate({n(turn)})"><path d="M0 0H{w}V{h}H0z" transform="translate(5 7)" fill="#2B1D12" opacity=".2"/><path d="M0 0H{w}V{h}H0z" fill="#FBF7EC"/>{inner}</g>'
    )


def _lines(r: random.Random, w: float, y0: int, y1: int, step: int, ink: str = INK) -> str:
    d = "".join(f"M14 {y}H{n(w - 16 - r.randrange(0, int(w * 0.4)))}" for y in range(y0, y1, step))
    return f'<path d="{d}" stroke="{ink}" stroke-opacity=".55" stroke-width="3.4" stroke-linecap="round"/>'


def receipts(r: random.Random) -> str:
    """Receipts and a ledger on the table."""
    s = _scene(r, 0)
    for _ in range(3):
        w, h = 104, r.randrange(140, 168)
        teeth = "".join(f"l{w / 8:.1f} {-6 if i % 2 else 6}" for i in range(8))
        inner = (
            _lines(r, w, 34, h - 40, 15)
            + f'<path d="M14 18h52" stroke="{r.choice(DYES)}" stroke-width="7"/><path d="M0 {h}{teeth}" fill="none" stroke="#CDBFA4" stroke-width="3"/><path d="M52 {h - 24}h38" stroke="{INK}" stroke-width="6"/>'
        )
        _sheet(s, (36, 118, 66)[_], (138, 128, 216)[_], w, h, r.randrange(-11, 12), inner)
    rows = "".join(f"M10 {y}H138" for y in range(30, 190, 18))
    sums = "".join(f"M{98 + r.randrange(8)} {y}h{r.randrange(16, 28)}M18 {y}h{r.randrange(30, 62)}" for y in range(42, 190, 18))
    _sheet(
        s,
        228,
        148,
        148,
        200,
        r.randrange(-5, 6),
        f'<path d="{rows}M88 14V192" stroke="#1F3A5F" stroke-opacity=".35" stroke-width="1.6"/><path d="{sums}" stroke="{INK}" stroke-opacity=".7" stroke-width="3.4" stroke-linecap="round"/><path d="M-10 8h12M-10 40h12M-10 72h12M-10 104h12M-10 136h12M-10 168h12" stroke="#8C9297" stroke-width="5" stroke-linecap="round"/>',
    )
    s.add(
        f'<g transform="translate(206 384)rotate(-24)"><path d="M0 0h132l20 7l-20 7H0z" fill="{r.choice(DYES)}"/><path d="M132 0l20 7l-20 7z" fill="#E3CB9C"/><path d="M0 3h132" stroke="#fff" stroke-opacity=".4" stroke-width="3"/></g>'
    )
    return s.svg("Recibos y libreta de cuentas")


def minutes(r: random.Random) -> str:
    """The assembly's minutes, signed and stamped."""
    s = _scene(r, 0)
    signs = "".join(
        f'<path d="M{x} {y}q8-{r.randrange(8, 22)} 14 0t12-{r.randrange(2, 14)}t{r.randrange(10, 22)} 6" fill="none" stroke="#1F3A5F" stroke-width="2.6"/><path d="M{x - 6} {y + 12}h62" stroke="{INK}" stroke-opacity=".4" stroke-width="1.6"/>'
        for x, y in ((20, 196), (96, 196), (20, 238), (96, 238))
    )
    _sheet(s, 62, 130, 180, 274, -4, _lines(r, 180, 14, 20, 14))
    _sheet(
        s,
        92,
        124,
        180,
        274,
        r.randrange(-1, 4),
        f'<path d="M40 22h100" stroke="{INK}" stroke-width="7"/>{_lines(r, 180, 44, 170, 14)}{signs}',
    )
    dye = r.choice(["#9B1B30", "#1F3A5F", "#6B3A5F"])
    s.add(
        f'<g transform="translate(268 330)rotate(-16)" fill="none" stroke="{dye}" opacity=".75"><circle r="38" stroke-width="4.5"/><circle r="28" stroke-width="2"/><path d="M-14 6h28M-10-6h20" stroke-width="5"/></g>'
    )
    s.add(
        f'<g transform="translate(330 204)rotate(14)"><ellipse cx="4" cy="92" rx="34" ry="9" fill="#2B1D12" opacity=".25"/><path d="M-30 62h60v26h-60z" fill="#6B4A2E"/><path d="M-30 82h60v8h-60z" fill="{dye}"/><path d="M-9 62Q-16 20-20 6Q-18-18 0-18Q18-18 20 6Q16 20 9 62z" fill="#8A5A36"/><path d="M-12-4q4-8 12-8" fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="4" stroke-linecap="round"/></g>'
    )
    return s.svg("Acta de asamblea firmada")


def loom(r: random.Random) -> str:
    """Cloth growing on a frame."""
    s = _scene(r, 0)
    main, a, b, dark = r.choice([row for row in SETS if row[0] != COTTON])
    warp = "".join(f"M{x} 140V384" for x in range(112, 292, 6))
    s.add(
        f'<path d="{warp}" stroke="{COTTON}" stroke-width="2.6"/><path d="{warp}" transform="translate(2 0)" stroke="#2B1D12" stroke-opacity=".25" stroke-width="1"/>'
    )
    y0 = r.randrange(248, 288)
    weave = "".join(
        f'<path d="M108 {y}H292" stroke="{r.choice([main, main, dark, a, b])}" stroke-width="8"/>' for y in range(y0, 384, 8)
    )
    steps = "".join(f"M{x} {y0 + 44}l12-12l12 12l-12 12z" for x in range(116, 284, 28))
    thr = s.pattern(
        "t",
        6,
        4,
        '<path d="M0 2h3" stroke="#fff" stroke-opacity=".4" stroke-width="2"/><path d="M3 0h3" stroke="#000" stroke-opacity=".2" stroke-width="2"/>',
    )
    s.add(f'{weave}<path d="{steps}" fill="{b if b != main else a}"/><path d="M108 {y0 - 4}H292V384H108z" fill="{thr}"/>')
    s.add(
        "".join(
            f'<path d="M60 {y}H340" stroke="#2B1D12" stroke-opacity=".2" stroke-width="16" stroke-linecap="round" transform="translate(4 8)"/><path d="M60 {y}H340" stroke="#8A5A36" stroke-width="16" stroke-linecap="round"/><path d="M60 {y - 4}H340" stroke="#fff" stroke-opacity=".25" stroke-width="4" stroke-linecap="round"/>'
            for y in (140, 384)
        )
    )
    s.add(
        f'<path d="M84 {y0 - 44}H316" stroke="#C89B6C" stroke-width="11" stroke-linecap="round"/><path d="M70 {y0 - 16}L330 {y0 - 22}" stroke="#5B3418" stroke-width="17" stroke-linecap="round"/><path d="M74 {y0 - 21}L328 {y0 - 27}" stroke="#fff" stroke-opacity=".25" stroke-width="3"/>'
    )
    return s.svg("Tela en el telar")


def drying(r: random.Random) -> str:
    """Pots on boards, drying before the fire."""
    s = _scene(r, 0)
    clay = r.choice(["#C98F62", "#B98768", "#9A8A7A"])
    for board in (236, 366):
        s.add(
            f'<path d="M30 {board}H370v13H30z" fill="#A8703F"/><path d="M30 {board}H370v4H30z" fill="#fff" opacity=".25"/><path d="M30 {board + 13}H370v8H30z" fill="#2B1D12" opacity=".16"/>'
        )
        for i, x in enumerate((82, 160, 238, 316)):
            w, h = r.randrange(26, 34), r.randrange(58, 88)
            t = board - h
            d = f"M{x - w * 0.5:.0f} {t}Q{x - w * 0.35:.0f} {t + 12} {x - w * 0.5:.0f} {t + 18}Q{x - w * 1.15:.0f} {t + h * 0.6:.0f} {x - w * 0.55:.0f} {board}H{x + w * 0.55:.0f}Q{x + w * 1.15:.0f} {t + h * 0.6:.0f} {x + w * 0.5:.0f} {t + 18}Q{x + w * 0.35:.0f} {t + 12} {x + w * 0.5:.0f} {t}z"
            s.clip(
                d,
                f'<path d="M{x - 40} {t + h * 0.45:.0f}q40 12 80 0" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="{r.choice([3, 5])}"/>',
                clay,
                f"c{board}{i}",
            )
            s.add(f'<ellipse cx="{x}" cy="{t}" rx="{w * 0.5:.0f}" ry="4.5" fill="#2B1208" opacity=".55"/>')
    return s.svg("Piezas de barro secando")


def plot(r: random.Random) -> str:
    """Rows of a growing plot."""
    s = _scene(r, 0)
    soil, green = r.choice(["#8A5A3C", "#6F4A33", "#A06A46"]), r.choice(["#4F7A3C", "#5F8C4A", "#3F6B45"])
    s.add(
        f'<path d="M0 236Q100 196 210 226T400 206V420H0z" fill="#7E957F"/><path d="M0 262Q200 236 400 260V420H0z" fill="{soil}"/>'
    )
    for i in range(7):
        x = -60 + i * 87
        top = 200 + (x - 200) * 0.28
        s.add(
            f'<path d="M{n(top)} 256Q{n((top + x) / 2)} 320 {x} 412h34Q{n((top + x) / 2 + 18)} 320 {n(top + 8)} 256z" fill="#2B1208" opacity=".22"/>'
        )
        for q in (0.1, 0.3, 0.52, 0.78):
            px, py, k = top + (x + 17 - top) * q, 256 + 150 * q, 8 + 24 * q
            s.add(
                f'<path d="M{n(px)} {n(py + 4)}q{n(-k * 0.9)}-{n(k * 0.4)} {n(-k)}-{n(k)}q{n(k * 0.8)} 0 {n(k)} {n(k * 0.6)}q0-{n(k * 1.2)} {n(k * 0.2)}-{n(k * 1.5)}q{n(k * 0.6)} {n(k * 0.6)} {n(k * 0.1)} {n(k * 1.5)}q{n(k * 0.4)}-{n(k * 0.6)} {n(k)}-{n(k * 0.6)}q-{n(k * 0.2)} {n(k * 0.7)}-{n(k * 1.2)} {n(k)}z" fill="{green}"/>'
            )
    s.add(f'<circle cx="{r.randrange(70, 330)}" cy="160" r="26" fill="#fff" opacity=".55"/>')
    return s.svg("Parcela sembrada")


EVIDENCE = {f.__name__: f for f in (hands, kiln, vat, receipts, minutes, loom, drying, plot)}
