"""The first page of the desk: what waits today."""

from flask import Blueprint, Flask, render_template

from certification.accounts.guard import me, requires
from certification.core import clock
from certification.registry.renewals import ways_of_all
from marketplace.desk import queries, rooms
from marketplace.producers.permissions import Permission

bp = Blueprint("desk", __name__)


@bp.get("/desk")
@requires(Permission.DESK)
def index() -> str:
    who, at = me(), clock.now()
    found = queries.today(who, at)
    return render_template("desk/index.html", found=found, name=who.name.split(" ")[0], at=at, soon=queries.SOON, nav="desk")


@bp.get("/desk/labels")
@requires(Permission.DESK)
def labels() -> str:
    """Every label of the parties that this person acts for, whatever became of it."""
    at = clock.now()
    held = queries.labels_of(me(), at)
    ways = ways_of_all([one.code for one in held], at)
    return render_template("desk/labels.html", labels=held, ways=ways, nav="desk")


def init_app(app: Flask) -> None:
    """Hang the page, and give the layout of all desks its rooms."""
    app.register_blueprint(bp)
    rooms.init_app(app)
