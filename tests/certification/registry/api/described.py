"""Holds answers against the document: the operation, its statuses, its media types, its schemas."""

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from certification.registry.api.parts import Operation
from certification.registry.api.schemas import SCHEMAS
from certification.registry.api.table import OPERATIONS


def operation_of(method: str, path: str) -> Operation:
    """The documented operation that an address belongs to; written-out addresses before those with parts."""
    for one in sorted(OPERATIONS, key=lambda one: one.path.count("{")):
        if one.method == method.lower() and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(one.path)), path):
            return one
    raise LookupError(f"{method} {path} is in no table")


@cache
def validator(name: str) -> Draft202012Validator:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": dict(SCHEMAS)}}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def unfit(answer: TestResponse) -> list[str]:
    """Where an answer and the document differ."""
    one = operation_of("GET" if answer.request.method == "HEAD" else answer.request.method, answer.request.path)
    documented = next((said for said in one.answers if said.status == answer.status_code), None)
    if documented is None:
        return [f"{one.id}: {answer.status_code} is not documented"]
    media = answer.mimetype or ""
    if media not in documented.contents:
        return [f"{one.id}: {answer.status_code} as {media} is not documented"]
    name = documented.contents[media]
    if name is None or answer.request.method == "HEAD":
        return []
    return [
        f"{one.id}: {fault.json_path}: {fault.message[:300]}" for fault in validator(name).iter_errors(json.loads(answer.data))
    ]


def fits(answer: TestResponse) -> Any:
    """The answer's JSON, once it is what the document says."""
    found = unfit(answer)
    assert found == [], "\n".join(found)
    return answer.get_json()
