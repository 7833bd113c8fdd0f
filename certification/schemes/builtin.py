"""The schemes that every installation carries, from ``standards.json``."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.audit.record import record
from certification.core.db import writing
from certification.rules.canonical import digest
from certification.rules.errors import Conflict
from certification.rules.reading import Both
from certification.rules.scheme_parser import parse_scheme
from certification.rules.text import N_
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.permissions import Permission
from certification.schemes.versions import bring_into_force, move

STANDARDS = Path(__file__).with_name("standards.json")


@cache
def standards() -> Mapping[str, Any]:
    """The whole file, read once; what its keys mean stands in its ``_about``. Treat it as read-only."""
    return MappingProxyType(json.loads(STANDARDS.read_text(encoding="utf-8")))


def public_notice() -> Both:
    """What every public page of a label says unless an authority owns its scheme."""
    return Both(**standards()["public_notice"])


def install_builtin(*, by: User | None, at: datetime) -> list[SchemeVersion]:
    """Put the built-in schemes in force; doing it again changes nothing. ``by`` is None when an instance sets itself up.

    Raises:
        Conflict: another text already stands under the same key and version (code ``other_text``).

    """
    if by is not None:
        check(by, Permission.INSTALL)
    return [install(document, by=by, at=at) for document in standards()["schemes"]]


def install(document: Mapping[str, Any], *, by: User | None, at: datetime) -> SchemeVersion:
    """One scheme's document as its version in force. Asks nobody: callers have checked.

    Raises:
        Conflict: another text already stands under the same key and version (code ``other_text``).
        InvalidInput: the document contradicts itself.

    """
    text, session = parse_scheme(document), writing()
    scheme = session.scalar(select(Scheme).where(Scheme.key == text.id))
    if scheme is None:
        scheme = Scheme(key=text.id, created_at=at)
        session.add(scheme)
        session.flush()
    same = select(SchemeVersion).where(SchemeVersion.scheme_id == scheme.id, SchemeVersion.version == text.version)
    found, sealed = session.scalar(same), digest(document)
    if found is not None:
        if found.digest != sealed:
            raise _other_text(text.id, text.version)
        return found
    version = SchemeVersion(scheme=scheme, version=text.version, document=dict(document), digest=sealed)
    session.add(version)
    session.flush()
    record("scheme.install", "scheme_version", f"{text.id}/{text.version}", by=by, at=at, digest=sealed)
    move(version, "consult", by=by, at=at)
    bring_into_force(version, by=by, at=at)
    session.flush()
    return version


def _other_text(key: str, version: str) -> Conflict:
    sentence = N_(
        "El esquema «%(key)s» ya tiene una versión %(version)s con otro texto. Un texto nuevo lleva otro número de versión."
    )
    return Conflict("other_text", sentence, key=key, version=version)
