"""What a public address is described by: its parts, its answers, the operation itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from certification.registry.api.schemas import Schema

Contents = Mapping[str, str | None]


class Param(NamedTuple):
    """A part of the address (``where`` is ``path``) or an argument (``query``); ``example`` is one that can be tried."""

    name: str
    where: str
    schema: Schema
    example: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one status means, and the schema of each media type; ``None`` for bytes of another specification."""

    status: int
    text: str
    contents: Contents = field(default_factory=dict)


class Operation(NamedTuple):
    """One method of one address. ``summary`` is a Spanish sentence; ``body`` the schema of what is sent as JSON."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    answers: tuple[Answers, ...]
    params: tuple[Param, ...] = ()
    body: str | None = None
