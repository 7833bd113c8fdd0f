"""What stands beside a batch of certificates, read in a few questions for ``fsck_records``. Queries only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from certification.applications.models import Application, Decision
from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.log.models import LogLeaf
from certification.registry.issuer import compromises, registry_keys
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion, StatusPlace
from certification.rules.did import RegistryKeys
from certification.schemes.models import SchemeVersion


@dataclass(frozen=True, slots=True)
class Keys:
    """Those of this registry, and from where on some count no more; read once, for they do not change meanwhile."""

    keys: RegistryKeys
    ends: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where the log tells of an act."""

    index: int
    before_log: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """``subjects`` by certificate, ``decisions`` by application, ``leaves`` by act, ``audit`` by code, and
    ``schemes`` by key and version.
    """

    subjects: Mapping[int, set[str]]
    decisions: Mapping[int, Decision]
    leaves: Mapping[int, Leaf]
    audit: Mapping[str, Sequence[AuditEntry]]
    schemes: Mapping[tuple[str, str], SchemeVersion]
    signed: Keys


def read_keys() -> Keys:
    """Raises KeyProblemError."""
    return Keys(registry_keys(), compromises())


def whole(ids: Sequence[int]) -> Select[Certificate]:
    """Certificates with everything that hangs on them."""
    one, version = Certificate, CertificateVersion
    versions = selectinload(one.versions)
    return (
        select(one)
        .where(one.id.in_(ids))
        .options(
            selectinload(one.acts),
            selectinload(one.lost),
            selectinload(one.holder),
            selectinload(one.photo),
            selectinload(one.application).selectinload(Application.evaluations),
            versions.selectinload(version.credential),
            versions.selectinload(version.places).selectinload(StatusPlace.listed),
            versions.selectinload(version.application).selectinload(Application.evaluations),
        )
    )


def beside(found: Sequence[Certificate], signed: Keys) -> Beside:
    """Of certificates that were read :func:`whole`. Raises whatever rows that no service writes lead to."""
    ids, codes = [one.id for one in found], [one.code for one in found]
    cases = {version.application_id for one in found for version in one.versions} | {one.application_id for one in found}
    decided = db.session.scalars(select(Decision).where(Decision.application_id.in_(cases - {None})))
    return Beside(
        subjects=_subjects(ids),
        decisions={one.application_id: one for one in decided},
        leaves=_leaves([act.id for one in found for act in one.acts]),
        audit=_audit(codes),
        schemes={(one.scheme.key, one.version): one for one in db.session.scalars(select(SchemeVersion)).unique()},
        signed=signed,
    )


def _subjects(ids: Sequence[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    names = (CertificateSubject.certificate_id, CertificateSubject.subject_ref)
    for id_, ref in db.session.execute(select(*names).where(CertificateSubject.certificate_id.in_(ids))):
        found[id_].add(ref)
    return found


def _leaves(acts: Sequence[int]) -> Mapping[int, Leaf]:
    rows = select(ActLeaf.act_id, ActLeaf.leaf_index, LogLeaf.before_log).join(LogLeaf, LogLeaf.index == ActLeaf.leaf_index)
    return {act: Leaf(index, before) for act, index, before in db.session.execute(rows.where(ActLeaf.act_id.in_(acts)))}


def _audit(codes: Sequence[str]) -> Mapping[str, Sequence[AuditEntry]]:
    found: dict[str, list[AuditEntry]] = defaultdict(list)
    rows = select(AuditEntry).where(AuditEntry.subject_kind == "certificate", AuditEntry.subject_id.in_(codes))
    for one in db.session.scalars(rows.order_by(AuditEntry.id)):
        found[one.subject_id].append(one)
    return found
