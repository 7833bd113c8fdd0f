"""One leaf of the log: a public act as RFC 8785 bytes, and back.

A leaf can hold codes, digests, instants and short words of fixed alphabets, and nothing else: no name, no sentence, no place.
What a person could be known by stays outside, behind a salted digest.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import MAXYEAR, datetime
from enum import StrEnum
from typing import Any

from certification.rules.canonical import LARGEST, canonical_json
from certification.rules.code import parse as parse_code
from certification.rules.errors import BadCode, BadLeaf, InvalidInput
from certification.rules.instants import MICROSECONDS_IN_ONE, instant_text, read_instant
from certification.rules.jsontext import read_object

TYPE = "tianguis/act/1"
MAX_LEAF_BYTES = 65_535  # what the uint16 of an entry bundle can count


class LogAct(StrEnum):
    """Kinds of acts that have a leaf."""

    GRANTED = "granted"
    RENEWED = "renewed"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"
    SURRENDERED = "surrendered"
    SUPERSEDED = "superseded"
    REHOOKED = "rehooked"
    COMPLAINT_UPHELD = "complaint_upheld"
    APPEAL_DECIDED = "appeal_decided"
    SCHEME_ACTIVATED = "scheme_activated"
    SCHEME_SUPERSEDED = "scheme_superseded"
    SCHEME_LAPSED = "scheme_lapsed"
    SCHEME_WITHDRAWN = "scheme_withdrawn"
    KEY_ADDED = "key_added"
    KEY_RETIRED = "key_retired"
    KEY_COMPROMISED = "key_compromised"
    DOMAIN_CHANGED = "domain_changed"


@dataclass(frozen=True, slots=True)
class CertificateRef:
    """A version of a certificate; `code` in its canonical spelling of 11 characters."""

    code: str
    version: int


@dataclass(frozen=True, slots=True)
class SchemeRef:
    """A version of a scheme and the digest of its text, 64 hexadecimal digits."""

    id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class KeyRef:
    """A key of the registry; `digest` is the SHA-256 of its 32 raw bytes, 64 hexadecimal digits."""

    kid: str
    digest: str


@dataclass(frozen=True, slots=True)
class Act:
    """An act as the log tells it. Which facts go with which kind of act is in `FACTS`.

    Instants are aware and whole milliseconds (`whole_milliseconds`). Digests are 64 hexadecimal digits: `credential` of the
    canonical JSON of the unsecured credential, `dossier` salted. `from_index` is the leaf from which on a compromised key counts
    for nothing; `domain` the new host and path; `before_log` marks what was recorded before there was a log.
    Raises BadLeaf (param `where`): `leaf_fact` for a value of another form, `leaf_missing`, `leaf_unasked`.
    """

    act: LogAct
    at: datetime
    certificate: CertificateRef | None = None
    scheme: SchemeRef | None = None
    credential: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    until: datetime | None = None
    reason_code: str | None = None
    criterion: str | None = None
    successor: str | None = None
    dossier: str | None = None
    key: KeyRef | None = None
    from_index: int | None = None
    domain: str | None = None
    before_log: bool = False

    def __post_init__(self) -> None:
        given = {field.name for field in fields(self) if _is_said(getattr(self, field.name))}
        needed, allowed = FACTS[self.act]
        for where in sorted(needed - given):
            raise BadLeaf("leaf_missing", where=where)
        for where in sorted(given - needed - allowed - {"act", "at", "before_log"}):
            raise BadLeaf("leaf_unasked", where=where)
        for where in sorted(given):
            _check(where, getattr(self, where))
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise BadLeaf("leaf_fact", where="valid_until")


_FIRST_YEAR = 1970
_NONE: frozenset[str] = frozenset()
_GRANT = frozenset({"certificate", "scheme", "valid_from", "valid_until"}), frozenset({"credential", "dossier"})
_LOSS = frozenset({"certificate", "reason_code"}), frozenset({"criterion", "dossier"})
_RETURN = frozenset({"certificate"}), frozenset({"credential", "dossier"})
_FINDING = frozenset({"certificate"}), frozenset({"reason_code", "criterion", "dossier"})
_SCHEME = frozenset({"scheme"}), frozenset({"reason_code", "dossier"})
_KEY = frozenset({"key"})

# For each act the facts it needs, and those it may have besides.
FACTS: Mapping[LogAct, tuple[frozenset[str], frozenset[str]]] = {
    LogAct.GRANTED: _GRANT,
    LogAct.RENEWED: _GRANT,
    LogAct.SUSPENDED: (_LOSS[0] | {"until"}, _LOSS[1]),
    LogAct.RESTORED: _RETURN,
    LogAct.WITHDRAWN: _LOSS,
    LogAct.SURRENDERED: _LOSS,
    LogAct.SUPERSEDED: (frozenset({"certificate", "successor"}), frozenset({"dossier"})),
    LogAct.REHOOKED: _RETURN,
    LogAct.COMPLAINT_UPHELD: _FINDING,
    LogAct.APPEAL_DECIDED: _FINDING,
    LogAct.SCHEME_ACTIVATED: _SCHEME,
    LogAct.SCHEME_SUPERSEDED: _SCHEME,
    LogAct.SCHEME_LAPSED: _SCHEME,
    LogAct.SCHEME_WITHDRAWN: _SCHEME,
    LogAct.KEY_ADDED: (_KEY, _NONE),
    LogAct.KEY_RETIRED: (_KEY, _NONE),
    LogAct.KEY_COMPROMISED: (_KEY, frozenset({"from_index"})),
    LogAct.DOMAIN_CHANGED: (frozenset({"domain"}), _NONE),
}

_DIGEST = r"[0-9a-f]{64}"
_SHAPES = {
    "scheme.id": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"),
    "scheme.version": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}"),
    "scheme.digest": re.compile(_DIGEST),
    "credential": re.compile(_DIGEST),
    "dossier": re.compile(_DIGEST),
    "reason_code": re.compile(r"[A-Z][A-Z0-9_]{0,59}"),
    "criterion": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"),
    "key.kid": re.compile(r"(demo-)?[a-z2-7]{16}"),
    "key.digest": re.compile(_DIGEST),
    "domain": re.compile(r"[a-z0-9][a-z0-9.:-]{0,252}(/[a-z0-9._~-]{1,60}){0,8}"),
}
_LEAST = {"certificate.version": 1, "from_index": 0}
_INSTANTS = frozenset({"at", "valid_from", "valid_until", "until"})
_PARTS: Mapping[str, type[CertificateRef | SchemeRef | KeyRef]] = {
    "certificate": CertificateRef,
    "scheme": SchemeRef,
    "key": KeyRef,
}


def whole_milliseconds(at: datetime) -> datetime:
    """`at` without what a leaf cannot say: the microseconds after its last whole millisecond are cut off."""
    return at.replace(microsecond=at.microsecond // MICROSECONDS_IN_ONE * MICROSECONDS_IN_ONE)


def leaf_bytes(act: Act) -> bytes:
    """The entry of the log: the canonical JSON of the act, without keys for what it lacks. At most a few hundred bytes."""
    said: dict[str, object] = {"type": TYPE}
    for field in fields(act):
        value = getattr(act, field.name)
        if field.name in _PARTS and value is not None:
            said[field.name] = asdict(value)
        elif _is_said(value):
            said[field.name] = instant_text(value) if isinstance(value, datetime) else value
    return canonical_json(said)


def parse_leaf(entry: bytes) -> Act:
    """Read an entry back. `leaf_bytes` of the act is `entry`, byte for byte.

    Raises BadLeaf (param `where`): `leaf_form` when it is not our canonical JSON or has other keys, and as `Act`.
    """
    try:
        said = read_object(entry, longest=MAX_LEAF_BYTES)
    except InvalidInput as error:
        raise BadLeaf("leaf_form", where="$") from error
    known = {field.name for field in fields(Act)}
    if said.pop("type", None) != TYPE or not {"act", "at"} <= said.keys() <= known:
        raise BadLeaf("leaf_form", where="type")
    values: dict[str, Any] = {where: _read(where, value) for where, value in said.items()}
    act = Act(**values)
    if leaf_bytes(act) != entry:
        raise BadLeaf("leaf_form", where="$")
    return act


def _is_said(value: object) -> bool:
    return value is not None and value is not False


def _read(where: str, value: object) -> object:
    part = _PARTS.get(where)
    try:
        if where == "act":
            return LogAct(str(value))
        if where in _INSTANTS:
            return read_instant(value)
        if part is not None and isinstance(value, dict):
            return part(**value)
    except (InvalidInput, ValueError, TypeError) as error:
        raise BadLeaf("leaf_fact", where=where) from error
    return value


def _check(where: str, value: object) -> None:
    """Hold a value against what may stand in its place; parts one by one."""
    if where in _PARTS:
        if not isinstance(value, _PARTS[where]):
            raise BadLeaf("leaf_fact", where=where)
        for name in (field.name for field in fields(value)):
            _check(f"{where}.{name}", getattr(value, name))
    elif not fits(where, value):
        raise BadLeaf("leaf_fact", where=where)


def fits(where: str, value: object) -> bool:
    """Whether a leaf can hold `value` as the fact `where` (`reason_code`, `scheme.id`, …), for texts that a leaf will repeat."""
    if where in _SHAPES:
        return isinstance(value, str) and _SHAPES[where].fullmatch(value) is not None
    if where in _LEAST:
        return type(value) is int and _LEAST[where] <= value <= LARGEST
    if where in _INSTANTS:
        return isinstance(value, datetime) and _is_instant(value)
    if where in {"certificate.code", "successor"}:
        return isinstance(value, str) and _is_code(value)
    return isinstance(value, LogAct if where == "act" else bool)


def _is_instant(at: datetime) -> bool:
    return at.tzinfo is not None and whole_milliseconds(at) == at and _FIRST_YEAR <= at.year < MAXYEAR


def _is_code(text: str) -> bool:
    try:
        return parse_code(text) == text
    except BadCode:
        return False
