"""What adopted leaves tell of schemes, applied to the versions that this database knows; nothing of it is told anew."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certification.audit.record import record
from certification.core.db import db, writing
from certification.core.documents import JSON
from certification.log.adopting import Follower, declare_follower
from certification.log.reading import Told
from certification.outside.sources import Source
from certification.rules.canonical import digest
from certification.rules.errors import DomainError
from certification.rules.jsontext import read_object
from certification.rules.leaves import Act, LogAct, SchemeRef
from certification.rules.scheme_parser import parse_scheme
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.versions import end_all, reference

STATES = {
    LogAct.SCHEME_ACTIVATED: SchemeVersionState.ACTIVE,
    LogAct.SCHEME_SUPERSEDED: SchemeVersionState.SUPERSEDED,
    LogAct.SCHEME_LAPSED: SchemeVersionState.LAPSED,
    LogAct.SCHEME_WITHDRAWN: SchemeVersionState.WITHDRAWN,
}
ENDS = (LogAct.SCHEME_LAPSED, LogAct.SCHEME_WITHDRAWN)
LIVING = (SchemeVersionState.ACTIVE, SchemeVersionState.SUPERSEDED)


def gather(told: Sequence[Told], sources: Sequence[Source]) -> Mapping[SchemeRef, Mapping[str, Any]]:
    """The texts of versions that were put in force meanwhile and are not here, where a source has one of the leaf's digest."""
    wanted = {one.act.scheme for one in told if one.act.act is LogAct.SCHEME_ACTIVATED and one.act.scheme}
    found = {}
    for named in wanted:
        texts = (_text(source, named) for source in sources if find(named) is None)
        text = next((one for one in texts if one is not None), None)
        if text is not None:
            found[named] = text
    return found


def _text(source: Source, named: SchemeRef) -> Mapping[str, Any] | None:
    try:
        text = read_object(source.get(f"/schemes/{named.id}/{named.version}", JSON))["document"]
        if not isinstance(text, dict):
            return None
        parsed = parse_scheme(text)
        same = (parsed.id, parsed.version, digest(text)) == (named.id, named.version, named.digest)
    except (DomainError, LookupError, TypeError, ValueError):
        return None
    return text if same else None


def find(named: SchemeRef) -> SchemeVersion | None:
    """The version that the log names, with that very text."""
    same = db.session.scalars(select(SchemeVersion).join(Scheme).where(Scheme.key == named.id))
    return next((one for one in same if reference(one) == named), None)


def apply(told: Sequence[Told], gathered: Mapping[SchemeRef, Mapping[str, Any]], at: datetime) -> Collection[int]:
    """Bring versions to where the leaves say they are; the end of a scheme ends its labels, whichever version ended."""
    for one in told:
        named = one.act.scheme
        if named is not None and named in gathered and one.act.act is LogAct.SCHEME_ACTIVATED:
            _bring_back(named, gathered[named], one.act.at)
    return [one.index for one in told if one.act.act in STATES and _apply(one.act, at)]


def _bring_back(named: SchemeRef, text: Mapping[str, Any], begun: datetime) -> None:
    """Who owns a scheme that is not here at all was lost with it: whoever operates the registry says so anew."""
    session = writing()
    scheme = session.scalar(select(Scheme).where(Scheme.key == named.id))
    same = scheme and session.scalar(
        select(SchemeVersion).where(SchemeVersion.scheme_id == scheme.id, SchemeVersion.version == named.version)
    )
    if same is not None:
        return
    if scheme is None:
        scheme = Scheme(key=named.id, created_at=begun)
        session.add(scheme)
    session.add(SchemeVersion(scheme=scheme, version=named.version, document=dict(text), digest=named.digest))
    session.flush()


def _apply(act: Act, at: datetime) -> bool:
    if act.scheme is None:
        return False
    same = list(writing().scalars(select(SchemeVersion).join(Scheme).where(Scheme.key == act.scheme.id)))
    version = next((one for one in same if reference(one) == act.scheme), None)
    if act.act in ENDS:
        end_all([one for one in same if one is version or one.state in LIVING], act.at)
    if version is None:
        return False
    version.state = STATES[act.act]
    if act.act is LogAct.SCHEME_ACTIVATED:
        version.activated_at = act.at
    elif act.act is not LogAct.SCHEME_LAPSED:
        version.ended_at = act.at
    subject = f"{version.scheme.key}/{version.version}"
    record("scheme.take_back", "scheme_version", subject, by=None, at=at, digest=version.digest, act=act.act.value)
    writing().flush()
    return True


declare_follower("schemes", Follower(gather, apply))
