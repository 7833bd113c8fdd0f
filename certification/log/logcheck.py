"""Which leaf each act of the operator on keys and address has: for ``log.fsck`` and the signer. They stand in the audit alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import select

from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.log import reading
from certification.log.fsck import Claim, declare_source, of_kinds
from certification.rules.leaves import Act, LogAct, whole_milliseconds

ENTRIES = {
    LogAct.KEY_RETIRED: ("key", "key.retire"),
    LogAct.KEY_COMPROMISED: ("key", "key.compromise"),
    LogAct.DOMAIN_CHANGED: ("log", "log.move"),
}


def operations(leaves: Mapping[int, Act], first: int = 0) -> Iterator[Claim]:
    """They are few: where only what is new is asked for, the leaves of before are read as well."""
    told: dict[tuple[LogAct, str, datetime], list[int]] = defaultdict(list)
    older = {one.index: one.act for one in reading.of_kinds(tuple(ENTRIES)) if one.index < first} if first else {}
    for index, act in (*older.items(), *of_kinds(leaves, tuple(ENTRIES))):
        told[act.act, act.key.kid if act.key else str(act.domain), act.at].append(index)
    for kind, (subject, name) in ENTRIES.items():
        rows = select(AuditEntry).where(AuditEntry.subject_kind == subject, AuditEntry.act == name).order_by(AuditEntry.id)
        for entry in db.session.scalars(rows):
            of = entry.details.get("domain") or entry.subject_id
            same = told[kind, of, whole_milliseconds(entry.at)]
            found = same.pop(0) if same else None
            if found is None or found >= first:
                yield Claim(f"{kind.value} of {of}", found)


declare_source("operations", operations)
