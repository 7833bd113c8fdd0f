"""Certificates with a past, written straight to the database: acts, and the columns as the services leave them."""

from datetime import datetime, timedelta
from typing import Any

from certification.core.db import db
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.rules.workflow import CertificateAct
from tests import makers

TERM = ("valid_from", "valid_until", "surveillance_due", "grace_ends")
DAY = timedelta(days=1)


def past(
    granted: datetime, term: dict[str, datetime | None], *later: tuple[CertificateAct, datetime, Any], **given: Any
) -> Certificate:
    """A certificate granted for ``term``; each later act with its kind, its instant, and its term or the end of its pause."""
    columns: dict[str, Any] = {"granted_at": granted, **term}
    acts = [(CertificateAct.GRANTED, granted, {"term": _iso(term)})]
    for kind, at, what in later:
        details: dict[str, Any] = {}
        if kind is CertificateAct.RENEWED:
            details = {"term": _iso(what)}
            gap = what["valid_from"] > columns["valid_until"]
            columns |= what | {"valid_from": what["valid_from"] if gap else min(columns["valid_from"], what["valid_from"])}
        elif kind is CertificateAct.SUSPENDED:
            details = {"suspension_until": what.isoformat()}
            columns |= {"suspended_at": at, "suspension_until": what}
        elif kind is CertificateAct.RESTORED:
            columns |= {"suspended_at": None, "suspension_until": None}
        elif kind is CertificateAct.SUPERSEDED:
            details = {"successor": "7QK4M2XD9FC"}
            columns |= {"superseded_at": at, "successor": "7QK4M2XD9FC"}
        else:
            columns[f"{kind.value}_at"] = at
        acts.append((kind, at, details))
    made = makers.certificate(**(columns | given), acts=())
    by = made.application.applicant_id
    recorded = [RecordedAct(certificate_id=made.id, kind=kind, at=at, by_id=by, details=details) for kind, at, details in acts]
    makers.save(*recorded, *_versions(made, acts))
    makers.save_leaves(made, *recorded)
    db.session.expire_all()
    return made


def term(begins: datetime, days: int, due: int | None = None, grace: int = 5) -> dict[str, datetime | None]:
    """Dates of a term of so many days, its visit due after ``due`` of them."""
    visit = begins + due * DAY if due is not None else None
    ends = visit + grace * DAY if visit else None
    return {"valid_from": begins, "valid_until": begins + days * DAY, "surveillance_due": visit, "grace_ends": ends}


def _iso(term: dict[str, datetime | None]) -> dict[str, str]:
    return {name: value.isoformat() for name, value in term.items() if value is not None}


def _versions(made: Certificate, acts: list[tuple[CertificateAct, datetime, Any]]) -> list[CertificateVersion]:
    issuing = [at for kind, at, _ in acts if kind in (CertificateAct.GRANTED, CertificateAct.RENEWED)]
    return [
        CertificateVersion(
            certificate_id=made.id, number=number, statement=said(made, number), kid="x", signature="x", signed_at=at
        )
        for number, at in enumerate(issuing, start=1)
    ]


def said(made: Certificate, number: int) -> dict[str, Any]:
    """As much of a statement as the register reads; each version covers other goods."""
    scheme = made.scheme_version
    return {
        "scheme": {"id": scheme.scheme.key, "version": scheme.version},
        "holder": made.holder_name,
        "subject": {
            "goods": [f"{made.goods}, versión {number}"],
            "place": {"state": {"code": "20", "name": "Oaxaca"}, "municipality": {"code": "067", "name": made.municipality}},
        },
    }
