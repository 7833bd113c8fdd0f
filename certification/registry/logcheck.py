"""Which leaf each recorded act on a certificate has: for ``log.fsck``."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.log.fsck import Claim, declare_source
from certification.log.reading import of_certificate
from certification.registry.logged import ActLeaf, leaf_of
from certification.registry.models import Certificate, RecordedAct
from certification.rules.errors import BadLeaf
from certification.rules.leaves import Act, LogAct, whole_milliseconds

BATCH = 500


def acts(leaves: Mapping[int, Act], first: int = 0) -> Iterator[Claim]:
    """Every act on a certificate, by the row that names its leaf."""
    whole = selectinload(RecordedAct.certificate)
    rows = select(RecordedAct, ActLeaf).outerjoin(ActLeaf, ActLeaf.act_id == RecordedAct.id).order_by(RecordedAct.id)
    parts = (Certificate.versions, Certificate.acts, Certificate.application)
    read = rows.options(*(whole.selectinload(part) for part in parts))
    if first:
        read = read.where(RecordedAct.id >= _first_new(first))
    found: Any  # an outer join's row may be absent
    for act, found in db.session.execute(read.execution_options(yield_per=BATCH)):
        what = f"act {act.id} ({act.kind.value}) on {act.certificate.code}"
        if found is None:
            yield Claim(what, None)
            continue
        if found.leaf_index < first:
            continue
        said = leaves.get(found.leaf_index)
        yield Claim(what, found.leaf_index, said is not None and _agrees(act, found, said))


def _first_new(first: int) -> int:
    """The least row among those that came after the leaf before ``first``, by their number or by their leaf."""
    before = select(ActLeaf.act_id).where(ActLeaf.leaf_index < first).order_by(ActLeaf.leaf_index.desc()).limit(1)
    later = db.session.scalar(select(func.min(ActLeaf.act_id)).where(ActLeaf.leaf_index >= first))
    last = db.session.scalar(before) or 0
    return min(last + 1, later) if later else last + 1


def rehooks(leaves: Mapping[int, Act], first: int = 0) -> Iterator[Claim]:
    """Goods that wear their label again stand in the audit alone.

    Where only what is new is asked for, the entries of the certificates that it tells of are held against all their leaves.
    """
    told: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for index, act in leaves.items():
        if act.act is LogAct.REHOOKED and act.certificate:
            told[act.certificate.code, act.at].append(index)
    rows = select(AuditEntry.subject_id, AuditEntry.at).where(AuditEntry.act == "certificate.rehook").order_by(AuditEntry.id)
    if first:
        codes = {code for code, _at in told}
        rows = rows.where(AuditEntry.subject_kind == "certificate", AuditEntry.subject_id.in_(codes))
        for code in codes:
            for one in of_certificate(code):
                if one.act.act is LogAct.REHOOKED and one.index < first:
                    told[code, one.act.at].insert(0, one.index)
    for code, at in db.session.execute(rows):
        same = told[code, whole_milliseconds(at)]
        found = same.pop(0) if same else None
        if found is None or found >= first:
            yield Claim(f"the rehook of {at.isoformat()} on {code}", found)


def _agrees(act: RecordedAct, leaf: ActLeaf, said: Act) -> bool:
    try:
        return leaf_of(act, leaf.salt, before_log=said.before_log, with_credential=said.credential is not None) == said
    except (BadLeaf, KeyError, ValueError):
        return False


declare_source("acts", acts)
declare_source("rehooks", rehooks)
