"""Versions that the public log tells of and this database has lost, after it was restored from a backup. Queries only.

What is known of one: its leaves, always; and its credential, where a source still published it. From both its standing is told
by the one verdict, except that nobody may say VALID of a record that is not there: its people must enter it anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from certification.core.db import db
from certification.log.leaves import readable
from certification.log.models import AdoptedLeaf, LogLeaf, of_few_kinds
from certification.registry.models import Certificate, LostVersion
from certification.rules.code import parse
from certification.rules.errors import BadCode, DomainError
from certification.rules.facts import Facts, Term
from certification.rules.granted import grant_of
from certification.rules.leaves import Act, LogAct, SchemeRef
from certification.rules.replay import ISSUING, facts_as_of, scheme_end, term_of, verdict_as_of
from certification.rules.statement import GrantStatement, read_statement
from certification.rules.text import N_
from certification.rules.verdict import PublicState, Verdict, verdict
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.texts import lapsed_at

UNTOLD = (PublicState.VALID, PublicState.NOT_YET_VALID, PublicState.NOT_FOUND)
SCHEME_ACTS = (LogAct.SCHEME_ACTIVATED, LogAct.SCHEME_SUPERSEDED, LogAct.SCHEME_LAPSED, LogAct.SCHEME_WITHDRAWN)
SENTENCE = N_(
    "Este registro se recuperó de un respaldo y perdió este expediente. En la bitácora pública consta como otorgado el "
    "%(day)s. Mientras no se vuelva a capturar, no podemos decir si vale."
)


class Lost(NamedTuple):
    """A code with leaves and no record. ``document`` is its newest credential that was found, with its proof."""

    code: str
    granted_at: datetime
    verdict: Verdict
    document: Mapping[str, Any] | None

    @property
    def state(self) -> PublicState:
        return self.verdict.state

    @property
    def subject(self) -> Mapping[str, Any]:
        """What the credential says of it; empty without one."""
        return self.document["credentialSubject"] if self.document else {}


def find_lost(code: str, at: datetime) -> Lost | None:
    """What is left of a certificate whose record is gone; None where there is a record, or never was one.

    Its state is CANNOT_CHECK where the leaves alone would make it valid.
    """
    try:
        plain = parse(code)
    except BadCode:
        return None
    told = acts_of(plain)
    granted = _granted_at(told)
    if granted is None or db.session.scalar(select(exists().where(Certificate.code == plain))):
        return None
    found = _verdict_of_lost(plain, told, at)
    if found.state in UNTOLD:
        found = replace(found, state=PublicState.CANNOT_CHECK, since=None)
    return Lost(plain, granted, found, _newest_document(plain))


def grants_lost(codes: Collection[str]) -> dict[str, datetime]:
    """When each was granted, of the canonical codes that leaves tell of and no record: two queries for all."""
    rows = select(LogLeaf.certificate_code, LogLeaf.entry).where(LogLeaf.certificate_code.in_(codes)).order_by(LogLeaf.index)
    told: dict[str, list[Act]] = {}
    for code, entry in db.session.execute(rows):
        act = readable(entry)
        if code and act is not None:
            told.setdefault(code, []).append(act)
    if not told:
        return {}
    recorded = set(db.session.scalars(select(Certificate.code).where(Certificate.code.in_(told))))
    granted = {code: _granted_at(acts) for code, acts in told.items() if code not in recorded}
    return {code: at for code, at in granted.items() if at is not None}


def _granted_at(told: Sequence[Act]) -> datetime | None:
    return next((act.at for act in told if act.act is LogAct.GRANTED), told[0].at if told else None)


def lost_codes(session: Session) -> list[str]:
    """All codes of which leaves were taken back, their grant among them, and that have no record."""
    found = _adopted_grants().where(~exists().where(Certificate.code == LogLeaf.certificate_code))
    return list(session.scalars(found.order_by(LogLeaf.certificate_code)))


def is_lost(code: str) -> bool:
    """Whether it is one of them. A code that vanished otherwise is none."""
    found = _adopted_grants().where(LogLeaf.certificate_code == code)
    recorded = exists().where(Certificate.code == code)
    return db.session.scalar(found) is not None and not db.session.scalar(select(recorded))


def _adopted_grants() -> Select[str | None]:
    """From the few that were adopted on, however long the log is."""
    adopted = select(LogLeaf.certificate_code).where(LogLeaf.index.in_(select(AdoptedLeaf.index)))
    return adopted.where(LogLeaf.act == LogAct.GRANTED)


def find_lost_version(code: str, number: int) -> LostVersion | None:
    """A lost version whose credential was found."""
    try:
        found = db.session.get(LostVersion, (parse(code), number))
    except BadCode:
        return None
    return found if found and found.document else None


def acts_of(code: str) -> list[Act]:
    """The leaves of one certificate that can be read, in the log's order."""
    rows = select(LogLeaf.entry).where(LogLeaf.certificate_code == code).order_by(LogLeaf.index)
    return [act for entry in db.session.scalars(rows) if (act := readable(entry)) is not None]


def facts_of_lost(code: str, told: list[Act], at: datetime) -> Facts | None:
    """The facts as leaves and credentials lead to them; None where they lead nowhere."""
    try:
        terms, lapse = _known(code, told)
        return facts_as_of(told, at, terms=terms, scheme_lapsed_at=lapse)
    except (ValueError, DomainError):
        return None


def _verdict_of_lost(code: str, told: list[Act], at: datetime) -> Verdict:
    try:
        terms, lapse = _known(code, told)
        return verdict_as_of(told, at, terms=terms, scheme_lapsed_at=lapse)
    except (ValueError, DomainError):
        return verdict(None, at)


def _known(code: str, told: list[Act]) -> tuple[dict[int, Term], datetime | None]:
    """The terms of its credentials that were found, and the end of its scheme."""
    versions = db.session.scalars(select(LostVersion).where(LostVersion.code == code, LostVersion.document.is_not(None)))
    scheme = next((act.scheme for act in told if act.act in ISSUING and act.scheme), None)
    terms = {one.number: term_of(one.document) for one in versions if one.document}
    return terms, _scheme_end(scheme) if scheme else None


def standing_statement(certificate: Certificate) -> GrantStatement:
    """What the version that stands states: the newest, though only its credential was found again."""
    found = next((one for one in reversed(certificate.lost) if one.document), None)
    if found is not None and found.document and found.number > certificate.versions[-1].number:
        return grant_of(found.document)
    return read_statement(certificate.versions[-1].statement)


def newest_number(code: str, at: datetime | None = None) -> int:
    """The number of the newest lost version whose credential was found, now or as of an instant; 0 for none."""
    numbers = select(LostVersion.number).where(LostVersion.code == code, LostVersion.document.is_not(None))
    if at is not None:
        numbers = numbers.join(LogLeaf, LogLeaf.index == LostVersion.leaf_index).where(LogLeaf.at <= at)
    return db.session.scalar(numbers.order_by(LostVersion.number.desc()).limit(1)) or 0


def _newest_document(code: str) -> Mapping[str, Any] | None:
    found = db.session.get(LostVersion, (code, newest_number(code)))
    return found.document if found else None


def _scheme_end(named: SchemeRef) -> datetime | None:
    """By the row where there is one, for it knows the legal mark too; else by the leaves."""
    rows = select(SchemeVersion).join(Scheme).where(Scheme.key == named.id, SchemeVersion.version == named.version)
    version = db.session.scalar(rows)
    if version is not None:
        return lapsed_at(version)
    entries = db.session.scalars(select(LogLeaf.entry).where(of_few_kinds(SCHEME_ACTS)).order_by(LogLeaf.index))
    return scheme_end((act for entry in entries if (act := readable(entry)) is not None), named)
