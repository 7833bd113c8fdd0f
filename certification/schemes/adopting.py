"""What adopted leaves tell of schemes, applied to the versions that this database knows; nothing of it is told anew."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from certification.audit.record import record
from certification.core.db import writing
from certification.log.adopting import Follower, declare_follower
from certification.log.reading import Told
from certification.outside.sources import Source
from certification.rules.leaves import Act, LogAct
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


def apply(told: Sequence[Told], _gathered: None, at: datetime) -> Collection[int]:
    """Bring known versions to where the leaves say they are; the end of a scheme ends its labels, whichever version ended."""
    return [one.index for one in told if one.act.act in STATES and _apply(one.act, at)]


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


LIVING = (SchemeVersionState.ACTIVE, SchemeVersionState.SUPERSEDED)


def _gather(_told: Sequence[Told], _sources: Sequence[Source]) -> None:
    """The leaf says all there is."""


declare_follower("schemes", Follower(_gather, apply))
