"""Writing a public act on a certificate: the row that stays, and what the verify page shows of it."""

from datetime import datetime
from typing import Any

from flask import current_app

from certification.accounts.models import User
from certification.core.db import after_commit, writing
from certification.registry.logged import log_act
from certification.registry.models import Certificate, RecordedAct
from certification.registry.projection import with_act
from certification.rules.canonical import digest
from certification.rules.workflow import CertificateAct


def add_act(
    certificate: Certificate,
    kind: CertificateAct,
    *,
    by: User,
    at: datetime,
    details: dict[str, Any] | None = None,
    why: dict[str, Any] | None = None,
    appeal_until: datetime | None = None,
    summary: str = "",
) -> RecordedAct:
    """Record one act, with its public reason or ``summary`` where it has one, tell the public log, and let pages forget what
    they showed.

    Raises:
        LogConflict: the database does not carry on from what the log had signed; nothing is recorded.
        CannotSign: the key can't be used.

    """
    reason = why or {}
    act = RecordedAct(
        certificate=certificate,
        kind=kind,
        at=at,
        by_id=by.id,
        reason_code=reason.get("reason_code"),
        criterion=reason.get("criterion"),
        public_summary=reason.get("summary", summary),
        appeal_until=appeal_until,
        details=details or {},
    )
    writing().add(act)
    if why is not None:
        why = why | {"appeal_until": appeal_until.isoformat() if appeal_until else None}
    after_commit(forget_pages)
    if kind is CertificateAct.RENEWED:
        why = certificate.page["why"]  # a next version lifts no suspension: the reason stands
    certificate.page = with_act(certificate.page, kind, at, why, cause=act.details.get("cause")) | {"leaf": log_act(act)}
    return act


def told_of(act: RecordedAct) -> dict[str, str]:
    """What the audit keeps of an act beside who and why: the digest of its details, that nobody may change them unseen."""
    return {"told": digest(act.details)}


def forget_pages() -> None:
    """Answers that this process still keeps are made anew; other processes keep theirs for a second at most."""
    edge = current_app.extensions.get("edge")
    if edge is not None:
        edge.forget()
