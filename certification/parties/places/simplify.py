"""Make the state map small: svg-maps' drawing of Mexico, its borders simplified once for both sides.

    python -m certification.parties.places.simplify SOURCE.json > certification/parties/places/map.json

Borders are cut into arcs where states meet, and each arc is thinned (Douglas-Peucker) in one direction only, so
that neighbours keep sharing it and no gap opens. Units are those of the source's viewBox, times ``SCALE``.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

Point = tuple[int, int]
Ring = list[Point]

SCALE = 2
TOLERANCE = 1.25
SMALLEST_AREA = 14.0

_TOKEN = re.compile(r"[a-zA-Z]|-?[\d.]+(?:e-?\d+)?")


def rings(path: str) -> list[Ring]:
    """The closed rings of an SVG path made of M, L and Z only, snapped to the grid of ``SCALE`` steps a unit.

    Raises:
        ValueError: another command is found.

    """
    found: list[list[tuple[float, float]]] = []
    x = y = 0.0
    command = ""
    numbers: list[float] = []
    for word in _TOKEN.findall(path):
        if word.isalpha():
            if word not in "mMlLzZ":
                raise ValueError(word)
            command = word
            if word in "zZ":
                x, y = found[-1][0]
            continue
        numbers.append(float(word))
        if len(numbers) < 2:  # noqa: PLR2004 -- a point is two numbers
            continue
        dx, dy = numbers
        numbers = []
        x, y = (x + dx, y + dy) if command.islower() else (dx, dy)
        if command in "mM":
            found.append([])
            command = "l" if command == "m" else "L"
        found[-1].append((x, y))
    return [_snapped(ring) for ring in found]


def _snapped(ring: Iterable[tuple[float, float]]) -> Ring:
    points: Ring = []
    for x, y in ring:
        point = (round(x * SCALE), round(y * SCALE))
        if not points or points[-1] != point:
            points.append(point)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points


def _area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def _thin(points: Ring) -> Ring:
    (ax, ay), (bx, by) = points[0], points[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    far, index = 0.0, 0
    for i, (x, y) in enumerate(points[1:-1], 1):
        off = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
        if off > far:
            far, index = off, i
    if far <= TOLERANCE:
        return [points[0], points[-1]]
    return _thin(points[: index + 1])[:-1] + _thin(points[index:])


def _thin_both_ways(points: Ring) -> Ring:
    """The same thinning whichever state walks the arc."""
    if points[0] <= points[-1]:
        return _thin(points)
    return _thin(points[::-1])[::-1]


def _meetings(states: dict[str, list[Ring]]) -> set[Point]:
    """Points where an arc ends: more than two neighbours, or other states on the next stretch."""
    neighbours: dict[Point, set[Point]] = defaultdict(set)
    owners: dict[frozenset[Point], set[str]] = defaultdict(set)
    for code, drawn in states.items():
        for ring in drawn:
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
                neighbours[a].add(b)
                neighbours[b].add(a)
                owners[frozenset((a, b))].add(code)
    return {
        point
        for point, around in neighbours.items()
        if len(around) > 2 or len({frozenset(owners[frozenset((point, other))]) for other in around}) > 1  # noqa: PLR2004 -- on a line, two
    }


def _simplified(ring: Ring, ends: set[Point]) -> Ring:
    at = [i for i, point in enumerate(ring) if point in ends]
    if not at:
        lowest = ring.index(min(ring))
        turned = ring[lowest:] + ring[:lowest]
        far = max(range(len(turned)), key=lambda i: (turned[i][0] - turned[0][0]) ** 2 + (turned[i][1] - turned[0][1]) ** 2)
        return _thin(turned[: far + 1])[:-1] + _thin([*turned[far:], turned[0]])[:-1]
    turned = ring[at[0] :] + ring[: at[0]]
    cuts = [i - at[0] for i in at] + [len(ring)]
    closed = [*turned, turned[0]]
    out: Ring = []
    for a, b in pairwise(cuts):
        out += _thin_both_ways(closed[a : b + 1])[:-1]
    return out


def _drawn(ring: Ring, start: Point) -> tuple[str, Point]:
    text = ""
    x, y = start
    for i, (px, py) in enumerate(ring):
        dx, dy = px - x, py - y
        text += ("m" if i == 0 else "l" if i == 1 else "" if dx < 0 else " ") + f"{dx}" + ("" if dy < 0 else " ") + f"{dy}"
        x, y = px, py
    return text + "z", ring[0]


def simplified(states: dict[str, list[Ring]]) -> dict[str, str]:
    """One short path for each state, in the source's order; islets below ``SMALLEST_AREA`` are left out."""
    ends = _meetings(states)
    paths: dict[str, str] = {}
    for code, drawn in states.items():
        text, pen = "", (0, 0)
        for ring in sorted(drawn, key=_area, reverse=True):
            thin = _simplified(ring, ends)
            if len(thin) > 2 and (not text or _area(thin) >= SMALLEST_AREA):  # noqa: PLR2004 -- a ring has three corners
                piece, pen = _drawn(thin, pen)
                text += piece
        paths[code] = "M" + text[1:]
    return paths


def main(source: str) -> str:
    """The JSON kept as map.json, from the source file's path."""
    given = json.loads(Path(source).read_text(encoding="utf-8"))
    places = {place["cve_ent"]: rings(place["path"]) for place in given["locations"]}
    box = " ".join(str(round(float(v) * SCALE)) for v in given["viewBox"].split())
    paths = simplified(places)
    return json.dumps({"viewBox": box, "paths": {code: paths[code] for code in sorted(paths)}}, indent=0) + "\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
