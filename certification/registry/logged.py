"""What the public log says of each recorded act, and which leaf says it."""

from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from certification.audit.models import forbid_changes
from certification.core.db import writing
from certification.core.orm import Base
from certification.log.appending import append
from certification.registry.credentials import scheme_behind
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.registry.versions import calendar_of, term_said
from certification.rules.canonical import digest
from certification.rules.leaves import Act, CertificateRef, LogAct, SchemeRef, whole_milliseconds
from certification.rules.statement import read_statement
from certification.rules.workflow import CertificateAct
from certification.schemes.texts import zone_of
from certification.schemes.versions import reference as scheme_reference

LOST_SALT = ""  # of an act that was taken back from the public log: the salt went with the database
GRANTS = (CertificateAct.GRANTED, CertificateAct.RENEWED)
SPAN = ("valid_from", "valid_until")


class ActLeaf(Base):
    """The leaf of a recorded act. The salt of its dossier stands here and never in the log."""

    __tablename__ = "certificate_act_leaves"

    act_id: Mapped[int] = mapped_column(ForeignKey("certificate_acts.id"), primary_key=True)
    leaf_index: Mapped[int] = mapped_column(ForeignKey("log_leaves.leaf_index"), unique=True)
    salt: Mapped[str] = mapped_column(String(43))


forbid_changes(ActLeaf.__table__, "what was signed or done is only ever added")  # type: ignore[arg-type]  # a mapped class's table is a Table


def log_act(act: RecordedAct) -> int:
    """Add the leaf of a recorded act to the log, in its unit of work; returns its index. Raises as ``log.appending.append``."""
    session = writing()
    session.flush()
    salt = token_urlsafe(32)
    index = append(leaf_of(act, salt))
    session.add(ActLeaf(act_id=act.id, leaf_index=index, salt=salt))
    return index


def log_rehook(certificate: Certificate, at: datetime) -> int:
    """Tell the log that goods wear the label again. It has no row of its own but that of the audit."""
    return append(Act(LogAct.REHOOKED, whole_milliseconds(at), certificate=reference(certificate)))


def leaf_of(
    act: RecordedAct, salt: str, *, index: int | None = None, before_log: bool = False, with_credential: bool = True
) -> Act:
    """What the log says of an act: nothing that is not recorded with it. The same row and salt give the same leaf.

    ``index`` is where it stands; None for one that is told now.
    """
    certificate, number = act.certificate, number_at(act, index)
    case = certificate.case_at(number).public_id
    facts: dict[str, Any] = {"dossier": dossier_digest(salt, case, act.public_summary)}
    if act.kind in GRANTS:
        version = version_of(certificate, number)
        facts |= {"scheme": _scheme(act, version), **_term(act, version)}
        facts |= {"credential": credential_digest(version) if with_credential else None}
    if act.kind is CertificateAct.SUPERSEDED:
        facts |= {"successor": act.details["successor"]}
    if act.kind is CertificateAct.SUSPENDED:
        facts |= {"until": whole_milliseconds(datetime.fromisoformat(act.details["suspension_until"]))}
    facts |= {name: value for name in ("reason_code", "criterion") if (value := getattr(act, name))}
    named = CertificateRef(certificate.code, number)
    return Act(LogAct(act.kind.value), whole_milliseconds(act.at), certificate=named, before_log=before_log, **facts)


def dossier_digest(salt: str, application: str, summary: str) -> str:
    """SHA-256 of the RFC 8785 form of the case's public id, the act's public summary and a salt; hexadecimal."""
    return digest({"application": application, "salt": salt, "summary": summary})


def credential_digest(version: CertificateVersion | None) -> str | None:
    """SHA-256 of the RFC 8785 form of a version's credential without any proof, or None for one without a credential."""
    credential = version.credential if version else None
    return digest(credential.document) if credential else None


def number_at(act: RecordedAct, index: int | None = None) -> int:
    """The number of the version that stood after an act: each grant and each renewal until then made one.

    So did those that the log alone tells of, before the act's own leaf at ``index`` (None: there is none later).
    """
    certificate = act.certificate
    told = sum(one.kind in GRANTS and one.id <= act.id for one in certificate.acts)
    return told + sum(index is None or leaf < index for leaf in _untold(certificate)) or 1


def _untold(certificate: Certificate) -> list[int]:
    """The leaves of versions that were lost without a trace but these: an act that was taken back has a row again."""
    return [one.leaf_index for one in certificate.lost if one.document is None]


def version_of(certificate: Certificate, number: int) -> CertificateVersion | None:
    """A version by its number."""
    return next((one for one in certificate.versions if one.number == number), None)


def reference(certificate: Certificate) -> CertificateRef:
    """A certificate as the log names it now; a version that was taken back without its statement counts too."""
    told = sum(one.kind in GRANTS for one in certificate.acts)
    return CertificateRef(certificate.code, told + len(_untold(certificate)) or 1)


def _scheme(act: RecordedAct, version: CertificateVersion | None) -> SchemeRef:
    if version is None:
        return scheme_reference(act.certificate.scheme_version)
    said = version.statement["scheme"]
    return SchemeRef(said["id"], said["version"], said["digest"])


def _term(act: RecordedAct, version: CertificateVersion | None) -> dict[str, datetime]:
    """The term as the act gave it; what was granted before acts said theirs has it in what was signed."""
    said: dict[str, str] = act.details.get("term", {})
    if not said and version is not None:
        scheme = scheme_behind(version)
        said = term_said(calendar_of(read_statement(version.statement), scheme).instants(zone_of(scheme)))
    given = {name: datetime.fromisoformat(said[name]) if said else getattr(act.certificate, name) for name in SPAN}
    return {name: whole_milliseconds(instant) for name, instant in given.items()}
