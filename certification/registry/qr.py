"""QR codes that lead to a verify page: upper-case address, alphanumeric mode, level Q (ISO/IEC 18004)."""

from functools import lru_cache
from typing import Literal

QUIET = 4  # modules of white around it, as the standard asks
MODULE_PX = 12
ALPHANUMERIC: Literal[2] = 2

Matrix = tuple[tuple[bool, ...], ...]


def address(short_origin: str, code: str) -> str:
    """``HTTPS://HOST/V/CODE``: only letters that alphanumeric mode has, so that the code stays coarse."""
    return f"{short_origin}/v/{code}".upper()


@lru_cache(maxsize=256)
def matrix(text: str) -> Matrix:
    """Dark modules by row, without the quiet zone.

    Raises:
        ValueError: when the text has letters that alphanumeric mode lacks.

    """
    import qrcode  # noqa: PLC0415 - slow to load, and few requests draw a code
    from qrcode.util import QRData  # noqa: PLC0415 - the same

    drawn = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_Q, border=0)
    drawn.add_data(QRData(text.encode("ascii"), mode=ALPHANUMERIC))
    drawn.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in drawn.get_matrix())


@lru_cache(maxsize=256)
def path(text: str) -> str:
    """All dark modules as one path of a unit grid, run by run, shifted by the quiet zone."""
    return "".join(
        f"M{start + QUIET} {y + QUIET}h{length}v1h-{length}z"
        for y, row in enumerate(matrix(text))
        for start, length in _runs(row)
    )


def width(text: str) -> int:
    """Modules from edge to edge, quiet zone included."""
    return len(matrix(text)) + 2 * QUIET


def svg(text: str, label: str = "") -> str:
    """One drawing: white ground, one black path; ``label`` names it for those who do not see it."""
    edge = width(text)
    named = f' role="img" aria-label="{label}"' if label else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {edge} {edge}" shape-rendering="crispEdges"{named}>'
        f'<path fill="#fff" d="M0 0h{edge}v{edge}H0z"/><path d="{path(text)}"/></svg>'
    )


def png(text: str) -> bytes:
    """The same in black and white pixels, a whole number of them for each module."""
    edge = width(text) * MODULE_PX
    import resvg_py  # noqa: PLC0415 - the same

    return bytes(resvg_py.svg_to_bytes(svg_string=svg(text), width=edge, height=edge, skip_system_fonts=True))


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if runs and runs[-1][0] + runs[-1][1] == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((x, 1))
    return runs
