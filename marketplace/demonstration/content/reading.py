"""From a parsed table to a frozen record, refusing what the record does not name."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from marketplace.demonstration.content.records import DemoArt

Record = TypeVar("Record")


class ContentError(ValueError):
    """A file of the demonstration market says something its record does not understand."""


def build(record: type[Record], table: Mapping[str, Any], where: str) -> Record:
    """Make ``record`` out of ``table``; ``where`` names the place in the message.

    Raises ContentError for an unknown key, a missing one, or a value of another type.
    """
    hints = get_type_hints(record)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        raise ContentError(f"{where}: unknown {', '.join(unknown)}")
    values = {key: _convert(hints[key], value, f"{where}.{key}") for key, value in table.items()}
    missing = sorted(name for name in _required(record) if name not in values)
    if missing:
        raise ContentError(f"{where}: missing {', '.join(missing)}")
    return record(**values)


def _required(record: Any) -> set[str]:
    return {item.name for item in fields(record) if item.default is MISSING and item.default_factory is MISSING}


def _convert(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is UnionType:
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        return _convert_list(get_args(hint)[0], value, where)
    if get_origin(hint) is dict:
        inner = get_args(hint)[1]
        return {key: _convert(inner, item, f"{where}.{key}") for key, item in _table(value, where).items()}
    if hint is DemoArt and isinstance(value, list):
        kind, seed = value
        return DemoArt(kind=_convert(str, kind, where), seed=_convert(int, seed, where))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word(hint, value, where)
    if hasattr(hint, "__dataclass_fields__"):
        return build(hint, _table(value, where), where)
    if type(value) is not hint:
        raise ContentError(f"{where}: {value!r} is no {hint.__name__}")
    return value.strip() if isinstance(value, str) else value


def _convert_list(inner: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ContentError(f"{where}: {value!r} is no list")
    return tuple(_convert(inner, item, f"{where}[{index}]") for index, item in enumerate(value))


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ContentError(f"{where}: {value!r} is no table")
    return value


def _word(words: type[StrEnum], value: Any, where: str) -> StrEnum:
    if value not in set(words):
        raise ContentError(f"{where}: {value!r} is none of {', '.join(words)}")
    return words(value)
