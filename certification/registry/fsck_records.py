"""Whether one certificate's record is whole: its columns, page, versions and acts against each other and against what was signed.

Every fault is one line of plain English, told to whoever operates the registry.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from certification.applications.models import Decision
from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.registry.acts import ACT_WORDS
from certification.registry.commitments import Disclosure
from certification.registry.credentials import MAKERS, path_of
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion, RecordedAct
from certification.registry.projection import first_page, why_of, with_proof
from certification.registry.replayed import ISSUING, facts_by_acts, term_said
from certification.registry.validity import INSTANTS
from certification.registry.verifying import faults_of_version
from certification.rules.days import day_of, end_of_day, start_of_day
from certification.rules.facts import Term
from certification.rules.fold import fold
from certification.rules.instants import instant_text
from certification.rules.statement import GrantStatement, read_statement
from certification.rules.workflow import CertificateAct
from certification.schemes.reasons import check_reason
from certification.schemes.texts import text_of, zone_of

REMOVED = "certificate.name_removed"
FROZEN = ("techniques", "marks", "photo")  # of the page, as the grant makes them


def faults_of_record(one: Certificate, at: datetime) -> Iterator[str]:
    """Everything that is wrong with a certificate. Raises whatever rows that no service writes lead to."""
    if not one.versions or not one.acts:
        yield "it has no version or no act"
        return
    said = [read_statement(version.statement) for version in one.versions]
    yield from _columns(one, said[-1])
    yield from _replayed(one, at)
    yield from _issued(one, said)
    for version in one.versions:
        yield from (f"version {version.number}: {fault}" for fault in _version(version, at))
    for act in one.acts:
        yield from (f"act {act.id} ({act.kind.value}): {fault}" for fault in _act(one, act))
    yield from _page(one, said[-1])


def _differ(found: Mapping[str, object], wanted: Mapping[str, object], than: str) -> Iterator[str]:
    for name, value in wanted.items():
        if found.get(name) != value:
            yield f"{name} is not {than}"


def _columns(one: Certificate, said: GrantStatement) -> Iterator[str]:
    """What columns repeat of the statement that stands now."""
    subject, version = said.subject, one.scheme_version
    wanted = {
        "code": said.code,
        "holder_name": subject.holder,
        "goods": subject.goods,
        "subject_kind": subject.kind.value,
        "label_class": said.label_class,
        "state_code": subject.place.state_code,
        "municipality": subject.place.municipality,
        "scheme_version": (said.scheme_id, said.scheme_version, said.scheme_digest),
        "photo": subject.photo_digests,
        "subjects": set(subject.refs),
    }
    refs = db.session.scalars(select(CertificateSubject.subject_ref).where(CertificateSubject.certificate_id == one.id))
    found = {name: getattr(one, name) for name in wanted if name not in {"goods", "scheme_version", "photo", "subjects"}} | {
        "goods": (one.goods,),
        "scheme_version": (version.scheme.key, version.version, version.digest),
        "photo": (one.photo.digest,) if one.photo else (),
        "subjects": set(refs),
    }
    yield from _differ(found, wanted, "what was signed")
    other = {"holder_ref": one.holder.public_id, "holder_id": one.application.party_id, "granted_at": one.acts[0].at}
    other["search_text"] = fold(f"{one.holder_name} {one.goods} {one.municipality}")
    yield from _differ({name: getattr(one, name) for name in other}, other, "what stands elsewhere")


def _replayed(one: Certificate, at: datetime) -> Iterator[str]:
    facts = facts_by_acts(one, one.acts, max([at, *(act.at for act in one.acts)]))
    found = {name: getattr(one, name) for name in INSTANTS}
    yield from _differ(found, {name: getattr(facts, name) for name in INSTANTS}, "what the recorded acts lead to")


def _issued(one: Certificate, said: list[GrantStatement]) -> Iterator[str]:
    """Each version has the act that issued it, at its instant and with the term that was signed."""
    acts = [act for act in one.acts if act.kind in ISSUING and not act.details.get("taken_back")]
    if [version.number for version in one.versions] != list(range(1, len(acts) + 1)):
        yield "its versions are not those that its acts issued"
        return
    for version, statement, act in zip(one.versions, said, acts, strict=True):
        if version.signed_at != act.at:
            yield f"version {version.number} was not signed at the instant of its act"
        term = term_said(act)
        if term is None and len(acts) == 1:
            term = Term(one.valid_from, one.valid_until, one.surveillance_due, one.grace_ends)
        if term is not None and term != _signed_term(one, statement):
            yield f"the term of version {version.number} is not what was signed"


def _signed_term(one: Certificate, said: GrantStatement) -> Term:
    zone, due = zone_of(one.scheme_version), said.surveillance_due
    grace = due + timedelta(days=text_of(one.scheme_version).timing.grace_days) if due else None
    return Term(
        start_of_day(said.valid_from, zone),
        end_of_day(said.valid_until, zone),
        end_of_day(due, zone) if due else None,
        end_of_day(grace, zone) if grace else None,
    )


def _version(version: CertificateVersion, at: datetime) -> Iterator[str]:
    for code in faults_of_version(version, at):
        yield f"what is signed does not hold ({code})"
    row = version.credential
    if row and row.proof and row.signed_at and row.proof.get("created") != instant_text(row.signed_at):
        yield "the credential was signed at another instant than its row says"


def _act(one: Certificate, act: RecordedAct) -> Iterator[str]:
    """What the public reads of an act and the log does not repeat: until when it can be appealed."""
    if act.appeal_until != _appeal_until(one, act):
        yield "its last day of appeal is another"
    if bool(act.details.get("taken_back")) != (act.by_id is None):
        yield "who did it is missing, or should be"


def _appeal_until(one: Certificate, act: RecordedAct) -> datetime | None:
    if act.reason_code is None or act.kind is CertificateAct.SURRENDERED:
        return None
    version = one.scheme_version
    days, zone = text_of(version).timing.appeal_deadline_days, zone_of(version)
    return end_of_day(day_of(act.at, zone) + timedelta(days=days), zone)


def _page(one: Certificate, said: GrantStatement) -> Iterator[str]:
    """The page against one made anew; names that were removed by consent are missed by nobody."""
    page = one.page
    decision = db.session.scalar(select(Decision).where(Decision.application_id == one.application_id))
    if decision is None:
        yield "nobody decided it"
        return
    anew = with_proof(first_page(one.application, decision, ()), one.versions[-1])
    place = said.subject.place
    anew["place"] = ", ".join(dict.fromkeys(part for part in (place.locality, place.municipality, place.state) if part))
    anew["techniques"] = said.subject.techniques[0] if said.subject.techniques else ""
    wanted = {name: anew[name] for name in (*FROZEN, "place", "proof", "why")} | {"why": _why(one, one.acts[-1])}
    yield from (f"the page: {fault}" for fault in _differ(page, wanted, "what stands behind it"))
    yield from _decided(one, page["decided"], anew["decided"])
    yield from _history(one, page)
    yield from _makers(one, page[MAKERS])


def _decided(one: Certificate, found: Mapping[str, Any], anew: dict[str, Any]) -> Iterator[str]:
    """Who owns a scheme may take another name later; the page and the credential keep that of the day."""
    credential = one.versions[-1].credential
    if credential is not None:
        owner = credential.document["credentialSubject"]["scope"]["owner"]["name"]
        anew |= {"by": anew["by"] if anew["by"]["es"] == owner else {"es": owner, "en": owner}}
    yield from (f"the page: {fault}" for fault in _differ(found, anew, "what was decided"))


def _history(one: Certificate, page: Mapping[str, Any]) -> Iterator[str]:
    told = [(each["kind"], datetime.fromisoformat(each["at"])) for each in page["history"]]
    if told != [(act.kind.value, act.at) for act in one.acts]:
        yield "the page: history is not that of the recorded acts"
    leaf = db.session.get(ActLeaf, one.acts[-1].id)
    if "leaf" in page and leaf is not None and page["leaf"] != leaf.leaf_index:
        yield "the page: leaf is not that of the last act"


def _why(one: Certificate, act: RecordedAct) -> dict[str, Any] | None:
    if act.reason_code is None or act.kind not in ACT_WORDS:
        return None
    reason = check_reason(ACT_WORDS[act.kind], act.reason_code, act.criterion, text_of(one.scheme_version))
    made = why_of(act.kind, act.at, reason, one.scheme_version, criterion=act.criterion, summary=act.public_summary)
    until = act.appeal_until
    return made | {"appeal_until": until.isoformat() if until else None}


def _makers(one: Certificate, shown: list[Mapping[str, str]]) -> Iterator[str]:
    signed = one.versions[-1].statement.get("personal", {}).get(MAKERS, ())
    given = [Disclosure(each["name"], each["salt"]) for each in shown]
    if any(path_of(one.versions[-1].statement, each) is None for each in given) or len(set(given)) != len(given):
        yield "the page: makers are not those whose names were committed to"
    elif len(given) < len(signed) and not db.session.scalar(
        select(AuditEntry.id).where(AuditEntry.act == REMOVED, AuditEntry.subject_id == one.code).limit(1)
    ):
        yield "the page: a maker's name is missing, and nobody took it away"
