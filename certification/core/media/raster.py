"""Draws SVG of our own making as PNG, for the demonstration's illustrations and for og images.

Never for drawings from outside: those are refused at the door.
"""

from collections.abc import Sequence
from pathlib import Path


def rasterize(svg: str, width: int, height: int, *, fonts: Sequence[Path] = ()) -> bytes:
    """PNG bytes of `svg` within `width` × `height` pixels, proportions kept; transparent where nothing is drawn.

    Text uses only the given font files, so that the picture is the same on every machine. Raises ValueError for what
    is no SVG.
    """
    import resvg_py  # noqa: PLC0415 - heavy, and needed by two commands only

    drawn: bytes = resvg_py.svg_to_bytes(
        svg_string=svg, width=width, height=height, skip_system_fonts=True, font_files=[str(font) for font in fonts]
    )
    return drawn
