"""The list of a committee's labels that wait to be signed anew."""

from flask import Blueprint, render_template, request

from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.i18n import language
from certification.core.web import after_id, cursor
from certification.registry.doubts import doubted_labels
from certification.registry.permissions import Permission

bp = Blueprint("doubts", __name__)


@bp.get("/review/signatures")
@requires(Permission.SEE_DOUBTS)
def index() -> str:
    """A page at a time, the oldest label first."""
    after = after_id(request.args.get("after"))
    page = doubted_labels(me(), language(), clock.now(), after=after)
    following = cursor(page.after) if page.after is not None else None
    return render_template("certificates/doubts.html", found=page.found, after=following, further=after is not None, nav="desk")
