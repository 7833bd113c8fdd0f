"""Turned and joined toys."""

import random

from marketplace.demonstration.illustrations.common import COTTON, DYES, INK, Scene, arc, lathe

_WOOD = ["#D2A673", "#C89B6C", "#DDBB8C"]


def _paints(r: random.Random, k: int) -> list[str]:
    return r.sample([*DYES, COTTON], k)


def trompo(r: random.Random) -> str:
    """A spinning top with its string."""
    s = Scene(r)
    wood, cols = r.choice(_WOOD), _paints(r, 3)
    prof = [(176.0, 13.0), (194, 16), (204, 40), (226, 78), (256, 96), (300, 82), (346, 42), (384, 13)]
    s.shadow(212, 412, 84, 18)
    coil = "M78 420q34-26 66 2t64 8t58-14t50 12q22 18-6 24q-60 6-96-8"
    s.add(
        f'<path d="{coil}" transform="translate(2 4)" fill="none" stroke="#2B1D12" stroke-opacity=".25" stroke-width="7"/><path d="{coil}" fill="none" stroke="#EADFC6" stroke-width="6" stroke-linecap="round"/><path d="{coil}" fill="none" stroke="#8A7A5A" stroke-width="6" stroke-dasharray="2 5"/>'
    )
    s.add(
        f'<g transform="rotate({r.choice([-14, -10, 11, 15])} 200 410)"><path d="M193 380h14l-5 32q-2 5-4 0z" fill="#8C9297"/><path d="M193 380h5l2 34q-1 0-2-2z" fill="#fff" opacity=".6"/>'
    )
    bands = "".join(
        f'<path d="{arc(prof, y, 0.14)}" fill="none" stroke="{c}" stroke-width="{w}"/>'
        for y, c, w in zip(
            (212, 234, 252, 276, 298, 330),
            (cols[0], cols[1], cols[2], cols[0], cols[1], cols[2]),
            (16, 12, 10, 22, 8, 14),
            strict=True,
        )
    )
    grooves = "".join(
        f'<path d="{arc(prof, y, 0.14)}" fill="none" stroke="#000" stroke-opacity=".22" stroke-width="1.5"/>'
        for y in range(200, 376, 11)
    )
    s.clip(
        lathe(prof),
        bands
        + grooves
        + '<path d="M138 222q-22 34 2 78" fill="none" stroke="#fff" stroke-opacity=".55" stroke-width="9" stroke-linecap="round"/>',
        wood,
    )
    s.add('<ellipse cx="200" cy="176" rx="13" ry="5" fill="#fff" opacity=".4"/></g>')
    return s.svg("Trompo de madera")


def balero(r: random.Random) -> str:
    """Ball and stick on a string."""
    s = Scene(r)
    wood, cols = r.choice(_WOOD), _paints(r, 3)
    s.shadow(252, 414, 70, 18)
    s.shadow(140, 418, 60, 12)
    s.add(
        '<path d="M100 268C70 160 210 120 262 176S292 250 262 272" fill="none" stroke="#EADFC6" stroke-width="5"/><path d="M100 268C70 160 210 120 262 176S292 250 262 272" fill="none" stroke="#8A7A5A" stroke-width="5" stroke-dasharray="2 5"/>'
    )
    stick = "M88 262q12-8 24 0l8 60q16 8 14 24l8 62q0 12-15 14q-14 0-17-12l-10-60q-8-14 0-28z"
    rings = "".join(
        f'<path d="M84 {y}q24 10 56-4" fill="none" stroke="{c}" stroke-width="{w}"/>'
        for y, c, w in ((284, cols[0], 9), (332, cols[1], 13), (352, cols[2], 7), (396, cols[0], 9))
    )
    s.clip(stick, rings, wood, "k")
    ball = "M182 340a76 76 0 1 1 152 0a76 76 0 1 1-152 0z"
    hoops = "".join(
        f'<path d="M176 {y}q82 {b} 164 0" fill="none" stroke="{c}" stroke-width="{w}"/>'
        for y, b, c, w in ((298, 34, cols[0], 18), (322, 44, cols[1], 10), (342, 50, cols[2], 24), (372, 46, cols[1], 8))
    )
    s.clip(
        ball,
        hoops
        + '<path d="M200 312q12-30 40-38" fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="10" stroke-linecap="round"/>',
        wood,
        "b",
    )
    s.add(
        '<ellipse cx="258" cy="270" rx="19" ry="7" fill="#3A1F0D"/><path d="M239 270a19 7 0 0 1 38 0" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="2.5"/><path d="M262 272v-20" stroke="#EADFC6" stroke-width="5"/>'
    )
    return s.svg("Balero de madera")


def _wheel(x: float, wood: str, hub: str) -> str:
    return f'<circle cx="{x}" cy="390" r="27" fill="#3B2A1C"/><circle cx="{x}" cy="390" r="20" fill="{wood}"/><circle cx="{x}" cy="390" r="20" fill="none" stroke="#000" stroke-opacity=".18" stroke-width="3"/><circle cx="{x}" cy="390" r="8" fill="{hub}"/><path d="M{x - 20} 378a24 24 0 0 1 14-12" fill="none" stroke="#fff" stroke-opacity=".45" stroke-width="3"/>'


def camion(r: random.Random) -> str:
    """A slatted lorry."""
    s = Scene(r)
    wood, (body, slat, hub) = r.choice(_WOOD), r.sample(["#1F3A5F", "#2F6B4F", "#E8A317", "#9B1B30", "#B5532F"], 3)
    s.shadow(204, 414, 132, 16)
    fruit = r.choice(["#E8862E", "#C9502E", "#D9B23A", ""])
    if fruit:
        s.add(
            "".join(
                f'<circle cx="{x}" cy="{y}" r="17" fill="{fruit}"/><circle cx="{x - 5}" cy="{y - 6}" r="4" fill="#fff" opacity=".4"/>'
                for x, y in ((96, 272), (128, 264), (160, 270), (190, 264), (112, 258), (146, 252), (176, 256))
            )
        )
    posts = "".join(f"M{x} 258V356" for x in range(74, 216, 20))
    s.add(
        f'<path d="M66 286H218V356H66z" fill="{wood}"/><path d="M66 286H218V356H66z" fill="#000" opacity=".22"/><path d="{posts}" stroke="{wood}" stroke-width="7"/><path d="{posts}" transform="translate(3 0)" stroke="#000" stroke-opacity=".2" stroke-width="2"/>'
    )
    s.add(
        "".join(
            f'<path d="M64 {y}H220" stroke="{slat}" stroke-width="13"/><path d="M64 {y - 4}H220" stroke="#fff" stroke-opacity=".25" stroke-width="3"/>'
            for y in (272, 298, 324)
        )
    )
    cab = "M224 358V268q0-10 10-10h44q8 0 12 8l18 38h14q10 0 10 10v44z"
    s.clip(cab, f'<path d="M220 330h120v9H220z" fill="{COTTON}"/>', body)
    s.add(
        f'<path d="M246 274h28q5 0 7 4l12 26H246z" fill="#DDE6E4"/><path d="M250 300l22-24M262 300l16-18" stroke="#fff" stroke-width="3" opacity=".8"/><path d="M56 352H338v16H56z" fill="{wood}"/><path d="M56 352H338v5H56z" fill="#fff" opacity=".3"/><circle cx="330" cy="342" r="7" fill="{COTTON}" stroke="{INK}" stroke-opacity=".4" stroke-width="2"/>'
    )
    s.add(_wheel(100, wood, hub) + _wheel(166, wood, hub) + _wheel(288, wood, hub))
    return s.svg("Camión de redilas de madera")


def perinola(r: random.Random) -> str:
    """A six-sided put-and-take top; three faces show."""
    s = Scene(r)
    wood, faces = r.choice(_WOOD), r.sample(DYES, 3)
    s.shadow(204, 414, 70, 16)
    tilt = r.choice([-12, -9, 10, 13])
    s.add(
        f'<g transform="rotate({tilt} 200 412)"><path d="M191 150q9-8 18 0l3 92h-24z" fill="{wood}"/><path d="M202 146q4 0 7 4l3 92h-10z" fill="#000" opacity=".2"/><path d="M188 176h24M189 190h23" stroke="{faces[0]}" stroke-width="6"/>'
    )
    s.add(
        f'<path d="M118 250L160 234H240L282 250L242 264H158z" fill="{wood}"/><path d="M118 250L160 234H240L282 250L242 264H158z" fill="#fff" opacity=".25"/>'
    )
    sides = ((118, 158, 250, 264, faces[0], ".1"), (158, 242, 264, 264, faces[1], "0"), (242, 282, 264, 250, faces[2], ".3"))
    s.add(
        "".join(
            f'<path d="M{xa} {ya}L{xb} {yb}V{yb + 86}L{xa} {ya + 86}z" fill="{c}"/><path d="M{xa} {ya}L{xb} {yb}V{yb + 86}L{xa} {ya + 86}z" fill="#000" opacity="{o}"/>'
            for xa, xb, ya, yb, c, o in sides
        )
    )
    s.add(
        f'<path d="M118 336L158 350L192 410h8zM158 350H242L203 412h-6zM282 336L242 350L203 412z" fill="{wood}"/><path d="M282 336L242 350L203 412z" fill="#000" opacity=".3"/><path d="M158 350H242L203 412h-6z" fill="#000" opacity=".1"/>'
    )
    letters = r.choice(["M176 286H224M200 286V332", "M182 332V286h22q14 0 14 12t-14 12h-22", "M180 332l20-46l20 46M188 316h24"])
    s.add(
        f'<path d="{letters}" fill="none" stroke="{COTTON if faces[1] != "#E8A317" else INK}" stroke-width="9" stroke-linecap="round" stroke-linejoin="round"/><path d="M129 284l18 5M138 287v36M256 322v-36l16-5v16l-16 5" fill="none" stroke="{COTTON}" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/><path d="M160 268v78" stroke="#fff" stroke-opacity=".4" stroke-width="3"/></g>'
    )
    return s.svg("Perinola de madera")
