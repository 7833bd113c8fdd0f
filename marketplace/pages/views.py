"""Texts of the house, and the mail of a demonstration."""

from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.accounts.permissions import Permission
from certification.core.assets import asset
from certification.core.db import db
from certification.core.forms import tidy
from certification.core.i18n import language
from certification.core.outbox import OutboxMessage
from certification.core.web import PER_PAGE, cursor, position
from marketplace.pages.texts import notice_version, text

bp = Blueprint("pages", __name__)
NOT_LISTED = ("/account", "/apply", "/asked", "/desk", "/evidence", "/join", "/mail", "/review", "/vetting", "/vouch")


@bp.record
def _tell_version(state: Any) -> None:
    app: Flask = state.app
    app.extensions["notice_version"] = notice_version


@bp.get("/privacy")
@requires(Permission.BROWSE)
def privacy() -> str:
    return _page("privacy")


@bp.get("/terms")
@requires(Permission.BROWSE)
def terms() -> str:
    return _page("terms")


@bp.get("/about")
@requires(Permission.BROWSE)
def about() -> str:
    return _page("about")


@bp.get("/robots.txt")
@requires(Permission.BROWSE)
def robots() -> Response:
    """What is for people with an account is not for machines that list pages."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_LISTED)]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/favicon.ico")
@requires(Permission.BROWSE)
def icon() -> AnyResponse:
    """Where old programs look for the picture that every page names."""
    return redirect(asset("img/icon.svg"), 301)


@bp.get("/mail")
@requires(Permission.BROWSE)
def mail() -> str:
    """What would have been mailed; only in a demonstration that mails nothing."""
    _only_without_mail()
    rows = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(PER_PAGE + 1)
    to = (tidy(request.args.get("to")) or "").lower()
    if to:
        rows = rows.where(OutboxMessage.to == to)
    after = position(request.args.get("after"))
    if after:
        if len(after) != 1 or not isinstance(after[0], int):
            abort(400)
        rows = rows.where(OutboxMessage.id < after[0])
    found = list(db.session.scalars(rows))
    more = cursor(found[PER_PAGE - 1].id) if len(found) > PER_PAGE else None
    return render_template("pages/mail.html", messages=found[:PER_PAGE], more=more, to=to)


@bp.get("/mail/<public_id>")
@requires(Permission.BROWSE)
def message(public_id: str) -> str:
    _only_without_mail()
    row = db.session.scalar(select(OutboxMessage).where(OutboxMessage.public_id == public_id))
    if row is None:
        abort(404)
    return render_template("pages/message.html", message=row)


def _page(name: str) -> str:
    return render_template("pages/text.html", text=text(name, language()))


def _only_without_mail() -> None:
    settings = current_app.config["SETTINGS"]
    if not settings["DEMONSTRATION"] or settings["MAIL_SERVER"]:
        abort(404)
