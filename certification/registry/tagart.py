"""One printed tag as a picture: QR at 18 mm, weave, label, goods, maker, place, code and the short host; in one or in three inks.

Lengths are tenths of a millimetre. The size is that of a cell of the sheet (3.75 × 1.67 in: twelve on a Letter sheet).
"""

from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from certification.registry import qr
from certification.rules.verdict import PublicState
from certification.rules.weave import weave

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FONTS = Path(__file__).with_name("fonts")
REGULAR, BOLD = FONTS / "NotoSans-Regular.ttf", FONTS / "NotoSans-Bold.ttf"
WIDTH, HEIGHT = 952, 423
MARGIN, GAP = 36, 34
QR_SIDE = 180
LEFT = MARGIN + QR_SIDE + GAP
ROOM = WIDTH - LEFT - MARGIN
BAND_HEIGHT, BELOW_BAND = 100, 10
BELOW_QR, HOST_LEADING = 52, 32  # the words under it stay out of its quiet zone
DPI = 600
MM_PER_INCH = 25.4
PRINTABLE = (PublicState.VALID, PublicState.NOT_YET_VALID)  # what a tag may be printed of


class Tag(NamedTuple):
    """What stands on a tag; ``address`` is what its QR says, ``host`` what a person types."""

    code: str
    shown_code: str
    address: str
    host: str
    label: str
    goods: str
    maker: str
    place: str
    verify_at: str


class Line(NamedTuple):
    text: str
    size: float
    bold: bool
    leading: float


def tag_svg(tag: Tag, *, mono: bool = False) -> str:
    """The tag as one drawing; its text needs the two fonts beside this module."""
    lines = list(_lines(tag))
    tall = max(BAND_HEIGHT + BELOW_BAND + sum(line.leading for line in lines), QR_SIDE + BELOW_QR + HOST_LEADING)
    top = (HEIGHT - tall) / 2
    under = top + QR_SIDE + BELOW_QR
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Noto Sans">',
        f'<path fill="#fff" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>',
        _qr(tag.address, MARGIN, top),
        _text(tag.verify_at, MARGIN, under, 25, bold=False),
        _text(tag.host, MARGIN, under + HOST_LEADING, _size(tag.host), bold=True),
        _band(tag.code, LEFT, top, mono=mono),
    ]
    y = top + BAND_HEIGHT + BELOW_BAND
    for line in lines:
        y += line.leading
        out.append(_text(line.text, LEFT, y, line.size, bold=line.bold))
    return "".join([*out, "</svg>"])


def tag_png(tag: Tag, *, mono: bool = False) -> bytes:
    """The drawing at 600 dots an inch, ready to print at its true size."""
    pixels = round(WIDTH / 10 / MM_PER_INCH * DPI)
    fonts = [str(REGULAR), str(BOLD)]
    import resvg_py  # noqa: PLC0415 - slow to load, and few requests draw a tag

    drawn = resvg_py.svg_to_bytes(svg_string=tag_svg(tag, mono=mono), width=pixels, font_files=fonts, skip_system_fonts=True)
    return bytes(drawn)


def _lines(tag: Tag) -> Iterator[Line]:
    yield Line(_cut(tag.label, 27, bold=False), 27, bold=False, leading=30)
    for text in _wrapped(tag.goods, 35, bold=True, most=2):
        yield Line(text, 35, bold=True, leading=38)
    for text in _wrapped(tag.maker, 27, bold=False, most=2):
        yield Line(text, 27, bold=False, leading=33)
    for text in _wrapped(tag.place, 27, bold=False, most=2):
        yield Line(text, 27, bold=False, leading=33)
    yield Line(tag.shown_code, 36, bold=True, leading=44)


def _wrapped(text: str, size: float, *, bold: bool, most: int) -> list[str]:
    """Whole words on at most so many lines; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most:
        line = words.pop(0)
        while words and _length(f"{line} {words[0]}", size, bold=bold) <= ROOM:
            line = f"{line} {words.pop(0)}"
        lines.append(line)
    if words:
        lines[-1] = f"{lines[-1]} {' '.join(words)}"
    return [_cut(line, size, bold=bold) for line in lines]


def _cut(line: str, size: float, *, bold: bool) -> str:
    if _length(line, size, bold=bold) <= ROOM:
        return line
    while line and _length(f"{line}…", size, bold=bold) > ROOM:
        line = line[:-1].rstrip()
    return f"{line}…"


def _size(host: str) -> float:
    """A host is never cut: a long one is printed smaller."""
    return min(28.0, 28.0 * (QR_SIDE + GAP / 2) / _length(host, 28, bold=True))


def _length(text: str, size: float, *, bold: bool) -> float:
    return _font(bold=bold).getlength(text) * size / 100


@cache
def _font(*, bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont  # noqa: PLC0415 - the same

    return ImageFont.truetype(str(BOLD if bold else REGULAR), 100)


def _text(text: str, x: float, y: float, size: float, *, bold: bool) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}"{weight}>{escape(text)}</text>'


def _qr(text: str, x: float, y: float) -> str:
    """The quiet zone reaches into the white around it, so that the code itself measures 18 mm."""
    inner = len(qr.matrix(text))
    scale = QR_SIDE / inner
    shift = qr.QUIET * scale
    moved = f"translate({x - shift:g} {y - shift:g}) scale({scale:.5f})"
    return f'<path shape-rendering="crispEdges" transform="{moved}" d="{qr.path(text)}"/>'


def _band(code: str, x: float, y: float, *, mono: bool) -> str:
    drawn = weave(code, mono=mono, title=False)
    return drawn.replace(
        "<svg ", f'<svg x="{x:g}" y="{y:g}" width="{ROOM}" height="{BAND_HEIGHT}" preserveAspectRatio="xMinYMin" ', 1
    )
