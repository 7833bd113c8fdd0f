"""What all that is published of one certificate leads to at an instant: credentials, status lists, acts of the log, scheme.

For everybody without a database: command, page of the export, monitor. It stands on `checking`, `replay` and `verdict`. A list
speaks within its own time and must then agree with the log; before that time the leaves decide; after it nobody knows. What can't
be read, found or believed is CANNOT_CHECK with its reason; but where a key fell into other hands, the leaves alone tell that its
label is lost for good, as the registry itself tells it. Nothing here fetches or reads a clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from certification.rules.attested_log import Doubt, Leaf, Log, Told, read_log
from certification.rules.attested_parts import (
    Evidence,
    Window,
    end_of_scheme,
    require_bound,
    require_keys_told,
    told_address,
    window_of,
)
from certification.rules.checking import PURPOSES, About, Checked, Why, check_credential
from certification.rules.did import COMPROMISED_KEY, RegistryKeys
from certification.rules.facts import Facts, Term
from certification.rules.periods import truly_since, turning_dates
from certification.rules.proofs import Document
from certification.rules.replay import facts_as_of, recorded_acts, term_of
from certification.rules.verdict import LOST, PublicState, Verdict, verdict

__all__ = ["Attested", "Evidence", "Leaf", "Log", "attest"]


@dataclass(frozen=True, slots=True)
class Attested:
    """What is known at `as_of`, and of what.

    `document` is a credential whose signature holds and which the log names, else None: then nothing of it may be shown as true.
    Where `log_missing` is unchecked it is its signature alone. `unchecked` is what could not be looked at and was left out.
    `known` is, beside CANNOT_CHECK, what was so at `known_at`, the last instant that lists and log speak of together.
    """

    state: PublicState
    as_of: datetime
    reasons: tuple[Why, ...]
    since: datetime | None = None
    successor: str | None = None
    document: Document | None = None
    version: int | None = None
    checked: tuple[About, ...] = ()
    unchecked: tuple[Why, ...] = ()
    demonstration: bool = False
    window: Window | None = None
    known: Verdict | None = None
    known_at: datetime | None = None

    @property
    def is_valid(self) -> bool:
        return self.state is PublicState.VALID


@dataclass(frozen=True, slots=True)
class _Question:
    evidence: Evidence
    keys: RegistryKeys
    as_of: datetime
    moment: datetime
    allow: bool


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything read and believed, before it is judged. `listed` has the bits, where lists could be read."""

    told: Told
    version: int
    terms: Mapping[int, Term]
    listed: Checked
    window: Window | None
    lapse: datetime | None
    unchecked: tuple[Why, ...]

    def newer(self, at: datetime) -> list[datetime]:
        """When later versions were issued, up to an instant."""
        return [act.at for act in self.told.issuing(at) if act.certificate and act.certificate.version > self.version]

    def facts(self, at: datetime) -> Facts | None:
        """The label's facts at an instant; those of an older version end where the next was issued."""
        facts, later = facts_as_of(self.told.acts, at, terms=self.terms, scheme_lapsed_at=self.lapse), self.newer(at)
        if facts is None or not later or (facts.superseded_at is not None and facts.superseded_at <= min(later)):
            return facts
        return replace(facts, superseded_at=min(later), successor=self.told.code)

    def verdict(self, at: datetime) -> Verdict:
        dates = turning_dates(recorded_acts(self.told.acts, self.terms), [self.lapse])
        return truly_since(lambda one: verdict(self.facts(one), one), dates, at)


def attest(
    evidence: Evidence, *, as_of: datetime, now: datetime, version: int | None = None, allow_demonstration: bool = False
) -> Attested:
    """What the certificate is worth at `as_of`; never raises for what it was given to read.

    `now` is when somebody asks. With `version` it is that version's credential that is asked about, else the label: the version
    that stood at `as_of`.
    """
    try:
        asked = _asked(evidence, as_of, now, allow=allow_demonstration)
        if evidence.log is None:
            return _by_lists(asked)
        return _by_log(asked, read_log(evidence.log, evidence.code), version)
    except Doubt as doubt:
        return Attested(PublicState.CANNOT_CHECK, as_of, (doubt.why,), demonstration=doubt.demonstration)
    except (RecursionError, ValueError, OverflowError):
        return Attested(PublicState.CANNOT_CHECK, as_of, (Why("unreadable"),))


def _asked(evidence: Evidence, as_of: datetime, now: datetime, *, allow: bool) -> _Question:
    if as_of > now:
        raise Doubt(Why("in_future"))
    if evidence.keys is None:
        raise Doubt(Why("keys_missing", About.KEYS))
    return _Question(evidence, evidence.keys, as_of, now, allow)


def _by_log(asked: _Question, told: Told, version: int | None) -> Attested:
    if not told.acts and asked.evidence.credentials:
        raise Doubt(Why("not_logged", About.LOG))
    standing = told.issuing(asked.as_of)
    if not standing or (version is not None and version > len(standing)):
        found = verdict(None, asked.as_of)
        why = Why("before_version" if standing else "before_grant" if told.acts else found.reason.value)
        return Attested(found.state, asked.as_of, (why,), checked=(About.LOG,), unchecked=told.unchecked)
    require_keys_told(asked.keys, told)
    asked = replace(asked, keys=replace(asked.keys, former=told.issuers))
    number = version or len(standing)
    try:
        case = _case(asked, told, number)
    except Doubt as doubt:
        return _lost(asked, told, number, doubt)
    return _judged(case, asked)


def _lost(asked: _Question, told: Told, version: int, doubt: Doubt) -> Attested:
    """A loss that the log tells of a credential whose key fell into other hands; nothing of what that key signed is looked at.

    Nobody is hurt by it, whoever had it told. Raises the doubt again where there is none, or another doubt.
    """
    if doubt.why.code != COMPROMISED_KEY:
        raise doubt
    nothing = Checked(PublicState.CANNOT_CHECK, (doubt.why,), demonstration=doubt.demonstration)
    case = _Case(told, version, {}, nothing, None, None, (*told.unchecked, doubt.why))
    found = case.verdict(asked.as_of)
    if found.state not in LOST:
        raise doubt
    return replace(_whole(case, found, asked), checked=(About.LOG,))


def _case(asked: _Question, told: Told, version: int) -> _Case:
    """Raises Doubt."""
    standing, unchecked = told.issuing(asked.as_of), list(told.unchecked)
    opened: dict[int, Document] = {}
    for number, act in enumerate(standing, start=1):
        opened[number] = _opened(asked, told, number, other=number != version)
        unchecked += require_bound(opened[number], act)
    granted, secured = standing[version - 1], asked.evidence.credentials[version]
    unchecked += told_address(opened[version], asked.keys.did)
    lapse, more = end_of_scheme(told, granted, opened[version], asked.evidence.schemes)
    window = window_of(secured, asked.evidence.lists)
    at = window.clamped(asked.as_of) if window else asked.moment
    listed = _checked(asked, told, version, at)
    return _Case(
        told=told,
        version=version,
        terms={number: term_of(document) for number, document in opened.items()},
        listed=replace(listed, opened=_checked(asked, told, version, asked.moment).opened),
        window=window if listed.bits else None,
        lapse=lapse,
        unchecked=(*unchecked, *more),
    )


def _opened(asked: _Question, told: Told, version: int, *, other: bool) -> Document:
    """The credential of a version, its signature verified. Raises Doubt.

    Of a version `other` than the one that is judged only the term counts. Where its leaf binds it by its digest it does so though
    its key fell into other hands afterwards: nobody who has that key can bring another document.
    """
    if version not in asked.evidence.credentials:
        raise Doubt(Why("credential_missing"))
    bound = other and told.issuing(asked.as_of)[version - 1].credential is not None
    found = _checked(asked, told, version, asked.moment, compromised={} if bound else told.compromised)
    if found.opened is None or not (found.bits or found.reasons[0].about in (About.REVOCATION, About.SUSPENSION)):
        raise Doubt(found.reasons[0], demonstration=found.demonstration)
    return found.opened.document


def _checked(
    asked: _Question, told: Told, version: int, at: datetime, *, compromised: Mapping[str, int] | None = None
) -> Checked:
    act = told.issuing(asked.as_of)[version - 1]
    return check_credential(
        asked.evidence.credentials[version],
        asked.evidence.lists,
        asked.keys,
        at=at,
        compromised=told.compromised if compromised is None else compromised,
        index=told.index_of(act),
        allow_demonstration=asked.allow,
    )


def _judged(case: _Case, asked: _Question) -> Attested:
    """By leaves before the time of the lists, by both within it; after it, only what was known."""
    whole, window = _whole(case, case.verdict(asked.as_of), asked), case.window
    if window is None:
        if _is_past(case, asked):
            return replace(whole, unchecked=(*case.unchecked, *case.listed.reasons))
        return _cannot(whole, case.listed.reasons)
    whole = replace(whole, checked=(*whole.checked, About.REVOCATION, About.SUSPENSION))
    differing = tuple(_differing(case, window.clamped(asked.as_of)))
    if differing:
        return _cannot(whole, differing)
    if asked.as_of < window.end:
        return whole
    last = window.clamped(asked.evidence.made or window.begin)
    stale = tuple(Why("stale", About(purpose)) for purpose in PURPOSES)
    return replace(_cannot(whole, stale), known=case.verdict(last), known_at=last)


def _whole(case: _Case, found: Verdict, asked: _Question) -> Attested:
    return Attested(
        found.state,
        asked.as_of,
        (Why(found.reason.value), *((Why("followed"),) if case.newer(asked.as_of) else ())),
        since=found.since,
        successor=found.successor,
        document=case.listed.opened.document if case.listed.opened else None,
        version=case.version,
        checked=(About.CREDENTIAL, About.KEYS, About.LOG),
        unchecked=case.unchecked,
        demonstration=case.listed.demonstration,
        window=case.window,
    )


def _is_past(case: _Case, asked: _Question) -> bool:
    """Whether the log reaches beyond the instant that is asked about: somebody saw it later, or it has a later act."""
    ends = [one for one in (asked.evidence.seen, case.told.latest) if one is not None]
    return any(asked.as_of < end for end in ends)


def _differing(case: _Case, at: datetime) -> Iterable[Why]:
    """Where the lists say other than the leaves of that instant."""
    facts = case.facts(at)
    if facts is None:
        return
    over = (facts.withdrawn_at, facts.surrendered_at, facts.superseded_at)
    paused = (facts.suspended_at, facts.scheme_lapsed_at)
    for purpose, ends in zip(PURPOSES, (over, paused), strict=True):
        told = any(end is not None and end <= at for end in ends)
        if case.listed.bits[purpose] is not told:
            yield Why("leaf_without_bit" if told else "bit_without_leaf", About(purpose))


def _by_lists(asked: _Question) -> Attested:
    """Without a log the lists alone speak, of the present only."""
    missing = Why("log_missing", About.LOG)
    if not asked.evidence.credentials or asked.as_of != asked.moment:
        raise Doubt(missing)
    number, secured = max(asked.evidence.credentials.items())
    found = check_credential(secured, asked.evidence.lists, asked.keys, at=asked.moment, allow_demonstration=asked.allow)
    return Attested(
        found.state,
        asked.as_of,
        found.reasons,
        document=found.opened.document if found.opened else None,
        version=number,
        checked=(About.CREDENTIAL, About.KEYS, *(About(purpose) for purpose in found.bits)) if found.opened else (),
        unchecked=(missing,),
        demonstration=found.demonstration,
        window=window_of(secured, asked.evidence.lists) if found.bits else None,
    )


def _cannot(found: Attested, reasons: tuple[Why, ...]) -> Attested:
    return replace(found, state=PublicState.CANNOT_CHECK, reasons=reasons, since=None, successor=None)
