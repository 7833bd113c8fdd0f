"""Stepped frets for the weave, thread by thread. Abstract ones only: no family is one community's cloth.

Tags are printed once and for ever: a changed pick, order or list here is a new version of `PREFIX`, beside this one.
"""

import hashlib
from collections.abc import Callable

PREFIX = b"tejido-v1:"
ROWS = 13  # threads in the field
MID = ROWS // 2
ACCENT = 4  # cells: 0 ground, 1 figure, 3 line, 4 accent; 2 is a gap that keeps its width

Cell = Callable[[int, int], int]
Unit = list[list[int]]

_HOOKS = (
    """
    ......#......
    .....###.....
    ....#####....
    ...###.###...
    #.###...###.#
    #.##..@..##.#
    #.#..@@@..#.#
    #.##..@..##.#
    #.###...###.#
    #..###.###..#
    ##..#####..##
    .##..###..##.
    ..###.#.###..
    """,
    """
    ###...#...###
    #.#..###..#.#
    #...##@##...#
    #..##@@@##..#
    #.##@@.@@##.#
    ###@@...@@###
    ##@@..#..@@##
    ###@@...@@###
    #.##@@.@@##.#
    #..##@@@##..#
    #...##@##...#
    #.#..###..#.#
    ###...#...###
    """,
    """
    #########.###
    #.......#.#..
    #.#####.#.#.#
    #.#...#.#.#.#
    #.#.#.#.###.#
    #.#.###.....#
    #.#....@....#
    #.....###.#.#
    #.###.#.#.#.#
    #.#.#.#...#.#
    #.#.#.#####.#
    ..#.#.......#
    ###.#########
    """,
)
_MEANDERS = (
    """
    ##..........##
    ###........###
    .###......###.
    ..###....###..
    #..###..###..#
    ##..######..##
    ###..@@@@..###
    ##..######..##
    #..###..###..#
    ..###....###..
    .###......###.
    ###........###
    ##..........##
    """,
    """
    ##############
    #............#
    #.##########.#
    #.#........#.#
    #.#.######.#.#
    #.#.#@@@@#.#.#
    #.#.#@@@@#.#.#
    #.#.#@@@##.#.#
    #.#.#......#.#
    #.#.########.#
    #.#..........#
    #.#.##########
    ..#...........
    """,
)

_MARKS = {"#": 1, "@": ACCENT, "a": ACCENT, ".": 0, "0": 0, "1": 1, "3": 3}


class Picks:
    """Small numbers from the digest of a canonical code, in order; never runs dry."""

    def __init__(self, code: str) -> None:
        self.left = int.from_bytes(hashlib.sha256(PREFIX + code.encode()).digest(), "big")

    def pick(self, among: int) -> int:
        self.left, picked = divmod(self.left, among)
        return picked


def unit_of(family: Callable[[Picks], tuple[int, Cell]], picks: Picks) -> Unit:
    """One figure, row by row, without empty columns at its right."""
    period, cell = family(picks)
    unit = [[cell(x, y) for x in range(period)] for y in range(ROWS)]
    while all(row[-1] == 0 for row in unit):
        unit = [row[:-1] for row in unit]
    return unit


def _drawn(art: str, *, upside_down: bool) -> Cell:
    grid = art.split()

    def cell(x: int, y: int) -> int:
        row = grid[ROWS - 1 - y if upside_down else y]
        return _MARKS[row[x]] if x < len(row) else 0

    return cell


def _lozenges(picks: Picks) -> tuple[int, Cell]:
    step = 1 + picks.pick(2)
    rings = ("aa01103", "a011001", "0aa0111", "aaa0301", "10aa011")[picks.pick(5)]
    corner = (1, 3, 2)[picks.pick(3)]

    def cell(x: int, y: int) -> int:
        distance = int(abs(x - 6.5)) // step * step + abs(y - MID)
        if distance < len(rings):
            return _MARKS[rings[distance]]
        return corner if distance > 8 else 0  # noqa: PLR2004  two threads of ground, then the corner

    return 14, cell


def _frets(picks: Picks) -> tuple[int, Cell]:
    """A hook rising from a stair, locked with itself turned half round."""
    turned = picks.pick(2)
    picks.pick(2)  # once a second dye; the pick stays, or all that follow would change
    wide = picks.pick(2)
    hook = (
        "####### #.....# #.###.# #.#.#.# #.#...# #.##### #......",
        "####### ####### ##...## ##.#.## ##.#.## ##.#### ##.....",
    )[wide]
    cells = {(x, y) for y, row in enumerate(hook.split()) for x, mark in enumerate(row) if mark == "#"}
    cells |= {(x, 7 + k) for k in range(6) for x in range(k + 1 + wide) if not wide or x <= MID}

    def cell(x: int, y: int) -> int:
        row = ROWS - 1 - y if turned else y
        if (x, row) in cells:
            return 1
        return ACCENT if (13 - x, ROWS - 1 - row) in cells else 0

    return 15, cell


def _lightning(picks: Picks) -> tuple[int, Cell]:
    """A stepped line between nested peaks."""
    thick, nest = 2 + picks.pick(2), ("aaaaaa", "a0aaaa", "330aaa")[picks.pick(3)]

    def cell(x: int, y: int) -> int:
        below = y - 2 - int(abs(x - 6.5))
        if 0 <= below < thick:
            return 1
        away = below - thick if below >= thick else -below - 1
        return _MARKS[nest[min(away - 1, 5)]] if away >= 1 else 0

    return 14, cell


def _crosses(picks: Picks) -> tuple[int, Cell]:
    """Crossed stairs with a lozenge in each eye."""
    thick, eye, rim = 1 + picks.pick(2), picks.pick(3), picks.pick(2)

    def cell(x: int, y: int) -> int:
        across, up = int(abs(x - 6.5)), abs(y - MID)
        if abs(across - up) < thick:
            return 1
        if up - across > thick:
            return 1 if rim and up - across > thick + 1 else 3
        side = MID - across + up  # a lozenge that straddles two figures
        return ACCENT if across > up and side <= min(4 - thick, 1 + eye) else 0

    return 14, cell


def _hooks(picks: Picks) -> tuple[int, Cell]:
    """A lozenge that throws hooks to both sides."""
    flipped, core = picks.pick(2), picks.pick(3)
    return 14, _drawn(_HOOKS[core], upside_down=bool(flipped))


def _meanders(picks: Picks) -> tuple[int, Cell]:
    """A key that walks along the band."""
    double, mirrored = picks.pick(2), picks.pick(2)
    return 14 + double, _drawn(_MEANDERS[double], upside_down=bool(mirrored))


def _hourglasses(picks: Picks) -> tuple[int, Cell]:
    """Stepped hourglasses, their waists bound, with a lozenge between."""
    cut, between = picks.pick(2), ("330aa", "011aa", "aaa03")[picks.pick(3)]

    def cell(x: int, y: int) -> int:
        across, up = abs(x - 7), abs(y - MID)
        beyond = across - up // 2 * 2
        if beyond > 0:
            return _MARKS[between[beyond - 3]] if beyond > 2 else 0  # noqa: PLR2004  two threads of ground
        if cut and across <= up - 4:
            return 0
        return ACCENT if up <= 1 else 1

    return 15, cell


def _stars(picks: Picks) -> tuple[int, Cell]:
    """A stepped star of eight points in a quartered field."""
    quarter = (
        "1...... 11....1 111..11 1111.1. .1111.. ..111aa ...11aa",
        "3.....1 ......1 ..1..11 ...1.1. ....11a ..111aa 111.aa1",
        "1.33333 .1....3 3.11..3 3.111.. 3..11.a 3...1aa 333..a1",
        "111.111 11..1.1 1..11.. ..11..a 111..aa 1...aa1 11.aa11",
    )[picks.pick(4)].split()

    def cell(x: int, y: int) -> int:
        last = ROWS - 1
        return _MARKS[quarter[min(y, last - y)][min(x, last - x)]] if x <= last else 0

    return 14, cell


FAMILIES = (_frets, _lozenges, _meanders, _hooks, _lightning, _stars, _frets, _crosses, _hourglasses)
