"""The registry goes to another address: an act of the log, and what the old address does from then on.

What was issued there keeps its address for life. Programs are answered under it as before, people are led to the new one.
"""

from datetime import datetime

from flask import Flask, current_app, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from certification.audit.record import record
from certification.core.db import db, writing
from certification.core.documents import HTML, JSON, JSON_LD, VC, wanted
from certification.log.appending import append_all
from certification.log.domains import left_domains, present_domain, told_domains
from certification.log.reading import held_head
from certification.rules.errors import AlreadyExists, IllegalMove, InvalidInput
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.leaves import Act, LogAct, fits, whole_milliseconds
from certification.rules.text import N_

FOR_PROGRAMS = ("/.well-known/", "/status/", "/contexts/", "/log/", "/api/", "/healthz", "/readyz", "/metrics")
NEGOTIATED = ("/c/", "/schemes/")
PROGRAM_FORMS = (VC, VC_JWT, JSON_LD, JSON, HTML)
PERMANENT = 308


def move(*, at: datetime) -> tuple[str, str]:
    """Tell the log that the site's address is that of its settings now; the one of before and the new one.

    Raises:
        IllegalMove: the log was never signed, so there is nothing to move.
        AlreadyExists: the log says so already.
        InvalidInput: the address can't stand in a leaf.
        LogConflict, CannotSign: the log can't be told.

    """
    told, now = told_domains(held_head(writing())), present_domain()
    if not told:
        raise IllegalMove("nothing_to_move", N_("La bitácora todavía no tiene firma ni dirección: no hay nada que mudar."))
    if told[-1] == now:
        raise AlreadyExists("same_domain", N_("La bitácora ya dice que el sitio está en %(now)s."), now=now)
    if not fits("domain", now):
        raise InvalidInput("bad_domain", N_("La dirección %(now)s no puede estar en la bitácora."), now=now)
    append_all([Act(LogAct.DOMAIN_CHANGED, whole_milliseconds(at), domain=now)], at=at)
    record("log.move", "log", "address", by=None, at=at, domain=now, before=told[-1])
    return told[-1], now


def is_former(app: Flask, host: str) -> bool:
    """Whether this is an address that the registry left. Asked of the present one, nothing is read."""
    if host == app.config["SETTINGS"].host:
        return False
    with app.app_context():
        try:
            return host in left_domains()
        except SQLAlchemyError:
            return False  # the page itself will say that nothing can be read
        finally:
            db.session.remove()


def _lead_on() -> Response | None:
    """People who come by the old address go on to the new one, to the same page."""
    settings = current_app.config["SETTINGS"]
    if request.host == settings.host or _is_for_programs() or request.host not in left_domains():
        return None
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{settings['ORIGIN']}{request.path}" + (f"?{query}" if query else ""), code=PERMANENT)


def _is_for_programs() -> bool:
    if request.path.startswith(FOR_PROGRAMS):
        return True
    return request.path.startswith(NEGOTIATED) and wanted(*PROGRAM_FORMS) != HTML


def init_app(app: Flask) -> None:
    app.before_request(_lead_on)
    app.extensions["moved"] = lambda host: is_former(app, host)
