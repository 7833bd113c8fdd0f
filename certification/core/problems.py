"""Failures said to programs under ``/api/``: problem details for HTTP (RFC 9457), open to scripts of every site."""

from collections.abc import Mapping

from flask import Response, current_app, g, json

from certification.core.web import outside

KIND = "application/problem+json"
API = "/api/"
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
    431: "bad_request",
    500: "fault",
    503: "unavailable",
}


def problem(status: int, code: str | None = None, detail: str | None = None, **more: object) -> Response:
    """An answer whose ``code`` is stable and whose ``type`` is the address that explains it; ``more`` are members of its own."""
    g.cookieless = True
    code = code or CODES.get(status, "bad_request" if status < 500 else "fault")  # noqa: PLR2004 - HTTP's
    said: Mapping[str, object] = {"type": outside(f"{EXPLAINED}#{code}"), "title": code.replace("_", " "), "status": status}
    body = json.dumps({**said, "code": code, **({"detail": detail} if detail else {}), **more})
    response: Response = current_app.response_class(body, status, content_type=KIND)
    response.headers.update(OPEN)
    response.headers["Cache-Control"] = "no-store"
    return response
