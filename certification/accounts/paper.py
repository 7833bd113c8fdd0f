"""The sheet of paper that opens an account: code, address and its QR. Shown once, right after the code was made."""

from typing import NamedTuple

from flask import make_response, render_template, url_for
from werkzeug.wrappers import Response

from certification.accounts.models import User
from certification.core.web import outside

QUIET = 4  # modules of white around (ISO/IEC 18004 §6.3.8)


class Squares(NamedTuple):
    """A QR code as one SVG path on a grid of ``size`` modules, white border included."""

    size: int
    path: str


def code_sheet(user: User, code: str, *, back: str) -> Response:
    """The page to print, as the answer to the POST that made the code; it can't be shown again. ``back`` is where to go on."""
    address = outside(url_for("accounts.code"))
    page = render_template("accounts/paper.html", name=user.name, code=code, address=address, qr=squares(address), back=back)
    response: Response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def squares(text: str) -> Squares:
    """The QR code of a short text, error correction M (ISO/IEC 18004)."""
    import qrcode  # noqa: PLC0415 - heavy, and only this page needs it here

    made = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET)
    made.add_data(text)
    rows = made.get_matrix()
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
    return Squares(len(rows), dark)
