"""The list of a committee's surveillance visits."""

from flask import Blueprint, render_template, request

from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.i18n import language
from certification.core.web import position
from certification.registry.permissions import Permission
from certification.registry.reminders import BEFORE_A_VISIT
from certification.registry.visits import due_visits

bp = Blueprint("visits", __name__)


@bp.get("/review/visits")
@requires(Permission.SEE_VISITS)
def index() -> str:
    """Overdue and soon due, a page at a time."""
    after = position(request.args.get("after"))
    page = due_visits(me(), language(), clock.now(), after=after)
    return render_template("certificates/visits.html", page=page, further=after is not None, days=BEFORE_A_VISIT.days, nav="desk")
