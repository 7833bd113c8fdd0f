"""The weave (tejido): a band or seal drawn from a code, to compare a tag with its page. No protection against copying.

SHA-256 of the canonical code gives a stream of small numbers. They pick, in this order: ground and three dyes; the
family of the stepped fret; the selvedge; which figures carry which accent (mirrored about the middle); turning and
posts; then the family's own proportions. Everything lies on a grid of square threads.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Literal

from certification.rules.code import ALPHABET, canonical
from certification.rules.errors import BadCode
from certification.rules.weave_families import ACCENT, FAMILIES, ROWS, Picks, Unit, unit_of
from certification.rules.weave_outline import outline, runs

Shape = Literal["band", "seal"]
Thread = tuple[int, str]  # ink, and the dashes of its stroke

_MANTA, _ANIL, _NOPAL = "#FAF6EE", "#1F3A5F", "#2F6B4F"
_CEMPASUCHIL, _GRANA, _ROJO = "#E8A317", "#9B1B30", "#B5532F"
# ground, figure, accent, line: neighbours differ by lightness as well as by hue
COLOURS = (
    (_MANTA, _ANIL, _CEMPASUCHIL, _GRANA),
    (_MANTA, _GRANA, _ANIL, _CEMPASUCHIL),
    (_MANTA, _NOPAL, _GRANA, _CEMPASUCHIL),
    (_MANTA, _ROJO, _ANIL, _NOPAL),
    (_MANTA, _ANIL, _ROJO, _NOPAL),
    (_MANTA, _GRANA, _CEMPASUCHIL, _NOPAL),
    (_ANIL, _MANTA, _CEMPASUCHIL, _ROJO),
    (_GRANA, _MANTA, _ANIL, _CEMPASUCHIL),
    (_NOPAL, _MANTA, _GRANA, _CEMPASUCHIL),
    (_ANIL, _CEMPASUCHIL, _GRANA, _MANTA),
    (_GRANA, _CEMPASUCHIL, _NOPAL, _MANTA),
    (_CEMPASUCHIL, _GRANA, _ANIL, _MANTA),
    (_CEMPASUCHIL, _ANIL, _GRANA, _MANTA),
    (_ROJO, _MANTA, _ANIL, _CEMPASUCHIL),
    (_NOPAL, _CEMPASUCHIL, _GRANA, _MANTA),
    (_ANIL, _MANTA, _ROJO, _CEMPASUCHIL),
)
INK = ("#fff", "#000", "#000", "#000")
# three threads on each side, from the edge inwards
SELVEDGES: tuple[tuple[Thread | None, ...], ...] = (
    ((3, ""), None, (1, "")),
    ((3, ""), (3, "1"), None),
    ((1, ""), (2, ""), None),
    ((3, ""), (3, "2 1"), None),
    ((1, "1"), (1, "0 1 0"), (3, "")),
    ((3, ""), (2, ""), (2, "1 2")),
    ((1, ""), None, (2, "2 1")),
    ((2, ""), (3, "1"), (2, "")),
    ((2, "3 1"), None, (3, "")),
    ((3, ""), (1, "1 2"), (3, "")),
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the code decides."""

    colours: tuple[str, ...]
    edge: tuple[Thread | None, ...]
    unit: Unit
    rhythm: tuple[int, ...]
    turns: bool
    posts: int


@dataclass(frozen=True, slots=True)
class _Loom:
    """A draft laid out for one drawing; lengths in threads."""

    draft: _Draft
    ink: tuple[str, ...]
    mono: bool
    seal: bool
    across: int
    id: str

    @property
    def pad(self) -> int:
        return 4 if self.seal else 0

    @property
    def gap(self) -> int:
        return 3 if self.draft.posts > 1 else 1

    @property
    def figure(self) -> int:
        return len(self.draft.unit[0])

    @property
    def field(self) -> int:
        return self.across * (self.figure + self.gap) - self.gap

    @property
    def width(self) -> int:
        return self.field + 2 * self.pad

    @property
    def height(self) -> int:
        return (2 * ROWS + self.gap if self.seal else ROWS) + 8


def weave(  # noqa: PLR0913 - each is one way of drawing it
    code: str, shape: Shape = "band", *, mono: bool = False, figures: int = 7, title: bool | str = True, uid: str = ""
) -> str:
    """One SVG document for `code`; its check character is not looked at.

    `mono` draws in black with hatching for cheap printers; `figures` is the length of a band; `uid` (letters,
    digits, hyphens) keeps ids apart when the same weave stands inline twice on a page. `title` names it for whoever does not see
    it: in Spanish, in other words that are given, or not at all.
    Raises BadCode for letters that no code has, ValueError for another `uid` or a band without figures.
    """
    plain = canonical(code)
    if not plain or not set(plain) <= set(ALPHABET):
        raise BadCode
    if figures < 1 or not re.fullmatch(r"[A-Za-z0-9-]*", uid):
        raise ValueError("a band has figures, and uid holds letters, digits and hyphens")
    draft, seal = _draft(plain), shape == "seal"
    ink = INK if mono else draft.colours
    name = ("m" if mono else "t") + ("s" if seal else "b")
    loom = _Loom(draft, ink, mono, seal, 2 if seal else figures, name + uid + plain[:6])
    beat = _beat(loom)
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {loom.width} {loom.height}" role="img">',
        f"<title>{escape(f'Tejido {code}' if title is True else title)}</title>" if title else "",
        f'<path fill="{ink[0]}" d="M0 0h{loom.width}v{loom.height}H0"/>',
        _selvedges(loom),
        _definitions(loom, beat),
        _figures(loom, beat),
        _posts(loom),
        _weft(loom),
        "</svg>",
    )
    return "".join(parts)


def _draft(code: str) -> _Draft:
    picks = Picks(code)
    colours = COLOURS[picks.pick(len(COLOURS))]
    family = FAMILIES[picks.pick(len(FAMILIES))]
    edge = SELVEDGES[picks.pick(len(SELVEDGES))]
    rhythm = tuple((2, 3, 2)[picks.pick(3)] for _ in range(3))
    turns, posts = bool(picks.pick(2)), picks.pick(4)
    return _Draft(colours, edge, unit_of(family, picks), (*rhythm, 2), turns, posts)


def _beat(loom: _Loom) -> list[int]:
    """The ink of each figure's accent, mirrored about the middle."""
    if not any(ACCENT in row for row in loom.draft.unit):
        return [2] * loom.across
    return [loom.draft.rhythm[min(at, loom.across - 1 - at) % 4] for at in range(loom.across)]


def _selvedges(loom: _Loom) -> str:
    """Along both edges of a band, all round a seal; one stroke draws a whole thread."""
    drawn, w, h = [], loom.width, loom.height
    for at, thread in enumerate(loom.draft.edge):
        if thread is None:
            continue
        dye, dashes = thread
        y, dashed = at + 0.5, f' stroke-dasharray="{dashes}"' if dashes else ""
        run = f"M{y} {y}H{w - y}V{h - y}H{y}z" if loom.seal else f"M0 {y}h{w}M0 {h - y}h{w}"
        drawn.append(f'<path fill="none" stroke="{loom.ink[dye]}"{dashed} d="{run}"/>')
    return "".join(drawn)


def _definitions(loom: _Loom, beat: list[int]) -> str:
    """One figure drawn once, in at most two states of its accent."""
    unit, ink, name = loom.draft.unit, loom.ink, loom.id
    body = "".join(f'<path fill="{ink[value]}" d="{path}"/>' for value in (1, 3) if (path := outline(unit, value)))
    marks, states = outline(unit, ACCENT), sorted(set(beat))
    shared = bool(marks) and len(states) > 1 and not loom.mono
    drawn = ["<defs>", f'<path id="{name}m" d="{marks}"/>' if shared else ""]
    for dye in states:
        drawn.append(f'<g id="{name}{dye}">')
        if dye != states[0]:
            drawn.append(f'<use href="#{name}"/>')
        else:
            drawn.append(f'<g id="{name}">{body}</g>' if len(states) > 1 else body)
        if marks and loom.mono and dye == 2:  # noqa: PLR2004  the accent's first ink becomes hatching
            drawn.append(_hatching(unit))
        elif shared:
            drawn.append(f'<use href="#{name}m" fill="{ink[dye]}"/>')
        elif marks:
            drawn.append(f'<path fill="{ink[dye]}" d="{marks}"/>')
        drawn.append("</g>")
    return "".join(drawn) + "</defs>"


def _hatching(unit: Unit) -> str:
    lines = "".join(f"M{x} {y}.3h{length}" for y, row in enumerate(unit) for x, length in runs(row, ACCENT))
    return f'<path stroke="#000" stroke-width=".6" d="{lines}"/>'


def _figures(loom: _Loom, beat: list[int]) -> str:
    drawn, step = [f'<g transform="translate({loom.pad} 4)">'], loom.figure + loom.gap
    for row in range(2 if loom.seal else 1):
        for at, dye in enumerate(beat):
            x, y = at * step, row * (2 * ROWS + loom.gap)
            flipped = loom.draft.turns and at % 2 == 1
            where = f'x="{x}"'
            if flipped or row:
                left = f"-1 0 0 {-1 if row else 1} {x + loom.figure}" if flipped else f"1 0 0 {-1 if row else 1} {x}"
                where = f'transform="matrix({left} {y})"'
            drawn.append(f'<use href="#{loom.id}{dye}" {where}/>')
    return "".join(drawn) + "</g>"


def _posts(loom: _Loom) -> str:
    """Between figures, and in a seal the bar across."""
    if loom.gap == 1:
        return ""
    step, h = loom.figure + loom.gap, loom.height
    lines = "".join(f"M{loom.pad + at * step - 1.5} 4v{h - 8}" for at in range(1, loom.across))
    lines += f"M{loom.pad} {h / 2:g}h{loom.field}" if loom.seal else ""
    dashed = ' stroke-dasharray="1"' if loom.draft.posts == 3 else ""  # noqa: PLR2004  the last of four picks
    return f'<path stroke="{loom.ink[3]}" d="{lines}"{dashed}/>'


def _weft(loom: _Loom) -> str:
    """Ribs of cloth: one broad dashed stroke."""
    if loom.mono:
        return ""
    w = loom.width
    return f'<path d="M{w / 2:g} 0v{loom.height}" stroke="#000" stroke-opacity=".09" stroke-width="{w}" stroke-dasharray=".4.6"/>'
