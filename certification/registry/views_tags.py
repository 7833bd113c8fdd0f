"""What is printed of a certificate: its QR, and the tags of its holder."""

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.i18n import language, sentence
from certification.registry import qr
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.registry.tagart import PRINTABLE, Tag, tag_png
from certification.registry.views_certificate import cannot, load
from certification.registry.weighing import UNSURE, standing
from certification.rules.code import display
from certification.rules.errors import IllegalMove
from certification.rules.text import N_
from certification.rules.verdict import PublicState
from certification.schemes.texts import text_of

bp = Blueprint("tags", __name__)
A_DAY = "public, max-age=86400"
TAGS_ON_A_SHEET = 12


@bp.get("/c/<code>/qr.svg")
@requires(Permission.SEE, load=load)
def qr_svg(certificate: Certificate) -> Response:
    return _image(qr.svg(_address(certificate)), "image/svg+xml")


@bp.get("/c/<code>/qr.png")
@requires(Permission.SEE, load=load)
def qr_png(certificate: Certificate) -> Response:
    return _image(qr.png(_address(certificate)), "image/png")


@bp.get("/c/<code>/tag")
@requires(Permission.TAG, load=load)
def tags(certificate: Certificate) -> str | tuple[str, int]:
    """A sheet of tags to print: ``?paper=a4`` and ``?ink=black``."""
    try:
        tag = _tag(certificate)
    except IllegalMove as error:
        return cannot(certificate, sentence(error))
    return render_template(
        "tags/sheet.html",
        tag=tag,
        qr_path=qr.path(tag.address),
        qr_edge=qr.width(tag.address),
        quiet=qr.QUIET,
        count=TAGS_ON_A_SHEET,
        paper="a4" if request.args.get("paper") == "a4" else "letter",
        mono=request.args.get("ink") == "black",
        lang=language(),
    )


@bp.get("/c/<code>/tag.png")
@requires(Permission.TAG, load=load)
def tag_picture(certificate: Certificate) -> Response | tuple[str, int]:
    """One tag at 600 dots an inch."""
    try:
        tag = _tag(certificate)
    except IllegalMove as error:
        return cannot(certificate, sentence(error))
    made = tag_png(tag, mono=request.args.get("ink") == "black")
    response = Response(made, mimetype="image/png")
    response.headers["Content-Disposition"] = f'inline; filename="{display(certificate.code)}.png"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _tag(certificate: Certificate) -> Tag:
    """Raises IllegalMove for a label that is paused or lost: nobody prints tags that say nothing true."""
    found = standing(certificate, clock.now())
    state = found.state
    if state is PublicState.CANNOT_CHECK:
        raise IllegalMove("no_tags", UNSURE[found.reason], state=state.value)
    if state is PublicState.SUSPENDED:
        raise IllegalMove("no_tags", N_("Este sello está en pausa: mientras dure no se imprimen etiquetas."), state=state.value)
    if state not in PRINTABLE:
        raise IllegalMove("no_tags", N_("Este sello ya no está vigente: no se imprimen etiquetas."), state=state.value)
    makers = ", ".join(one["name"] for one in certificate.page["makers"])
    return Tag(
        code=certificate.code,
        shown_code=display(certificate.code),
        address=_address(certificate),
        host=current_app.config["SETTINGS"].short_origin.partition("://")[2],
        label=text_of(certificate.scheme_version).name.in_(language()),
        goods=certificate.goods,
        maker=makers or certificate.holder_name,
        place=certificate.page["place"],
        verify_at=_("Verifique en"),
    )


def _address(certificate: Certificate) -> str:
    return qr.address(current_app.config["SETTINGS"].short_origin, certificate.code)


def _image(content: str | bytes, kind: str) -> Response:
    response = Response(content, mimetype=kind)
    response.headers["Cache-Control"] = A_DAY
    return response
