"""Which leaf each recorded act on a certificate has: for ``log.fsck``."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.log.adopting import adopted
from certification.log.fsck import Claim, declare_source, of_kinds
from certification.log.reading import of_certificate
from certification.registry.logged import LOST_SALT, ActLeaf, leaf_of
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.rules.errors import BadLeaf
from certification.rules.leaves import Act, LogAct, whole_milliseconds

BATCH = 500


def acts(leaves: Mapping[int, Act], first: int = 0) -> Iterator[Claim]:
    """Every act on a certificate, by the row that names its leaf; a few hundred in memory at a time."""
    taken_back, after = adopted(applied=True), _first_new(first) - 1 if first else 0
    while ids := _ids_after(after):
        after = ids[-1]
        held = _read_ahead(ids)
        claims = (_claim(number, leaves, taken_back) for number in ids)
        yield from (claim for claim in claims if claim.index is None or claim.index >= first)
        del held


def _read_ahead(ids: list[int]) -> list[object]:
    """A batch in few questions, for the session to find again; none of it where one can't be read: then each is asked for."""
    whole = selectinload(RecordedAct.certificate)
    versions = whole.selectinload(Certificate.versions).selectinload(CertificateVersion.credential)
    others = (
        whole.selectinload(Certificate.application),
        whole.selectinload(Certificate.acts),
        whole.selectinload(Certificate.lost),
        whole.selectinload(Certificate.versions).selectinload(CertificateVersion.application),
    )
    acts_ = select(RecordedAct).where(RecordedAct.id.in_(ids)).options(versions, *others)
    try:
        return [*db.session.scalars(acts_), *db.session.scalars(select(ActLeaf).where(ActLeaf.act_id.in_(ids)))]
    except (ValueError, LookupError, TypeError):
        return []


def _ids_after(after: int) -> list[int]:
    return list(db.session.scalars(select(RecordedAct.id).where(RecordedAct.id > after).order_by(RecordedAct.id).limit(BATCH)))


def _claim(number: int, leaves: Mapping[int, Act], taken_back: Collection[int]) -> Claim:
    found = db.session.get(ActLeaf, number)
    try:
        act = db.session.get_one(RecordedAct, number)
        what = f"act {number} ({act.kind.value}) on {act.certificate.code}"
    except (LookupError, ValueError, TypeError):
        return Claim(f"act {number}, which can't be read,", found.leaf_index if found else None, agrees=False)
    if found is None:
        return Claim(what, None)
    said = leaves.get(found.leaf_index)
    return Claim(what, found.leaf_index, said is not None and _agrees(act, found, said, taken_back))


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
    for index, act in of_kinds(leaves, (LogAct.REHOOKED,)):
        if act.certificate:
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


def _agrees(act: RecordedAct, leaf: ActLeaf, said: Act, taken_back: Collection[int]) -> bool:
    """Of an act that was taken back the dossier is lost, and nobody can compute its digest.

    The credential of a lost version, which names its scheme too, is held against the leaf where lost versions are looked at.
    """
    try:
        known = {"before_log": said.before_log, "with_credential": said.credential is not None}
        made = leaf_of(act, leaf.salt, index=leaf.leaf_index, **known)
    except (BadLeaf, KeyError, ValueError, TypeError, AttributeError):
        return False
    if leaf.salt == LOST_SALT and leaf.leaf_index in taken_back:
        made = replace(made, dossier=said.dossier, credential=said.credential, scheme=said.scheme)
    return made == said


declare_source("acts", acts)
declare_source("rehooks", rehooks)
