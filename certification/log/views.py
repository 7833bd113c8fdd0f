"""The log for machines, as C2SP tlog-tiles lays it out under ``/log/``, and a page about it for people."""

from flask import Blueprint, Response, g, render_template, request

from certification.accounts.guard import requires
from certification.core.web import PER_PAGE, after_id, cursor, with_args
from certification.log import reading
from certification.log.checkpoints import vkeys
from certification.log.handover import handovers
from certification.log.permissions import Permission
from certification.log.witnesses import seen_by, with_cosignatures
from certification.rules.errors import BadTile
from certification.rules.tiles import parse_path

bp = Blueprint("log", __name__)
FOREVER = "public, max-age=31536000, immutable"
NOW = "no-cache"
TEXT = "text/plain; charset=utf-8"


@bp.get("/log")
@requires(Permission.SEE)
def index() -> str:
    """What the log is, how far it has come, and its acts in words, newest first."""
    found = reading.head()
    signed = reading.signed(found)
    before = after_id(request.args.get("after"))
    told = reading.latest(before, PER_PAGE + 1)
    shown = told[:PER_PAGE]
    return render_template(
        "log/index.html",
        head=found,
        size=signed.size if signed else found.size,
        root=(signed or found).root.hex(),
        waiting=found.size - signed.size if signed else 0,
        keys=vkeys(found.origin) if found.origin else [],
        witnesses=seen_by(found),
        told=shown,
        first_url=with_args(after=None) if before is not None else None,
        next_url=with_args(after=cursor(shown[-1].index)) if len(told) > PER_PAGE else None,
    )


@bp.get("/log/checkpoint")
@requires(Permission.SEE)
def checkpoint() -> Response:
    """The signed head (C2SP tlog-checkpoint), with the cosignatures that witnesses gave this very one."""
    note = reading.head().note
    return _plain(with_cosignatures(note) if note else None, TEXT, NOW)


@bp.get("/log/vkey")
@requires(Permission.SEE)
def vkey() -> Response:
    """The keys that verify checkpoints (C2SP signed-note), the present one first, each in a line of its own."""
    origin = reading.head().origin
    keys = vkeys(origin) if origin else []
    return _plain("".join(f"{one}\n" for one in keys).encode() or None, TEXT, NOW)


@bp.get("/log/handover")
@requires(Permission.SEE)
def handover() -> Response:
    """The checkpoints at which a key followed another, each signed by both, for whoever knows only an earlier one."""
    return _plain(handovers(), TEXT, NOW)


@bp.get("/log/tile/<path:rest>")
@requires(Permission.SEE)
def tile(rest: str) -> Response:
    """A hash tile or a bundle of entries, full or partial. What exists never changes."""
    try:
        asked = parse_path(f"tile/{rest}")
        response = _plain(reading.tile_bytes(asked), "application/octet-stream", FOREVER)
    except BadTile:
        return _plain(None, TEXT, NOW)
    if asked.level is None:
        response.vary.add("Accept-Encoding")  # entries are text, and are to be packed on their way; hashes can't be
    return response


def _plain(contents: bytes | None, kind: str, cache: str) -> Response:
    """For machines anywhere: no session, no cookie, no page around it; 404 where there is nothing."""
    g.cookieless = True
    found = contents is not None
    response = Response(contents if contents is not None else b"not found\n", status=200 if found else 404)
    response.headers["Content-Type"] = kind if found else TEXT
    response.headers["Cache-Control"] = cache if found else NOW
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
