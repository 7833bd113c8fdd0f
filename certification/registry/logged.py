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
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.rules.canonical import digest
from certification.rules.leaves import Act, CertificateRef, LogAct, whole_milliseconds
from certification.rules.workflow import CertificateAct
from certification.schemes.versions import reference as scheme_reference

LOST_SALT = ""  # of an act that was taken back from the public log: the salt went with the database
GRANTS = (CertificateAct.GRANTED, CertificateAct.RENEWED)


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
    return append(Act(LogAct.REHOOKED, whole_milliseconds(at), certificate=reference(certificate, at)))


def leaf_of(act: RecordedAct, salt: str, *, before_log: bool = False, with_credential: bool = True) -> Act:
    """What the log says of an act: nothing that is not recorded with it. The same row and salt give the same leaf."""
    certificate = act.certificate
    facts: dict[str, Any] = {"dossier": dossier_digest(salt, certificate.application.public_id, act.public_summary)}
    if act.kind in GRANTS:
        facts |= {"scheme": scheme_reference(certificate.scheme_version), **_term(act)}
        facts |= {"credential": credential_digest(version_at(certificate, act.at)) if with_credential else None}
    if act.kind is CertificateAct.SUPERSEDED:
        facts |= {"successor": act.details["successor"]}
    if act.kind is CertificateAct.SUSPENDED:
        facts |= {"until": whole_milliseconds(datetime.fromisoformat(act.details["suspension_until"]))}
    facts |= {name: value for name in ("reason_code", "criterion") if (value := getattr(act, name))}
    named = reference(certificate, act.at)
    return Act(LogAct(act.kind.value), whole_milliseconds(act.at), certificate=named, before_log=before_log, **facts)


def dossier_digest(salt: str, application: str, summary: str) -> str:
    """SHA-256 of the RFC 8785 form of the case's public id, the act's public summary and a salt; hexadecimal."""
    return digest({"application": application, "salt": salt, "summary": summary})


def credential_digest(version: CertificateVersion | None) -> str | None:
    """SHA-256 of the RFC 8785 form of a version's credential without any proof, or None for one without a credential."""
    credential = version.credential if version else None
    return digest(credential.document) if credential else None


def version_at(certificate: Certificate, at: datetime) -> CertificateVersion | None:
    """The version that stood at an instant."""
    signed = [one for one in certificate.versions if one.signed_at <= at]
    return max(signed, key=lambda one: one.number, default=None)


def reference(certificate: Certificate, at: datetime) -> CertificateRef:
    """A certificate as the log names it; a version that was taken back without its statement counts too."""
    version, lost = version_at(certificate, at), certificate.page.get("lost_version")
    number = version.number if version else 1
    if lost and datetime.fromisoformat(lost["at"]) <= at:
        number = max(number, lost["number"])
    return CertificateRef(certificate.code, number)


def _term(act: RecordedAct) -> dict[str, datetime]:
    """The term as the act gave it."""
    term, certificate = act.details.get("term", {}), act.certificate
    return {
        name: whole_milliseconds(datetime.fromisoformat(term[name]) if name in term else getattr(certificate, name))
        for name in ("valid_from", "valid_until")
    }
