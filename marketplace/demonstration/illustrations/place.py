"""Hills, fields and weather, for the place a maker works in."""

import random

from marketplace.demonstration.illustrations.common import leaf, n, smooth

_SKIES = [("#F3D9B1", "#E9B68C"), ("#D7E2E4", "#F1E4CB"), ("#EBD3C4", "#C9D0D6"), ("#F6E6C0", "#DDE3D6")]
_HILLS = [
    ["#8FA39A", "#5F7F6E", "#3F6450", "#2B4A3B"],
    ["#B79C8E", "#9A6E5A", "#7A4632", "#52301F"],
    ["#93A5B5", "#637D95", "#3D5876", "#26405C"],
    ["#C2B280", "#98935C", "#66703F", "#424F2E"],
]


def place(r: random.Random) -> str:
    """A landscape, 16 : 9; no place that exists."""
    sky, hills = r.choice(_SKIES), r.choice(_HILLS)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 450" role="img"><title>Paisaje</title><defs><linearGradient id="y" x2="0" y2="1"><stop stop-color="{sky[0]}"/><stop offset="1" stop-color="{sky[1]}"/></linearGradient></defs><path fill="url(#y)" d="M0 0h800v450H0z"/>'
    ]
    sx = r.randrange(140, 660)
    out.append(f'<circle cx="{sx}" cy="{r.randrange(90, 150)}" r="{r.randrange(34, 52)}" fill="#fff" opacity=".55"/>')
    for i, c in enumerate(hills):
        y = 190 + i * 62
        pts = [(float(x), y + r.uniform(-46, 30) * (1 - i * 0.16)) for x in range(-60, 900, 120)]
        d = f"M-60 460L{n(pts[0][0])} {n(pts[0][1])}" + smooth(pts) + "L860 460z"
        out.append(f'<path fill="{c}" d="{d}"/>')
        rows = "".join(f"M{r.randrange(0, 800)} {y + r.randrange(20, 90)}q18-9 40 0" for _ in range(26))
        out.append(f'<path d="{rows}" fill="none" stroke="#fff" stroke-opacity=".14" stroke-width="2"/>')
    for _ in range(5):
        x, y, k = r.randrange(20, 780), r.randrange(392, 440), r.randrange(20, 40)
        out.append("".join(leaf(x, y, a, k, "#1C332A") for a in (-160, -130, -105, -80, -52, -22)))
    return "".join(out) + "</svg>"
