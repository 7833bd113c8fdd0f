"""Which leaf each act on a scheme's version has: for ``log.fsck``."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import select

from certification.core.db import db
from certification.log.fsck import Claim, declare_source, of_kinds
from certification.rules.leaves import Act, LogAct, SchemeRef
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import SchemeVersion
from certification.schemes.versions import reference

ENDS = {
    SchemeVersionState.SUPERSEDED: LogAct.SCHEME_SUPERSEDED,
    SchemeVersionState.LAPSED: LogAct.SCHEME_LAPSED,
    SchemeVersionState.WITHDRAWN: LogAct.SCHEME_WITHDRAWN,
}


def versions(leaves: Mapping[int, Act]) -> Iterator[Claim]:
    """A version that was in force has the leaf of its beginning, and one of its end when that came."""
    told: dict[tuple[LogAct, SchemeRef], list[int]] = defaultdict(list)
    for index, act in of_kinds(leaves, (LogAct.SCHEME_ACTIVATED, *ENDS.values())):
        if act.scheme:
            told[act.act, act.scheme].append(index)
    for version in db.session.scalars(select(SchemeVersion).order_by(SchemeVersion.id)):
        if version.activated_at is None:
            continue
        kinds = [LogAct.SCHEME_ACTIVATED, *([ENDS[version.state]] if version.state in ENDS else [])]
        for kind in kinds:
            same = told[kind, reference(version)]
            yield Claim(f"{kind.value} of {version.scheme.key}/{version.version}", same.pop(0) if same else None)


declare_source("schemes", versions)
