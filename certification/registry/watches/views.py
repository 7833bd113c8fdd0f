"""Pages for watching a label by mail. Links in mails carry their key: no page of theirs is kept, indexed or named to others."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.guard import me, person, requires
from certification.accounts.sessions import visit
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.i18n import language
from certification.core.web import PERSONAL, see_other
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.registry.records import find
from certification.registry.watches import links, watching
from certification.registry.watches.forms import RegretForm, WatchForm
from certification.registry.watches.links import Link, address
from certification.registry.watches.models import Watch
from certification.registry.weighing import standing
from certification.rules.code import display
from certification.rules.errors import DomainError
from certification.rules.verdict import LOST
from certification.schemes.texts import text_of

bp = Blueprint("watches", __name__)


@bp.route("/c/<code>/watch", methods=["GET", "POST"])
@requires(Permission.WATCH, load=find)
def ask(certificate: Certificate) -> Any:
    """The form. Whatever the address, the answer is the same page."""
    form = WatchForm()
    over = standing(certificate, clock.now()).state in LOST
    if not over and form.validate_on_submit():
        who = me() if person() else None
        try:
            with unit_of_work():
                watching.ask(certificate, form.email.data, language(), by=who, at=clock.now(), visit=visit())
        except DomainError as error:
            form.refuse(error)
        else:
            return see_other(url_for("watches.sent", code=certificate.code))
    page = render_template("watches/ask.html", form=form, over=over, **_about(certificate))
    return page, _status(form, over=over)


def _status(form: WatchForm, *, over: bool) -> int:
    if request.method != "POST":
        return 200
    return 409 if over else 400 if "csrf_token" in form.errors else 422


@bp.get("/c/<code>/watch/sent")
@requires(Permission.WATCH, load=find)
def sent(certificate: Certificate) -> str:
    """What to do next; the same for every address."""
    return render_template("watches/sent.html", most=watching.MOST_MAILS, **_about(certificate))


@bp.route("/watches/<public_id>/<key>/confirm", methods=["GET", "POST"])
@requires(Permission.WATCH)
def confirm(public_id: str, key: str) -> Any:
    """A page with one button: mail scanners follow links, people press buttons."""
    watch, now = links.find(Link.CONFIRM, public_id, key), clock.now()
    if watch is None or (watch.confirmed_at is None and watching.too_old(watch, now)):
        return _private("watches/expired.html", 404)
    if request.method == "POST":
        with unit_of_work():
            there = links.find(Link.CONFIRM, public_id, key)  # it may have been left at this moment
            if there is not None:
                watching.confirm(there, at=now)
        flash(_("Listo: su correo quedó confirmado."), "success")
        return see_other(request.path)
    name = "watches/confirm.html" if watch.confirmed_at is None else "watches/watching.html"
    return _private(name, leave=address(watch, Link.LEAVE), **_about(watch.certificate))


@bp.route("/watches/<public_id>/<key>/leave", methods=["GET", "POST"])
@requires(Permission.WATCH)
def leave(public_id: str, key: str) -> Any:
    """Ends it: a page with one button for people, and the POST that mail programs send by themselves (RFC 8058)."""
    watch = links.find(Link.LEAVE, public_id, key)
    if watch is None:
        return _private("watches/gone.html", 404)
    about = _about(watch.certificate)
    if request.method != "POST":  # mail programs look at links with HEAD too
        return _private("watches/leave.html", **about)
    now, over = clock.now(), about["verdict"].state in LOST
    sealed = links.regret(watch, now) if watch.confirmed_at and not over else None
    with unit_of_work():
        there = links.find(Link.LEAVE, public_id, key)  # mail programs press twice
        if there is not None:
            watching.leave(there, at=now)
    return _private("watches/left.html", sealed=sealed, **about)


@bp.post("/watches/undo")
@requires(Permission.WATCH)
def undo() -> Any:
    """Leaving was a slip: everything as it was, within the hour."""
    form, now = RegretForm(), clock.now()
    said = links.regretted(form.sealed.data, now) if form.validate_on_submit() else None
    certificate = find(said["code"]) if said else None
    if said is None or certificate is None:
        return _private("watches/expired.html", 422)
    with unit_of_work():
        watch = watching.come_back(certificate, said["email"], said["language"], said["told"], at=now)
        back = address_path(watch)
    flash(_("Listo: le seguiremos avisando."), "success")
    return see_other(back)


def address_path(watch: Watch) -> str:
    """Where a watch's own page is."""
    return url_for("watches.confirm", public_id=watch.public_id, key=links.key_of(watch, Link.CONFIRM))


def _about(certificate: Certificate) -> dict[str, Any]:
    return {
        "code": certificate.code,
        "shown": display(certificate.code),
        "verdict": standing(certificate, clock.now()),
        "label": text_of(certificate.scheme_version).name.in_(language()),
        "holder": certificate.holder_name,
        "goods": certificate.goods,
    }


def _private(name: str, status: int = 200, **values: object) -> Response:
    response = make_response(render_template(name, **values), status)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is the reader's key
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = PERSONAL
    return response
