"""Tracing the threads of one value round their outline, as an SVG path."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[int, int]
Grid = Sequence[Sequence[int]]


def outline(grid: Grid, value: int) -> str:
    """Path data with relative `m`, `h` and `v` only; each closed line is one subpath. No seams at any scale."""
    edges = _edges(grid, value)
    drawn, at_x, at_y = [], 0, 0
    while edges:
        corners = _walk(edges)
        x, y = corners[0]
        segment = f"m{x - at_x} {y - at_y}".replace(" -", "-")
        for (ax, ay), (bx, by) in pairwise(corners[:-1]):
            segment += f"h{bx - ax}" if ay == by else f"v{by - ay}"
        drawn.append(segment + "z")
        at_x, at_y = x, y
    return "".join(drawn)


def runs(row: Sequence[int], value: int) -> Iterator[tuple[int, int]]:
    """Start and length of each run of `value` in a row."""
    start = 0
    while start < len(row):
        length = 0
        while start + length < len(row) and row[start + length] == value:
            length += 1
        if length:
            yield start, length
        start += length or 1


def _edges(grid: Grid, value: int) -> dict[Point, list[Point]]:
    """Unit edges between a cell of `value` and any other, clockwise round the cell."""
    cells = {(x, y) for y, row in enumerate(grid) for x, held in enumerate(row) if held == value}
    edges: dict[Point, list[Point]] = {}
    for x, y in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        around = (
            ((x, y - 1), (x, y), (x + 1, y)),
            ((x + 1, y), (x + 1, y), (x + 1, y + 1)),
            ((x, y + 1), (x + 1, y + 1), (x, y + 1)),
            ((x - 1, y), (x, y + 1), (x, y)),
        )
        for neighbour, start, end in around:
            if neighbour not in cells:
                edges.setdefault(start, []).append(end)
    return edges


def _walk(edges: dict[Point, list[Point]]) -> list[Point]:
    """Take one closed line out of `edges`, from its topmost, leftmost corner; straight stretches are one step."""
    start = min(edges, key=lambda point: (point[1], point[0]))
    here, before, corners = start, None, [start]
    while True:
        ways = edges[here]
        way = _leftward(ways, here, before)
        ways.remove(way)
        if not ways:
            del edges[here]
        if len(corners) > 1 and _straight(corners[-2], corners[-1], way):
            corners[-1] = way
        else:
            corners.append(way)
        before, here = here, way
        if here == start:
            return corners


def _leftward(ways: list[Point], here: Point, before: Point | None) -> Point:
    """Where two corners touch, turn left: fewer and longer lines."""
    if len(ways) > 1 and before is not None:
        left = (here[0] + here[1] - before[1], here[1] - here[0] + before[0])
        if left in ways:
            return left
    return ways[0]


def _straight(one: Point, two: Point, three: Point) -> bool:
    return one[0] == two[0] == three[0] or one[1] == two[1] == three[1]
