"""Failures said to programs under ``/api/``: problem details for HTTP (RFC 9457), open to scripts of every site."""

from collections.abc import Mapping

from flask import Response, current_app, g, json, request
from flask_babel import force_locale, gettext

from certification.core.i18n import LANGUAGES
from certification.core.web import outside
from certification.rules.text import N_

KIND = "application/problem+json"
API = "/api/"
FAULTS = 500  # and above: of ours, not of who asked
EXPLAINED = "/api/v1/docs"
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "bad_request",
    413: "too_large",
    414: "bad_request",
    415: "not_json",
    429: "too_many_attempts",
    431: "bad_request",
    500: "fault",
    503: "unavailable",
}
GENERAL = {
    "bad_request": N_("La dirección o lo enviado no se puede leer."),
    "not_found": N_("No hay tal dirección."),
    "method_not_allowed": N_("Esa dirección no se pide así; «Allow» dice cómo."),
    "too_large": N_("Lo enviado pasa de 64 KiB."),
    "not_json": N_("Lo enviado no es application/json."),
    "too_many_attempts": N_("Hubo demasiadas preguntas seguidas. «Retry-After» dice en cuántos segundos volver."),
    "fault": N_("Un error nuestro, que no dice nada del sello."),
    "unavailable": N_("El sitio no puede responder en este momento."),
}


def problem(status: int, code: str | None = None, detail: str | None = None, **more: object) -> Response:
    """An answer whose ``code`` is stable and whose ``type`` is the address that explains it; ``more`` are members of its own.

    ``detail`` is a sentence for people; without one it is that of the code. No cookie chooses its language.
    """
    g.cookieless = True
    code = code or CODES.get(status, "bad_request" if status < FAULTS else "fault")
    said: Mapping[str, object] = {"type": outside(f"{EXPLAINED}#{code}"), "title": code.replace("_", " "), "status": status}
    body = json.dumps({**said, "code": code, "detail": detail or _general(code, status), **more})
    response: Response = current_app.response_class(body, status, content_type=KIND)
    response.headers.update(OPEN)
    response.headers["Cache-Control"] = "no-store"
    return response


def _general(code: str, status: int) -> str:
    wish = request.args.get("lang")
    lang = wish if wish in LANGUAGES else str(current_app.config["SETTINGS"]["LANGUAGE"])
    sentence = GENERAL.get(code) or GENERAL["bad_request" if status < FAULTS else "fault"]
    with force_locale(lang):
        return str(gettext(sentence))
