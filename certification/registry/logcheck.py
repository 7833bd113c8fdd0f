"""Which leaf each recorded act on a certificate has: for ``log.fsck``."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.log.fsck import Claim, declare_source
from certification.registry.logged import ActLeaf, leaf_of
from certification.registry.models import Certificate, RecordedAct
from certification.rules.errors import BadLeaf
from certification.rules.leaves import Act, LogAct, whole_milliseconds

BATCH = 500


def acts(leaves: Mapping[int, Act]) -> Iterator[Claim]:
    """Every act on a certificate, by the row that names its leaf."""
    whole = selectinload(RecordedAct.certificate)
    rows = select(RecordedAct, ActLeaf).outerjoin(ActLeaf, ActLeaf.act_id == RecordedAct.id).order_by(RecordedAct.id)
    parts = (Certificate.versions, Certificate.acts, Certificate.application)
    read = rows.options(*(whole.selectinload(part) for part in parts))
    found: Any  # an outer join's row may be absent
    for act, found in db.session.execute(read.execution_options(yield_per=BATCH)):
        what = f"act {act.id} ({act.kind.value}) on {act.certificate.code}"
        if found is None:
            yield Claim(what, None)
            continue
        said = leaves.get(found.leaf_index)
        yield Claim(what, found.leaf_index, said is not None and _agrees(act, found, said))


def rehooks(leaves: Mapping[int, Act]) -> Iterator[Claim]:
    """Goods that wear their label again stand in the audit alone."""
    told: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for index, act in leaves.items():
        if act.act is LogAct.REHOOKED and act.certificate:
            told[act.certificate.code, act.at].append(index)
    rows = select(AuditEntry.subject_id, AuditEntry.at).where(AuditEntry.act == "certificate.rehook").order_by(AuditEntry.id)
    for code, at in db.session.execute(rows):
        same = told[code, whole_milliseconds(at)]
        yield Claim(f"the rehook of {at.isoformat()} on {code}", same.pop(0) if same else None)


def _agrees(act: RecordedAct, leaf: ActLeaf, said: Act) -> bool:
    try:
        return leaf_of(act, leaf.salt, before_log=said.before_log, with_credential=said.credential is not None) == said
    except (BadLeaf, KeyError, ValueError):
        return False


declare_source("acts", acts)
declare_source("rehooks", rehooks)
