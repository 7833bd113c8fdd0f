"""Carved stone: mortars, the grinding slab, the planter."""

import random

from marketplace.demonstration.illustrations.common import Scene, leaf, n

_BASALT = ["#5C5753", "#4B4744", "#6A635C"]


def _pits(r: random.Random, k: int = 70) -> str:
    dark = "".join(f"M{r.randrange(70, 335)} {r.randrange(225, 425)}h{r.choice([1.5, 2, 3])}" for _ in range(k))
    pale = "".join(f"M{r.randrange(70, 335)} {r.randrange(225, 425)}h1.5" for _ in range(k // 2))
    return f'<path d="{dark}" stroke="#14110F" stroke-opacity=".55" stroke-width="2.6" stroke-linecap="round"/><path d="{pale}" stroke="#fff" stroke-opacity=".35" stroke-width="2" stroke-linecap="round"/>'


def _bowl(s: Scene, stone: str, rim: float, half: float, name: str = "c") -> None:
    """Three legs and a bowl whose rim lies at y ``rim``."""
    foot = 410
    legs = "".join(
        f"M{n(200 + x - half * 0.17)} {n(rim + half * 0.5)}L{n(200 + x * 1.08 - 11)} {n(foot + dy)}q11 7 22 0L{n(200 + x + half * 0.17)} {n(rim + half * 0.5)}z"
        for x, dy in ((-half * 0.6, -6), (half * 0.6, -6), (0, 8))
    )
    body = f"M{n(200 - half)} {rim}C{n(200 - half)} {n(rim + half * 0.62)} {n(200 - half * 0.6)} {n(rim + half * 0.92)} 200 {n(rim + half * 0.92)}C{n(200 + half * 0.6)} {n(rim + half * 0.92)} {n(200 + half)} {n(rim + half * 0.62)} {n(200 + half)} {rim}z"
    s.shadow(206, foot, half * 1.02, 22)
    s.clip(f"{legs}{body}", _pits(s.r), stone, name)


def _pestle(stone: str, x: float, y: float, tilt: float, size: float) -> str:
    d = f"M-13 0C-20 {n(-size * 0.4)} -15 {n(-size)} 0 {n(-size)}C15 {n(-size)} 20 {n(-size * 0.4)} 13 0C24 22 24 46 0 46C-24 46-24 22-13 0z"
    return f'<g transform="translate({n(x)} {n(y)})rotate({n(tilt)})"><path d="{d}" fill="{stone}"/><path d="{d}" fill="#000" opacity=".18" transform="translate(5 0)scale(.72 1)"/><path d="M-9 {n(-size * 0.72)}q-6 {n(size * 0.4)}-1 {n(size * 0.62)}" fill="none" stroke="#fff" stroke-opacity=".3" stroke-width="4" stroke-linecap="round"/></g>'


def _hollow(stone: str, rim: float, half: float, pestle: str) -> str:
    ry = half * 0.26
    lip = f"M{n(200 - half)} {rim}A{n(half)} {n(ry)} 0 0 0 {n(200 + half)} {rim}L{n(200 + half * 0.84)} {rim}A{n(half * 0.84)} {n(ry * 0.78)} 0 0 1 {n(200 - half * 0.84)} {rim}z"
    return (
        f'<ellipse cx="200" cy="{rim}" rx="{n(half)}" ry="{n(ry)}" fill="{stone}"/><ellipse cx="200" cy="{rim}" rx="{n(half)}" ry="{n(ry)}" fill="#fff" opacity=".16"/>'
        f'<ellipse cx="200" cy="{rim + 2}" rx="{n(half * 0.84)}" ry="{n(ry * 0.78)}" fill="#1B1715" opacity=".8"/>{pestle}<path d="{lip}" fill="{stone}"/><path d="{lip}" fill="#fff" opacity=".16"/>'
    )


def molcajete(r: random.Random) -> str:
    """A mortar on three legs with its pestle."""
    s = Scene(r)
    stone = r.choice(_BASALT)
    half, rim = r.randrange(112, 126), r.randrange(256, 270)
    _bowl(s, stone, rim, half)
    tilt = r.choice([-34, -26, 28, 36])
    s.add(_hollow(stone, rim, half, _pestle(stone, 200 - tilt * 0.4, rim - 8, tilt, r.randrange(88, 104))))
    return s.svg("Molcajete de piedra")


def mortar_with_face(r: random.Random) -> str:
    """A small mortar with a pig's face."""
    s = Scene(r)
    stone = r.choice(_BASALT)
    half, rim = 104, r.randrange(272, 282)
    s.add(f'<path d="M296 {rim + 34}q34-6 26 18t-24 8" fill="none" stroke="{stone}" stroke-width="9" stroke-linecap="round"/>')
    _bowl(s, stone, rim, half)
    s.add(_hollow(stone, rim, half, ""))
    y = rim + 40
    head = f"M84 {y - 46}l30 10q18-6 36 0l30-10q2 26-10 40q8 40-38 46q-46-6-38-46q-12-14-10-40z"
    s.shadow(134, y + 54, 44, 10)
    s.clip(head, _pits(r, 20), stone, "h")
    s.add(
        f'<ellipse cx="132" cy="{y + 20}" rx="23" ry="17" fill="{stone}"/><ellipse cx="132" cy="{y + 20}" rx="23" ry="17" fill="#fff" opacity=".2"/><path d="M124 {y + 20}v2M140 {y + 20}v2" stroke="#14110F" stroke-width="7" stroke-linecap="round"/>'
        f'<path d="M112 {y - 12}h1M152 {y - 12}h1" stroke="#14110F" stroke-width="9" stroke-linecap="round"/><path d="M110 {y - 14}h1M150 {y - 14}h1" stroke="#fff" stroke-opacity=".7" stroke-width="3" stroke-linecap="round"/><path d="M92 {y - 36}l16 12M172 {y - 36}l-16 12" stroke="#14110F" stroke-opacity=".5" stroke-width="4" stroke-linecap="round"/>'
    )
    return s.svg("Molcajete con cara de cochino")


def metate(r: random.Random) -> str:
    """The grinding slab with its hand stone."""
    s = Scene(r)
    stone, dy = r.choice(_BASALT), r.randrange(-8, 9)
    s.shadow(206, 410, 128, 24)
    y = 302 + dy
    for x, foot in ((104, 404), (276, 398), (196, 414)):
        s.add(
            f'<path d="M{x - 17} {y + 20}L{x - 9} {foot}q11 6 22 0L{x + 21} {y + 20}z" fill="{stone}"/><path d="M{x + 4} {y + 20}v{foot - y - 18}q5 0 9-2L{x + 21} {y + 20}z" fill="#000" opacity=".28"/>'
        )
    side = f"M70 {y - 30}Q196 {y + 22} 330 {y - 48}L332 {y - 22}Q200 {y + 56} 74 {y + 2}z"
    s.clip(side, _pits(r, 60), stone)
    top = f"M70 {y - 30}Q88 {y - 78} 104 {y - 92}Q210 {y - 52} 306 {y - 104}Q326 {y - 78} 330 {y - 48}Q196 {y + 22} 70 {y - 30}z"
    s.add(
        f'<path d="{top}" fill="{stone}"/><path d="{top}" fill="#fff" opacity=".2"/><path d="M112 {y - 78}Q208 {y - 44} 298 {y - 88}Q314 {y - 70} 316 {y - 52}Q198 {y + 4} 90 {y - 36}Q98 {y - 62} 112 {y - 78}z" fill="#000" opacity=".18"/>'
    )
    roll = f"M104 {y - 52}Q196 {y - 26} 300 {y - 66}"
    s.add(
        f'<path d="{roll}" transform="translate(4 14)" fill="none" stroke="#000" stroke-opacity=".3" stroke-width="26" stroke-linecap="round"/><path d="{roll}" fill="none" stroke="{stone}" stroke-width="32" stroke-linecap="round"/>'
        f'<path d="{roll}" transform="translate(0 -7)" fill="none" stroke="#fff" stroke-opacity=".26" stroke-width="9" stroke-linecap="round"/><path d="{roll}" transform="translate(0 11)" fill="none" stroke="#000" stroke-opacity=".25" stroke-width="8" stroke-linecap="round"/>'
    )
    return s.svg("Metate con su mano")


def _relief(shape: str) -> str:
    return f'<g transform="translate(2.5 3)" opacity=".4">{shape.replace("COLOUR", "#3A1F18")}</g><g transform="translate(-1.5 -1.5)" opacity=".55">{shape.replace("COLOUR", "#fff")}</g>'


def planter(r: random.Random) -> str:
    """A square planter with a carved vine."""
    s = Scene(r)
    stone = r.choice(["#CF9F90", "#C48E7C", "#D9B7A0", "#B9A58C"])
    x0, x1, top, base = 96, 304, r.randrange(232, 250), 408
    s.shadow(208, base + 2, 116, 24)
    for i in range(r.choice([0, 7, 9])):
        s.add(
            leaf(
                200 + (i - 4) * 5, top + 4, -90 + (i - 4) * 21, r.randrange(78, 108), r.choice(["#4F7A5C", "#3F6450", "#6B8F6A"])
            )
        )
    d = f"M{x0 - 10} {top}H{x1 + 10}V{top + 30}H{x1}L{x1 - 12} {base - 6}q-1 6-7 6H{x0 + 19}q-6 0-7-6L{x0} {top + 30}H{x0 - 10}z"
    vine = f'<path d="M{x0 + 22} {base - 30}C{x0 + 60} {top + 20} 180 {base + 10} 212 {base - 84}S{x1 - 60} {top + 40} {x1 - 24} {top + 76}" fill="none" stroke="COLOUR" stroke-width="5" stroke-linecap="round"/>'
    for x, y, t in (
        (140, base - 74, -80),
        (150, base - 66, 60),
        (196, base - 56, 30),
        (206, base - 68, -130),
        (234, base - 100, -90),
        (250, base - 92, 50),
        (276, top + 66, -60),
        (118, base - 50, -150),
    ):
        vine += leaf(x, y, t, 32, "COLOUR")
    frame = f'<path d="M{x0 + 14} {top + 46}H{x1 - 14}L{x1 - 24} {base - 16}H{x0 + 24}z" fill="#000" opacity=".07"/><path d="M{x0 - 10} {top + 29}H{x1 + 10}" stroke="#3A1F18" stroke-opacity=".45" stroke-width="4"/><path d="M{x0 - 10} {top + 3}H{x1 + 10}" stroke="#fff" stroke-opacity=".5" stroke-width="5"/>'
    s.clip(d, frame + _relief(vine) + _pits(r, 44), stone)
    return s.svg("Maceta de cantera")
