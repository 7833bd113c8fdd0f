"""Holds what a client sent against the schema that the document shows: the few words of JSON Schema that requests use."""

from collections.abc import Iterator, Mapping
from typing import Any

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

Schema = Mapping[str, Any]
KINDS: dict[str, type] = {"string": str, "array": list, "object": dict, "null": type(None)}
UNFIT = N_("Esto no tiene la forma que se pide: %(where)s.")


def require_fit(value: Any, schema: Schema, name: str) -> None:
    """Insist that a value has the form of its schema.

    Raises:
        InvalidInput: ``does_not_fit``, naming the first place that does not.

    """
    wrong = next(_faults(value, schema, name), None)
    if wrong is not None:
        raise InvalidInput("does_not_fit", UNFIT, where=wrong)


def _faults(value: Any, schema: Schema, where: str) -> Iterator[str]:
    kinds = schema.get("type", list(KINDS))
    if not isinstance(value, tuple(KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))):
        yield where
        return
    if "enum" in schema and value not in schema["enum"]:
        yield where
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield where
    if isinstance(value, list):
        yield from _faults_of_list(value, schema, where)
    if isinstance(value, dict):
        yield from _faults_of_object(value, schema, where)


def _faults_of_list(value: list[Any], schema: Schema, where: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield where
        return
    for number, one in enumerate(value):
        yield from _faults(one, schema.get("items", {}), f"{where}[{number}]")


def _faults_of_object(value: dict[str, Any], schema: Schema, where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{where}.{name}" for name in schema.get("required", ()) if name not in value)
    if schema.get("additionalProperties") is False and set(value) - set(known):
        yield f"{where}.*"
    for name, inner in known.items():
        if name in value:
            yield from _faults(value[name], inner, f"{where}.{name}")
