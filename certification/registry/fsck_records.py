"""Whether one certificate's record is whole: its columns, page, versions and acts against each other and against what was signed.

Every fault is one line of plain English, told to whoever operates the registry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from certification.audit.models import AuditEntry
from certification.core.db import db
from certification.log.leaves import readable
from certification.log.models import LogLeaf
from certification.registry.acts import ACT_WORDS
from certification.registry.commitments import Disclosure
from certification.registry.credentials import BEFORE, MAKERS, path_of
from certification.registry.fsck_beside import Beside
from certification.registry.histories import ISSUING, facts_at, scheme_at
from certification.registry.logged import number_at
from certification.registry.lost import standing_statement
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.registry.projection import first_page, why_of, with_proof, with_statement
from certification.registry.reconciling import details_of
from certification.registry.validity import INSTANTS
from certification.registry.verifying import damages_of_version, faults_of_version
from certification.registry.versions import calendar_of, term_said
from certification.rules.canonical import digest
from certification.rules.days import day_of, end_of_day
from certification.rules.fold import fold
from certification.rules.replay import term_of
from certification.rules.statement import GrantStatement, read_statement
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion
from certification.schemes.reasons import check_reason
from certification.schemes.texts import text_of, zone_of

FROZEN = ("techniques", "marks", "photo")  # of the page, as the grant makes them
REMOVED = "certificate.name_removed"
TAKEN_BACK = "certificate.take_back"
AUDITED = {
    CertificateAct.GRANTED: "certificate.grant",
    CertificateAct.RENEWED: "certificate.renew",
    **{kind: f"certificate.{word}" for kind, word in ACT_WORDS.items()},
}


@dataclass(frozen=True, slots=True)
class _Stated:
    """A version, what it states, and the version of the scheme that it names."""

    row: CertificateVersion
    said: GrantStatement
    scheme: SchemeVersion


def faults_of_record(one: Certificate, beside: Beside, at: datetime) -> Iterator[str]:
    """Everything that is wrong with a certificate. Raises whatever rows that no service writes lead to."""
    if not one.versions or not one.acts:
        yield "it has no version or no act"
        return
    stated = [_stated(version, beside) for version in one.versions]
    standing = standing_statement(one)
    yield from _columns(one, standing, stated[0].row, beside)
    yield from _replayed(one, at)
    yield from _issued(one, stated, beside)
    for version in one.versions:
        read = faults_of_version if version is one.versions[-1] else damages_of_version
        codes = read(version, at, beside.signed.keys, beside.signed.ends)
        once = dict.fromkeys(codes)  # both forms of a credential may fail by one cause
        yield from (f"version {version.number}: what is signed does not hold ({code})" for code in once)
    for act in one.acts:
        scheme = scheme_at(one, act.at)
        yield from (f"act {act.id} ({act.kind.value}): {fault}" for fault in _act(act, scheme, beside))
    yield from _page(one, standing, beside)


def _stated(version: CertificateVersion, beside: Beside) -> _Stated:
    said = read_statement(version.statement)
    return _Stated(version, said, beside.schemes[said.scheme_id, said.scheme_version])


def _differ(found: Mapping[str, object], wanted: Mapping[str, object], than: str) -> Iterator[str]:
    for name, value in wanted.items():
        if found.get(name) != value:
            yield f"{name} is not {than}"


def _columns(one: Certificate, said: GrantStatement, first: CertificateVersion, beside: Beside) -> Iterator[str]:
    """What columns repeat of the statement that stands now."""
    subject, version = said.subject, one.scheme_version
    place = subject.place
    wanted = {
        "code": said.code,
        "holder_name": subject.holder,
        "goods": subject.goods,
        "subject_kind": subject.kind.value,
        "label_class": said.label_class,
        "state_code": place.state_code,
        "municipality": place.municipality,
        "municipality_code": f"{place.state_code}{place.municipality_code}" if place.municipality_code else None,
        "scheme_version": (said.scheme_id, said.scheme_version, said.scheme_digest),
        "photo": subject.photo_digests,
        "subjects": set(subject.refs),
    }
    found = {name: getattr(one, name) for name in wanted if name not in {"goods", "scheme_version", "photo", "subjects"}} | {
        "goods": (one.goods,),
        "scheme_version": (version.scheme.key, version.version, version.digest),
        "photo": (one.photo.digest,) if one.photo else subject.photo_digests if said.version > one.versions[-1].number else (),
        "subjects": beside.subjects[one.id],
    }
    yield from _differ(found, wanted, "what was signed")
    other = {"holder_ref": one.holder.public_id, "holder_id": one.application.party_id, "granted_at": one.acts[0].at}
    other["search_text"] = fold(f"{one.holder_name} {one.goods} {one.municipality}")
    other["application_id"] = (
        one.application_id if first.application_id is None else first.application_id
    )  # the first version may be of before these
    yield from _differ({name: getattr(one, name) for name in other}, other, "what stands elsewhere")


def _replayed(one: Certificate, at: datetime) -> Iterator[str]:
    facts = facts_at(one, max([at, *(act.at for act in one.acts)]))
    found = {name: getattr(one, name) for name in INSTANTS}
    yield from _differ(found, {name: getattr(facts, name) for name in INSTANTS}, "what the recorded acts lead to")


def _issued(one: Certificate, stated: Sequence[_Stated], beside: Beside) -> Iterator[str]:
    """Each version has the act that issued it, at its instant, with the term that was signed and the case that was decided."""
    acts = [act for act in one.acts if act.kind in ISSUING and not _is_taken_back(act)]
    numbers = [number_at(act, _index(act, beside)) for act in acts]
    if [each.row.number for each in stated] != numbers:
        yield "its versions are not those that its acts issued"
        return
    for each, act in zip(stated, acts, strict=True):
        version = each.row
        if version.signed_at != act.at:
            yield f"version {version.number} was not signed at the instant of its act"
        term = term_said(calendar_of(each.said, each.scheme).instants(zone_of(each.scheme)))
        if act.details.get("term", term) != term:
            yield f"the term of version {version.number} is not what was signed"
        told = _audited(act, beside)
        if told and act.kind is CertificateAct.RENEWED:
            case = version.application.public_id if version.application else None
            said = {"application": case, "version": version.number, "cause": act.details.get("cause")}
            if {name: told.details.get(name) for name in said} != said or act.details.get("version") != version.number:
                yield f"version {version.number} is another than the record of acts tells"


def _index(act: RecordedAct, beside: Beside) -> int | None:
    leaf = beside.leaves.get(act.id)
    return leaf.index if leaf else None


def _is_taken_back(act: RecordedAct) -> bool:
    return bool(act.details.get("taken_back"))


def _act(act: RecordedAct, scheme: SchemeVersion, beside: Beside) -> Iterator[str]:
    """What the log does not repeat of an act: until when it can be appealed, who recorded it, and its further details."""
    if act.appeal_until != _appeal_until(act, scheme):
        yield "its last day of appeal is another"
    told = _audited(act, beside)
    if told is None:
        yield "the record of acts does not tell of it"
    elif told.by_id != act.by_id:
        yield "who did it is another than the record of acts tells"
    elif not _is_taken_back(act) and told.details.get("told", digest(act.details)) != digest(act.details):
        yield "its details are not those of the record of acts"
    if _is_taken_back(act) and act.details != _from_the_log(act, beside):
        yield "its details are not those of the public log"


def _audited(act: RecordedAct, beside: Beside) -> AuditEntry | None:
    entries = beside.audit.get(act.certificate.code, ())
    if _is_taken_back(act):
        said = {"act": act.kind.value, "leaf": _index(act, beside)}
        return next((one for one in entries if one.act == TAKEN_BACK and one.details == said), None)
    return next((one for one in entries if one.act == AUDITED[act.kind] and one.at == act.at), None)


def _from_the_log(act: RecordedAct, beside: Beside) -> dict[str, Any] | None:
    index = _index(act, beside)
    told = readable(db.session.scalar(select(LogLeaf.entry).where(LogLeaf.index == index)) or b"")
    issued = next((one.document for one in act.certificate.lost if one.leaf_index == index and one.document), None)
    return details_of(act.kind, told, term_of(issued) if issued else None) if told else None


def _appeal_until(act: RecordedAct, scheme: SchemeVersion) -> datetime | None:
    if act.reason_code is None or act.kind is CertificateAct.SURRENDERED:
        return None
    days, zone = text_of(scheme).timing.appeal_deadline_days, zone_of(scheme)
    return end_of_day(day_of(act.at, zone) + timedelta(days=days), zone)


def _page(one: Certificate, said: GrantStatement, beside: Beside) -> Iterator[str]:
    """The page against one made anew; names that were removed by consent are missed by nobody."""
    page, case = one.page, one.case
    decision = beside.decisions.get(case.id)
    if decision is None:
        yield "nobody decided it"
        return
    now = one.versions[-1]
    anew = with_proof(first_page(case, decision, ()), now)
    anew |= with_statement(anew, said, one.photo)
    wanted = {name: anew[name] for name in (*FROZEN, "place", "proof")} | {"why": _why(one)}
    yield from (f"the page: {fault}" for fault in _differ(page, wanted, "what stands behind it"))
    yield from _decided(one, page["decided"], anew["decided"])
    yield from _history(one, page, beside)
    yield from _makers(now, page[MAKERS], beside)
    earlier = [Disclosure(each["name"], each["salt"]) for each in page.get(BEFORE, ())]
    if any(all(path_of(version.statement, each) is None for version in one.versions) for each in earlier):
        yield "the page: a name stands beside no version that committed to it"


def _decided(one: Certificate, found: Mapping[str, Any], anew: dict[str, Any]) -> Iterator[str]:
    """Who owns a scheme may take another name later; the page and the credential keep that of the day of the decision."""
    decided = next((each for each in reversed(one.versions) if each.application is not None), one.versions[0])
    if decided.credential is not None:
        owner = decided.credential.document["credentialSubject"]["scope"]["owner"]["name"]
        anew |= {"by": anew["by"] if anew["by"]["es"] == owner else {"es": owner, "en": owner}}
    visits = [act.details["visited_on"] for act in one.acts if act.at > decided.signed_at and "visited_on" in act.details]
    if found["visited_on"] in visits[-1:]:  # of before a visit left it as it was; the page does not show it then
        anew |= {"visited_on": visits[-1]}
    yield from (f"the page: {fault}" for fault in _differ(found, anew, "what was decided"))


def _history(one: Certificate, page: Mapping[str, Any], beside: Beside) -> Iterator[str]:
    told = [(each["kind"], datetime.fromisoformat(each["at"]), each.get("cause")) for each in page["history"]]
    if told != [(act.kind.value, act.at, act.details.get("cause")) for act in one.acts]:
        yield "the page: history is not that of the recorded acts"
    leaf = beside.leaves.get(one.acts[-1].id)
    if leaf is None or page.get("leaf") == leaf.index:
        return
    if "leaf" in page or not leaf.before_log:
        yield "the page: leaf is not that of the last act"


def _why(one: Certificate) -> dict[str, Any] | None:
    """The reason that stands: that of the last act that is no next version, for one of these lifts no suspension."""
    act = next(each for each in reversed(one.acts) if each.kind is not CertificateAct.RENEWED)
    scheme = scheme_at(one, act.at)
    if act.reason_code is None or act.kind not in ACT_WORDS:
        return None
    reason = check_reason(ACT_WORDS[act.kind], act.reason_code, act.criterion, text_of(scheme))
    made = why_of(act.kind, act.at, reason, scheme, criterion=act.criterion, summary=act.public_summary)
    until = act.appeal_until
    return made | {"appeal_until": until.isoformat() if until else None}


def _makers(now: CertificateVersion, shown: list[Mapping[str, str]], beside: Beside) -> Iterator[str]:
    signed = now.statement.get("personal", {}).get(MAKERS, ())
    given = [Disclosure(each["name"], each["salt"]) for each in shown]
    if any(path_of(now.statement, each) is None for each in given) or len(set(given)) != len(given):
        yield "the page: makers are not those whose names were committed to"
    elif len(given) < len(signed) and not any(one.act == REMOVED for one in beside.audit.get(now.certificate.code, ())):
        yield "the page: a maker's name is missing, and nobody took it away"
