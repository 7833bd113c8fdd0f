"""What adopted leaves tell of certificates, applied to the records that this database knows, and kept of those that it lost.

Acts get their row again, without the dossier behind them, and the certificate's columns and page follow. A grant whose record
is gone can't be made up: its leaf stays, and its credential where a source publishes it (see ``lost``). Lists are signed anew.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from certification.audit.record import record
from certification.core.db import after_commit, hold, writing
from certification.core.media.models import FileKind, StoredFile
from certification.log.adopting import Follower, declare_follower
from certification.log.reading import Told
from certification.outside.sources import Source
from certification.registry import lost_places, status
from certification.registry.acts import ACT_WORDS
from certification.registry.histories import facts_at
from certification.registry.issuer import compromises, keys_behind
from certification.registry.logged import LOST_SALT, ActLeaf
from certification.registry.models import Certificate, LostVersion, RecordedAct
from certification.registry.projection import why_of, with_act, with_statement
from certification.registry.recording import forget_pages
from certification.registry.renewals import hook
from certification.registry.validity import INSTANTS
from certification.registry.versions import term_said
from certification.rules.days import day_of, end_of_day
from certification.rules.errors import CannotCheck, DomainError, InvalidInput, NotFound
from certification.rules.facts import Term
from certification.rules.fold import fold
from certification.rules.granted import grant_of
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.jsontext import read_object
from certification.rules.leaves import Act, SchemeRef
from certification.rules.replay import ISSUING, require_logged, term_of
from certification.rules.secured import open_secured
from certification.rules.statement import GrantStatement
from certification.rules.workflow import CertificateAct
from certification.schemes.adopting import find as find_scheme
from certification.schemes.reasons import check_reason
from certification.schemes.texts import text_of, zone_of

VC = "application/vc"
LONGEST_LIST = 32 * 2**20
KINDS = {act.value: act for act in CertificateAct}


MOST_LISTS = 1000


@dataclass(frozen=True, slots=True)
class Gathered:
    """``versions`` by the index of the leaf that names them; ``lists`` as sources publish them, not checked yet."""

    versions: Mapping[int, "Published"]
    lists: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Published:
    """A version's credential as a source gave it: with its proof, and as a token where there was one."""

    document: dict[str, Any]
    token: str | None


def gather(told: Sequence[Told], sources: Sequence[Source]) -> Gathered:
    """The credentials of the versions that were issued meanwhile, where the leaf names them; and the lists of states."""
    found = {}
    for one in told:
        if one.act.act in ISSUING and one.act.certificate and one.act.credential:
            path = f"/c/{one.act.certificate.code}/versions/{one.act.certificate.version}"
            made = next((made for source in sources if (made := _published(source, path, one.act)) is not None), None)
            if made is not None:
                found[one.index] = made
    lost = any(one.act.act in ISSUING and one.index not in found for one in told)
    return Gathered(found, [one for source in sources for one in _lists(source)] if lost else ())


def _lists(source: Source) -> Iterator[dict[str, Any]]:
    for purpose in status.PURPOSES:
        for number in range(1, MOST_LISTS):
            try:
                yield read_object(source.get(f"/status/{purpose}/{number}", VC), longest=LONGEST_LIST)
            except DomainError:
                break


def _published(source: Source, path: str, act: Act) -> Published | None:
    try:
        document = read_object(source.get(path, VC))
        require_logged(document, act)
    except (NotFound, CannotCheck, InvalidInput):
        return None
    try:
        token: str | None = source.get(path, VC_JWT).decode("ascii").strip()
    except (NotFound, CannotCheck, UnicodeDecodeError):
        token = None
    return Published(document, token)


def apply(told: Sequence[Told], gathered: Gathered, at: datetime) -> Collection[int]:
    """Bring the records forward, act by act in the log's order; the leaves that have a row again.

    Raises:
        KeyProblemError: when the lists can't be signed anew.

    """
    applied = {one.index for one in told if one.act.certificate and _apply(one, gathered.versions.get(one.index), at)}
    if _placeless(told):
        _keep_lists(gathered.lists, at)
    if any(one.act.certificate for one in told):
        status.follow_all(at)
        after_commit(forget_pages)
    return applied


def _placeless(told: Sequence[Told]) -> bool:
    """Whether a version was lost whose places in the lists nobody told."""
    leaves = [one.index for one in told]
    bare = select(LostVersion.code).where(LostVersion.document.is_(None), LostVersion.leaf_index.in_(leaves))
    return writing().scalar(bare.limit(1)) is not None


def _keep_lists(published: Sequence[dict[str, Any]], at: datetime) -> None:
    """What is set stays set, by the newest list that is ours; and its places are drawn no more, for some have an owner."""
    newest: dict[str, dict[str, Any]] = {}
    for one in published:
        if _is_ours(one, at) and one["validFrom"] >= newest.get(one["id"], one)["validFrom"]:
            newest[one["id"]] = one
    for one in newest.values():
        lost_places.keep_bits(one)
    numbers = [int(one.rpartition("/")[2]) for one in newest]
    lost_places.leave_pair(max(numbers, default=0), at)


def _is_ours(listed: dict[str, Any], at: datetime) -> bool:
    try:
        open_secured(listed, partial(keys_behind(listed).at, compromised=compromises()), at=at)
    except (DomainError, LookupError, TypeError, ValueError):
        return False
    return True


def _apply(one: Told, published: Published | None, at: datetime) -> bool:
    act, kind = one.act, KINDS.get(one.act.act.value)
    if act.certificate is None or kind is None:
        return False
    certificate = writing().scalar(select(Certificate).where(Certificate.code == act.certificate.code))
    if act.act in ISSUING:
        believed = _believed(published, one, at)
        _keep(one, believed, at)
        if certificate is None or believed is None:
            return False
        term = term_of(believed.document)
    else:
        term, believed = None, None
    if certificate is None:
        return False
    hold(certificate)
    if believed is not None and believed.document:
        _take_scope(certificate, grant_of(believed.document))
    _record(certificate, kind, one, details_of(kind, act, term))
    facts = facts_at(certificate, max(at, act.at))
    for name in INSTANTS:
        setattr(certificate, name, getattr(facts, name))
    record("certificate.take_back", "certificate", certificate.code, by=None, at=at, act=kind.value, leaf=one.index)
    return True


def _take_scope(certificate: Certificate, said: GrantStatement) -> None:
    """What the version of a lost renewal covers, as far as its credential tells."""
    session, subject, place = writing(), said.subject, said.subject.place
    named = find_scheme(SchemeRef(said.scheme_id, said.scheme_version, said.scheme_digest))
    certificate.scheme_version = named or certificate.scheme_version
    certificate.holder_name, certificate.municipality = subject.holder, place.municipality
    certificate.state_code = place.state_code
    certificate.municipality_code = f"{place.state_code}{place.municipality_code}" if place.municipality_code else None
    certificate.label_class, certificate.goods = said.label_class, ", ".join(subject.goods)
    certificate.search_text = fold(f"{subject.holder} {certificate.goods} {place.municipality}")
    files = select(StoredFile).where(StoredFile.digest.in_(subject.photo_digests), StoredFile.kind == FileKind.PHOTO)
    certificate.photo = session.scalar(files.order_by(StoredFile.id).limit(1))
    hook(certificate, set(subject.refs), None)
    certificate.page = with_statement(certificate.page, said, certificate.photo)
    session.flush()


def _believed(published: Published | None, one: Told, at: datetime) -> Published | None:
    """What carries the registry's own signature, now that the log tells of all keys; a token that says something else goes."""
    if published is None:
        return None
    ends = compromises()
    unsecured = {name: value for name, value in published.document.items() if name != "proof"}
    counted = partial(keys_behind(unsecured).at, compromised=ends, index=one.index)
    try:
        open_secured(published.document, counted, at=at)
    except DomainError:
        return None
    try:
        same = published.token is not None and open_secured(published.token, counted, at=at).document == unsecured
    except DomainError:
        same = False
    return Published(published.document, published.token if same else None)


def _keep(one: Told, believed: Published | None, at: datetime) -> None:
    """The version as lost, and its places in the lists as taken."""
    named = one.act.certificate
    if named is None:
        return
    document, token = (believed.document, believed.token) if believed else (None, None)
    session = writing()
    session.add(LostVersion(code=named.code, number=named.version, leaf_index=one.index, document=document, token=token))
    session.flush()
    if document is not None:
        lost_places.keep_places(named.code, named.version, document["credentialStatus"], at=at)


def details_of(kind: CertificateAct, act: Act, term: Term | None) -> dict[str, Any]:
    """What the row of an act that was taken back says besides its reason; ``term`` is that of the credential it issued."""
    details: dict[str, Any] = {"taken_back": True}
    if kind is CertificateAct.SUSPENDED and act.until:
        details["suspension_until"] = act.until.isoformat()
    if kind is CertificateAct.SUPERSEDED:
        details["successor"] = act.successor
    if term is not None:
        details["term"] = term_said(term)
        details["scheme"] = {"id": act.scheme.id, "version": act.scheme.version} if act.scheme else None
    return details


def _record(certificate: Certificate, kind: CertificateAct, one: Told, details: dict[str, Any]) -> None:
    """The row again: by nobody that we know of, with the public reason and without the words that were lost."""
    why, appeal_until = reason_of(certificate, kind, one.act)
    act = RecordedAct(
        certificate=certificate,
        kind=kind,
        at=one.act.at,
        by_id=None,
        reason_code=one.act.reason_code,
        criterion=one.act.criterion,
        public_summary="",
        appeal_until=appeal_until,
        details=details,
    )
    session = writing()
    session.add(act)
    session.flush()
    session.add(ActLeaf(act_id=act.id, leaf_index=one.index, salt=LOST_SALT))
    if kind is CertificateAct.RENEWED:
        why = certificate.page["why"]  # as in ``recording``: it lifts no suspension
    certificate.page = with_act(certificate.page, kind, one.act.at, why) | {"leaf": one.index}
    session.flush()


def reason_of(certificate: Certificate, kind: CertificateAct, act: Act) -> tuple[dict[str, Any] | None, datetime | None]:
    """The reason as pages show it, and until when it could be appealed; none for a code that the lists do not have."""
    version = certificate.scheme_version
    if act.reason_code is None:
        return None, None
    try:
        reason = check_reason(ACT_WORDS[kind], act.reason_code, act.criterion, text_of(version))
    except (InvalidInput, KeyError):
        return None, None
    shown = why_of(kind, act.at, reason, version, criterion=act.criterion, summary="")
    if kind is CertificateAct.SURRENDERED:
        return shown, None
    days, zone = text_of(version).timing.appeal_deadline_days, zone_of(version)
    until = end_of_day(day_of(act.at, zone) + timedelta(days=days), zone)
    return shown | {"appeal_until": until.isoformat()}, until


declare_follower("certificates", Follower(gather, apply))
