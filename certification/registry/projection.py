"""What the verify page shows of a certificate: made when an act is recorded, so that a view finds it in one row.

The shape of ``Certificate.page`` (instants and days are ISO 8601, texts in two languages are ``{es, en}``)::

    makers      [{name, salt}]          as disclosed; see ``commitments``
    before      [{name, salt}]          those of earlier versions, which committed to them with other salts; absent where there
                are none
    place       "Teotitlán del Valle, Oaxaca"
    techniques, marks                   as applied for
    photo       media.files.Photo as a mapping, or null
    decided     {by {es, en}, on, peers, outsiders, named [names], visited_on | null, conditions}; a passed surveillance once put
                its day into visited_on
    proof       {number, kid, signature, at, credential: whether the version is a signed credential}; kid and signature are
                null while it waits to be signed
    history     [{kind, at, cause: of a renewed one}]
    why         {kind, at, reason_code, reason {es, en}, criterion, criterion_title {es, en}, summary, appeal_until}, or null;
                criterion, its title and appeal_until may be null
    leaf        index in the public log of the last act; absent where it has none
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from certification.applications.models import Application, Capacity, Decision
from certification.core.media.files import photo
from certification.core.media.models import StoredFile
from certification.parties.models import Party
from certification.parties.places.places import state
from certification.registry.commitments import Disclosure
from certification.registry.models import CertificateVersion
from certification.rules.reading import Both
from certification.rules.statement import GrantStatement
from certification.rules.workflow import CertificateAct, Outcome
from certification.schemes.models import SchemeVersion
from certification.schemes.reasons import ReasonCode
from certification.schemes.texts import text_of

Page = dict[str, Any]


def first_page(application: Application, decision: Decision, makers: Sequence[Disclosure]) -> Page:
    """The page as the grant makes it, without proof and history."""
    return {
        "makers": [{"name": one.name, "salt": one.salt} for one in makers],
        "place": place_of(application.party),
        "techniques": application.techniques,
        "marks": application.marks,
        "photo": photo_of(application.photo, application.goods),
        "decided": _decided(application, decision),
        "history": [],
        "why": None,
    }


def with_proof(page: Page, version: CertificateVersion) -> Page:
    """The page with the version that stands now."""
    proof = {"number": version.number, "kid": version.kid, "signature": version.signature, "at": version.signed_at.isoformat()}
    return page | {"proof": proof | {"credential": version.credential is not None and version.credential.token is not None}}


def next_page(page: Page, application: Application, decision: Decision, makers: Sequence[Disclosure]) -> Page:
    """The page as a renewal or another scope makes it: all anew, but what has happened stays, and so do the names beside earlier
    versions, which their credentials need.
    """
    kept = {"history": page["history"], "why": page["why"], "before": [*page.get("before", ()), *page["makers"]]}
    return page | first_page(application, decision, makers) | kept


def with_act(page: Page, kind: CertificateAct, at: datetime, why: dict[str, Any] | None, *, cause: str | None = None) -> Page:
    """The page after an act. ``why`` stands until an act without one."""
    told = {"kind": kind.value, "at": at.isoformat()} | ({"cause": cause} if cause else {})
    return page | {"history": [*page.get("history", ()), told], "why": why}


def why_of(
    kind: CertificateAct, at: datetime, reason: ReasonCode, version: SchemeVersion, *, criterion: str | None, summary: str
) -> dict[str, Any]:
    """Why a label was lost or paused, in the words of the lists and of who decided."""
    title = text_of(version).criterion(criterion).title if criterion else None
    return {
        "kind": kind.value,
        "at": at.isoformat(),
        "reason_code": reason.code,
        "reason": _both(reason.text),
        "criterion": criterion,
        "criterion_title": _both(title) if title else None,
        "summary": summary,
        "appeal_until": None,
    }


def with_statement(page: Page, said: GrantStatement, file: StoredFile | None) -> Page:
    """The page after a version that this database has lost, as far as its credential tells; the rest stays as it was."""
    goods = ", ".join(said.subject.goods)
    told = {"place": place_said(said), "techniques": ", ".join(said.subject.techniques), "photo": photo_of(file, goods)}
    return page | told


def place_said(said: GrantStatement) -> str:
    """Locality, municipality and state as they were signed."""
    place = said.subject.place
    return ", ".join(dict.fromkeys(part for part in (place.locality, place.municipality, place.state) if part))


def place_of(party: Party) -> str:
    """Locality, municipality and state; never the house."""
    entity = state(party.state_code)
    parts = (party.locality, party.municipality, entity.name if entity else None)
    return ", ".join(dict.fromkeys(part for part in parts if part))


def photo_of(file: StoredFile | None, goods: str) -> dict[str, Any] | None:
    return None if file is None or file.private or not file.renditions else asdict(photo(file, alt=goods))


def _decided(application: Application, decision: Decision) -> dict[str, Any]:
    version = application.scheme_version
    owner = version.scheme.owner
    done = [one for one in application.evaluations if one.submitted_at and not one.recused_at and not one.set_aside_at]
    visits = [one.visited_on for one in done if one.visited_on]
    return {
        "by": {"es": owner.name, "en": owner.name} if owner else _both(text_of(version).owner.name),
        "on": decision.decided_at.isoformat(),
        "peers": sum(one.capacity is Capacity.PEER for one in done),
        "outsiders": sum(one.capacity is Capacity.OUTSIDER for one in done),
        "named": named_evaluators(application),
        "visited_on": max(visits).isoformat() if visits else None,
        "conditions": decision.outcome is Outcome.GRANTED_WITH_CONDITIONS,
    }


def named_evaluators(application: Application) -> list[str]:
    """Those whose word counted and who agreed to be named."""
    done = (one for one in application.evaluations if one.submitted_at and not one.recused_at and not one.set_aside_at)
    return [one.evaluator.name for one in done if one.named]


def _both(text: Both) -> dict[str, str]:
    return {"es": text.es, "en": text.en}
