"""Which leaf each act on a scheme's version has: for ``log.fsck``."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import select

from certification.core.db import db
from certification.log import reading
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
KINDS = (LogAct.SCHEME_ACTIVATED, *ENDS.values())


def versions(leaves: Mapping[int, Act], first: int = 0) -> Iterator[Claim]:
    """A version that was in force has the leaf of its beginning, and one of its end when that came.

    Versions are few: where only what is new is asked for, the leaves of before are read as well.
    """
    told: dict[tuple[LogAct, SchemeRef], list[int]] = defaultdict(list)
    older = {one.index: one.act for one in reading.of_kinds(KINDS) if one.index < first} if first else {}
    for index, act in (*older.items(), *of_kinds(leaves, KINDS)):
        if act.scheme:
            told[act.act, act.scheme].append(index)
    for version in db.session.scalars(select(SchemeVersion).order_by(SchemeVersion.id)):
        if version.activated_at is None:
            continue
        kinds = [LogAct.SCHEME_ACTIVATED, *([ENDS[version.state]] if version.state in ENDS else [])]
        for kind in kinds:
            same = told[kind, reference(version)]
            found = same.pop(0) if same else None
            if found is None or found >= first:
                yield Claim(f"{kind.value} of {version.scheme.key}/{version.version}", found)


declare_source("schemes", versions)
