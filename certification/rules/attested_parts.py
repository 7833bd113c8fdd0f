"""The evidence of one certificate, and what each piece must be for the others to count."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from certification.rules.attested_log import Doubt, Log, Told
from certification.rules.canonical import digest
from certification.rules.checking import About, Why
from certification.rules.days import end_of_day
from certification.rules.did import RegistryKeys
from certification.rules.errors import DomainError
from certification.rules.instants import read_instant
from certification.rules.jose import issuer_of, peek_token
from certification.rules.leaves import Act
from certification.rules.proofs import Document, proof_created
from certification.rules.replay import require_logged, scheme_end, term_of
from certification.rules.secured import Secured

MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody gathered of one certificate, believed by nobody yet.

    `credentials` by version; `lists` by their address, None for one that could not be had; `schemes` by `ID/VERSION`. `seen` is
    when whoever gathered saw the registry itself answer; `made` is when a copy says it was made.
    """

    code: str
    credentials: Mapping[int, Secured] = field(default_factory=dict)
    keys: RegistryKeys | None = None
    lists: Mapping[str, Secured | None] = field(default_factory=dict)
    log: Log | None = None
    schemes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    seen: datetime | None = None
    made: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """When both lists of a credential speak of it: from `begin` until before `end`; the older was signed at `signed`."""

    signed: datetime
    begin: datetime
    end: datetime

    def clamped(self, at: datetime) -> datetime:
        """The instant within it that is nearest."""
        return max(self.begin, min(at, self.end - MOMENT))


def window_of(secured: Secured, lists: Mapping[str, Secured | None]) -> Window | None:
    """As credential and lists say themselves, unverified; None where they say nothing that makes sense."""
    try:
        listed = [_unverified(one) for one in _named(_unverified(secured), lists)]
        times = [(read_instant(one.get("validFrom")), read_instant(one.get("validUntil"))) for one in listed]
        signed = peek_token(secured).signed if isinstance(secured, str) else proof_created(secured)
    except DomainError:
        return None
    if not times or signed is None:
        return None
    begin, end = max(signed, *(one for one, _ in times)), min(one for _, one in times)
    return Window(min(one for one, _ in times), begin, end) if begin < end else None


def _named(document: Document, lists: Mapping[str, Secured | None]) -> list[Secured]:
    """The lists that a credential names; none where one is missing."""
    entries = document.get("credentialStatus")
    entries = entries if isinstance(entries, list) else []
    found = [lists.get(str(one.get("statusListCredential"))) for one in entries if isinstance(one, Mapping)]
    had = [one for one in found if one is not None]
    return had if len(had) == len(entries) else []


def _unverified(secured: Secured) -> Document:
    return peek_token(secured).document if isinstance(secured, str) else secured


def require_bound(document: Document, act: Act) -> tuple[Why, ...]:
    """Insist that a credential is the one that `act` issued; what could not be held against the leaf is told. Raises Doubt."""
    subject = document.get("credentialSubject")
    said = subject if isinstance(subject, Mapping) else {}
    named = act.certificate
    if named is None or (said.get("certificateCode"), said.get("certificateVersion")) != (named.code, named.version):
        raise Doubt(Why("other_certificate"))
    scope = said.get("scope")
    scope = scope if isinstance(scope, Mapping) else {}
    scheme = act.scheme
    if scheme is None or (scope.get("schemeKey"), scope.get("version"), scope.get("schemeDigest")) != (
        scheme.id,
        scheme.version,
        scheme.digest,
    ):
        raise Doubt(Why("other_scheme", About.SCHEME))
    try:
        term = term_of(document)
        if (term.valid_from, term.valid_until) != (act.valid_from, act.valid_until):
            raise Doubt(Why("other_term"))
        if act.credential is None and act.before_log:
            return (Why("before_log", About.LOG),)
        require_logged(document, act)
    except DomainError as error:
        raise Doubt(Why(error.code)) from error
    return ()


def require_keys_told(keys: RegistryKeys, told: Told) -> None:
    """Insist that the log announced each key that the registry names. Raises Doubt (`unannounced_key`)."""
    if not told.knows_others:
        return
    for kid, period in keys.keys.items():
        if told.keys.get(kid) != hashlib.sha256(period.public.public_bytes_raw()).hexdigest():
            raise Doubt(Why("unannounced_key", About.KEYS))


def told_address(document: Document, did: str) -> tuple[Why, ...]:
    """What is to be told where a credential was issued under another address than the one whose keys were read."""
    return () if issuer_of(document) == did else (Why("former_address", About.KEYS),)


def end_of_scheme(
    told: Told, granted: Act, document: Document, schemes: Mapping[str, Mapping[str, object]]
) -> tuple[datetime | None, tuple[Why, ...]]:
    """When the scheme behind a version stopped or will stop backing labels, and what could not be looked at.

    Its own end is an act of the log; where those acts were not brought, the scheme's document is believed, which can only make
    things worse. The end of a legal mark stands in that document alone. Raises Doubt.
    """
    ends: list[datetime] = []
    scheme = schemes.get(f"{granted.scheme.id}/{granted.scheme.version}") if granted.scheme else None
    if told.knows_others and granted.scheme is not None:
        acted = scheme_end(told.other, granted.scheme)
        ends += [acted] if acted else []
    if scheme is None:
        return min(ends, default=None), (Why("scheme_missing", About.SCHEME),)
    try:
        if granted.scheme is None or digest(scheme.get("document")) != granted.scheme.digest:
            raise Doubt(Why("other_scheme", About.SCHEME))
        if not told.knows_others and scheme.get("lapsed_at") is not None:
            ends.append(read_instant(scheme.get("lapsed_at")))
        if scheme.get("mark_ends_on") is not None:
            ends.append(end_of_day(date.fromisoformat(str(scheme.get("mark_ends_on"))), zone_of(document)))
    except (DomainError, ValueError, OverflowError) as error:
        raise Doubt(Why("bad_scheme", About.SCHEME)) from error
    return min(ends, default=None), ()


def zone_of(document: Document) -> ZoneInfo:
    """The zone in which a credential's days begin and end. Raises Doubt (`bad_document`)."""
    subject = document.get("credentialSubject")
    name = subject.get("validityTimeZone") if isinstance(subject, Mapping) else None
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, KeyError) as error:  # a name that is no zone, or leads elsewhere
        raise Doubt(Why("bad_document")) from error
