"""Certificates as an export holds them: what was signed, both credentials, and each act's leaf; no name, no free text."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer, selectinload

from certification.log.models import LogLeaf
from certification.outside.layout import PREFIX
from certification.registry.credentials import document_of, token_of
from certification.registry.lost import lost_codes
from certification.registry.models import Certificate, CertificateVersion, LostVersion
from certification.rules.code import display
from certification.rules.instants import instant_text
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.weave import weave

VC = "application/vc"
AT_ONCE = 32  # packs: a thousand certificates, where there are a million
WHOLE = (
    defer(Certificate.page),
    selectinload(Certificate.versions).selectinload(CertificateVersion.credential),
    selectinload(Certificate.acts),
    selectinload(Certificate.lost),
)


def packs(session: Session, prefixes: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The certificates of each prefix, in order, a few packs at a time so that memory stays flat. One without any is left out."""
    start, lost = func.substr(Certificate.code, 1, PREFIX), lost_codes(session)
    for at in range(0, len(prefixes), AT_ONCE):
        some = prefixes[at : at + AT_ONCE]
        wanted = select(Certificate).where(Certificate.code >= some[0], start.in_(some)).options(*WHOLE)
        found = list(session.scalars(wanted.where(Certificate.code < _after(some[-1])).order_by(Certificate.code)))
        gone = {code for code in lost if code[:PREFIX] in some}
        entries = _entries(session, [*(one.code for one in found), *gone])
        whole = {one.code: _whole(one, entries.get(one.code, [])) for one in found}
        whole |= {code: _lost(session, code, entries.get(code, [])) for code in gone}
        for prefix, codes in groupby(sorted(whole), lambda code: code[:PREFIX]):
            yield prefix, {"certificates": {code: whole[code] for code in codes}}
        session.expunge_all()


def all_prefixes(session: Session) -> list[str]:
    """Those that any certificate has."""
    start = func.substr(Certificate.code, 1, PREFIX)
    return sorted({*session.scalars(select(start).distinct()), *(code[:PREFIX] for code in lost_codes(session))})


def changed_prefixes(session: Session, since: int) -> set[str]:
    """Those of certificates with an act in the log from index `since` on, and of those that lost a version."""
    start = func.substr(LogLeaf.certificate_code, 1, PREFIX)
    acted = select(start).where(LogLeaf.index >= since, LogLeaf.certificate_code.is_not(None))
    lost = select(func.substr(LostVersion.code, 1, PREFIX))  # few; a copy of before may lack what was found of them
    return {*session.scalars(acted.distinct()), *session.scalars(lost.distinct())}


def waiting_codes(session: Session) -> list[str]:
    """Certificates with a version whose credential still waits to be made or signed: they change without an act."""
    waits = ~CertificateVersion.credential.has(token=None) & CertificateVersion.credential.has()
    rows = select(Certificate.code).join(CertificateVersion).where(~waits).distinct().order_by(Certificate.code)
    return list(session.scalars(rows))


def _after(prefix: str) -> str:
    """The first text that no longer begins with a prefix of ASCII."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _entries(session: Session, codes: list[str]) -> dict[str, list[dict[str, Any]]]:
    rows = select(LogLeaf.certificate_code, LogLeaf.index, LogLeaf.entry).where(LogLeaf.certificate_code.in_(codes))
    found: dict[str, list[dict[str, Any]]] = {}
    for code, index, entry in session.execute(rows.order_by(LogLeaf.index)):
        found.setdefault(str(code), []).append({"index": index, "entry": entry.decode()})
    return found


def _whole(one: Certificate, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "record": _record(one),
        "versions": {
            **_found_again(one.lost),
            **{str(version.number): forms for version in one.versions if (forms := _forms(version))},
        },
        "entries": entries,
        "weave": weave(display(one.code), title=False),
    }


def _lost(session: Session, code: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """A certificate whose record was lost in a restore: its entries, and those of its credentials that were found."""
    found = session.scalars(select(LostVersion).where(LostVersion.code == code).order_by(LostVersion.number))
    return {
        "record": {"code": code, "lost": True, "versions": [], "acts": []},
        "versions": _found_again(found),
        "entries": entries,
        "weave": weave(display(code), title=False),
    }


def _found_again(lost: Iterable[LostVersion]) -> dict[str, dict[str, Any]]:
    """The credentials of versions that a restore lost, where some source still had them."""
    return {
        str(one.number): {VC: one.document} | ({VC_JWT: one.token} if one.token else {})
        for one in lost
        if one.document is not None
    }


def _forms(version: CertificateVersion) -> dict[str, Any]:
    document = document_of(version)
    return {} if document is None else {VC: document, VC_JWT: token_of(version)}


def _record(one: Certificate) -> dict[str, Any]:
    """What does not change by itself: a state of today would be wrong tomorrow, so a reader computes it."""
    return {
        "code": one.code,
        "versions": [
            {
                "number": version.number,
                "statement": version.statement,
                "algorithm": "Ed25519 over RFC 8785",
                "kid": version.kid,
                "signature": version.signature,
                "signed_at": instant_text(version.signed_at),
            }
            for version in one.versions
        ],
        "acts": [
            {
                "kind": act.kind.value,
                "at": instant_text(act.at),
                "reason_code": act.reason_code,
                "criterion": act.criterion,
                "appeal_until": instant_text(act.appeal_until) if act.appeal_until else None,
            }
            for act in one.acts
        ],
        **({"lost_versions": again} if (again := [version.number for version in one.lost if version.document]) else {}),
    }
