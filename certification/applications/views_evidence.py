"""Handing out what was shown in confidence."""

from typing import Any

from flask import current_app, request, session, url_for

from certification.accounts.guard import person, requires
from certification.accounts.sessions import STRONG
from certification.applications.blueprint import bp
from certification.applications.models import Evidence
from certification.applications.permissions import Permission, acts_for_applicant
from certification.applications.queries import find_evidence
from certification.core.media.files import send_private
from certification.core.media.models import FileKind
from certification.core.web import see_other
from certification.rules.errors import NotFound


@bp.get("/evidence/<public_id>")
@requires(Permission.SEE_EVIDENCE, load=find_evidence)
def evidence(item: Evidence) -> Any:
    """A photograph in the page (``?size=small``: its smallest size), all else as an attachment.

    The permission cannot ask for a passkey, since an applicant needs none: whoever looks from the other side does.
    """
    if item.file is None:
        raise NotFound
    settings = current_app.config["SETTINGS"]
    if settings["PASSKEYS_REQUIRED"] and not session.get(STRONG) and not acts_for_applicant(person(), item):
        return see_other(url_for("accounts.passkeys", next=request.path))
    drawn = item.file.kind is FileKind.PHOTO
    return send_private(item.file, attachment=not drawn, thumbnail=drawn and request.args.get("size") == "small")
