"""The table as an OpenAPI 3.1 document. Its words are English, whatever the reader's language: programs have one."""

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as translated

from certification.registry.api.parts import Answers, Operation, Param
from certification.registry.api.schemas import SCHEMAS, ref
from certification.registry.api.table import OPERATIONS

VERSION = "1.0.0"
ABOUT = (
    "What a label is worth, and everything that lets you check it without trusting us. No key and no account. Reading one label "
    "is not limited; asking for many is, and the answer says how. Only `VALID` is valid: treat every other state, every "
    "failure and every state that you do not know as not valid."
)
HEADERS = {
    "RateLimit-Policy": {"description": "How many in how many seconds (q, w)", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds until the next may be asked", "schema": {"type": "string"}},
}


def document(origin: str, name: str) -> dict[str, Any]:
    """The whole document for a site at ``origin``."""
    paths: dict[str, dict[str, Any]] = {}
    with force_locale("en"):
        for one in OPERATIONS:
            paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{name}: verification API and public register",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": origin}],
        "externalDocs": {"url": f"{origin}/api/v1/docs"},
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in OPERATIONS)],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {"operationId": one.id, "summary": translated(one.summary), "tags": [one.tag]}
    if one.params:
        said["parameters"] = [_param(param) for param in one.params]
    if one.body:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(one.body)}}}
    said["responses"] = {str(answer.status): _answer(answer, limited=bool(one.body)) for answer in one.answers}
    return said


def _param(param: Param) -> dict[str, Any]:
    said = {"name": param.name, "in": param.where, "required": param.where == "path", "schema": param.schema}
    return said | ({"example": param.example} if param.example else {})


def _answer(answer: Answers, *, limited: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"description": answer.text}
    if answer.contents:
        said["content"] = {media: {"schema": ref(name)} if name else {} for media, name in answer.contents.items()}
    if limited and answer.status in (200, 429):
        said["headers"] = {name: HEADERS[name] for name in HEADERS if name != "Retry-After" or answer.status == 429}  # noqa: PLR2004 - HTTP's
    return said
