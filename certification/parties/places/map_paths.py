"""The state map as data: drawn by Victor Cazanave for svg-maps (CC BY 4.0), simplified by ``simplify.py``.

A page that shows it gives that credit; docs/credits.md has its wording.
"""

import json
from functools import cache

from certification.parties.places.places import HERE, states

CREDIT = "Victor Cazanave / svg-maps, CC BY 4.0"


@cache
def _drawing() -> tuple[str, dict[str, str]]:
    data = json.loads((HERE / "map.json").read_text(encoding="utf-8"))
    return data["viewBox"], data["paths"]


def view_box() -> str:
    """The SVG viewBox in which the paths are drawn."""
    return _drawing()[0]


@cache
def map_paths() -> dict[str, tuple[str, str]]:
    """State code → (name, path data), in the order of the codes."""
    paths = _drawing()[1]
    return {state.code: (state.name, paths[state.code]) for state in states()}


def map_svg() -> str:
    """The whole map as one drawing; static/img/mexico.svg is this text."""
    shapes = "".join(
        f'<path id="mx-{code}" d="{path}"><title>{name}</title></path>' for code, (name, path) in map_paths().items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box()}" role="img"><title>México</title>'
        f"<desc>{CREDIT}; simplified</desc>"
        f'<g fill="#DCCFB6" stroke="#FAF6EE" stroke-width="2" stroke-linejoin="round">{shapes}</g></svg>\n'
    )
