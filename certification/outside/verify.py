"""`tianguis verify`: from what a person has to what it is worth, in words and for programs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from certification.outside.gathering import gather, made_at
from certification.outside.sources import Folder, Source
from certification.outside.targets import Target, instant_of, target_of
from certification.rules.attested import Attested, Evidence, attest
from certification.rules.attested_log import Doubt
from certification.rules.attested_parts import zone_of
from certification.rules.attested_words import STATES, SUBJECTS, sentence_of
from certification.rules.canonical import digest
from certification.rules.checking import About, Why
from certification.rules.code import display
from certification.rules.days import DEFAULT_ZONE
from certification.rules.errors import DomainError, Say
from certification.rules.instants import instant_text
from certification.rules.proofs import Document
from certification.rules.text import N_
from certification.rules.verdict import PublicState

VALID, NOT_VALID, NOT_FOUND, CANNOT_CHECK = 0, 1, 2, 3
WRONG = NOT_FOUND
LONGEST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, the code that it is about, and the label's name by language, where the text of its scheme was had."""

    code: str
    attested: Attested
    names: Mapping[str, object] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        exits = {
            PublicState.VALID: VALID,
            PublicState.NOT_FOUND: NOT_FOUND,
            PublicState.CANNOT_CHECK: CANNOT_CHECK,
        }
        return exits.get(self.attested.state, NOT_VALID)


def verify(  # noqa: PLR0913 - what a person may say
    given: str,
    *,
    now: datetime,
    as_of: str | None = None,
    registry: str | None = None,
    export: Path | None = None,
    own: Callable[[], Source] | None = None,
    demonstration: bool = False,
) -> Found:
    """What was given, as it was at `as_of` (a day or an instant; now where it is None).

    Raises DomainError for what can't be asked: no credential, no code, no such folder.
    """
    target = target_of(given, registry=registry, export=export, own=own)
    if as_of is not None:
        instant_of(as_of, now=now, zone=None)  # a wrong date is told before anything is fetched
    return _found(target, as_of, now, demonstration=demonstration or _shown(target.source))


def _found(target: Target, as_of: str | None, now: datetime, *, demonstration: bool) -> Found:
    code = target.asked.code
    try:
        evidence = gather(
            target.source,
            target.asked,
            did=target.did,
            whole_up_to=target.whole_up_to,
            seen=now if target.remote else None,
            made=made_at(target.source),
        )
    except Doubt as doubt:
        return Found(code, Attested(PublicState.CANNOT_CHECK, now, (doubt.why,)))
    except DomainError as error:
        return Found(code, Attested(PublicState.CANNOT_CHECK, now, (Why(error.code),)))
    at = instant_of(as_of, now=now, zone=_zone(evidence))
    attested = attest(evidence, as_of=at, now=now, version=target.asked.version, allow_demonstration=demonstration)
    return Found(code, attested, _names(attested.document, evidence) if attested.document else {})


def _names(document: Document, evidence: Evidence) -> Mapping[str, object]:
    """The label's name in each language, from the text of the scheme whose digest the credential has signed."""
    scope = _part(_part(document, "credentialSubject"), "scope")
    text = _part(evidence.schemes.get(f"{scope.get('schemeKey')}/{scope.get('version')}", {}), "document")
    try:
        return _part(text, "name") if digest(text) == scope.get("schemeDigest") else {}
    except (DomainError, RecursionError):
        return {}


def _shown(source: Source) -> bool:
    """A demonstration that says it is one, in its export or in this process, is shown, and each answer says what it is."""
    if getattr(source, "demonstration", False):
        return True
    try:
        head = source.head() if isinstance(source, Folder) else None
    except DomainError:
        return False
    manifest = head.get("manifest") if head else None
    return isinstance(manifest, dict) and manifest.get("demonstration") is True


def _zone(evidence: Evidence) -> str | None:
    documents = [one for one in evidence.credentials.values() if isinstance(one, Mapping)]
    try:
        return zone_of(documents[-1]).key if documents else None
    except Doubt:
        return None


def as_json(found: Found, say: Say) -> dict[str, Any]:
    """For programs: codes and instants, and each reason in words as well."""
    one = found.attested
    return {
        "code": found.code,
        "state": one.state.value,
        "since": _iso(one.since),
        "as_of": _iso(one.as_of),
        "successor": one.successor,
        "version": one.version,
        "reasons": [_why(why, say) for why in one.reasons],
        "checked": [about.value for about in one.checked],
        "unchecked": [_why(why, say) for why in one.unchecked],
        "demonstration": one.demonstration,
        "lists": {"signed": _iso(one.window.signed), "end": _iso(one.window.end)} if one.window else None,
        "known": {"state": one.known.state.value, "at": _iso(one.known_at)} if one.known else None,
        "says": dict(_facts(one.document)) if one.document else None,
    }


def in_words(found: Found, say: Say, lang: str) -> list[str]:
    """For people, a line each; nothing of a document that is not believed is in it. A label is called so in its language."""
    one, zone = found.attested, _zone_of(found.attested.document)
    lines = [f"{display(found.code)}: {say(STATES[one.state])}"]
    if one.demonstration:
        lines.append(say(N_("Es una demostración: esta firma no vale.")))
    lines.append(_line(say(N_("Revisado al")), _moment(one.as_of, zone)))
    if one.since:
        lines.append(_line(say(N_("Desde")), _moment(one.since, zone)))
    if one.successor and one.successor != found.code:
        lines.append(_line(say(N_("Lo reemplaza")), display(one.successor)))
    lines += [f"- {_said(why, say)}" for why in one.reasons]
    if one.known and one.known_at:
        words = say(N_("El %(when)s su estado era: %(state)s."))
        lines.append(words % {"when": _moment(one.known_at, zone), "state": say(STATES[one.known.state])})
    if one.document:
        name = found.names.get(lang)
        facts = dict(_facts(one.document)) | ({"label": plain(name)} if isinstance(name, str) else {})
        lines += [_line(say(FACTS[fact]), value) for fact, value in facts.items() if fact in FACTS]
    if one.window:
        told = {"signed": _moment(one.window.signed, zone), "end": _moment(one.window.end, zone)}
        lines.append(say(N_("Las listas de estados se firmaron el %(signed)s y valen hasta el %(end)s.")) % told)
    if one.unchecked:
        lines.append(say(N_("No se pudo revisar:")))
        lines += [f"- {_said(why, say)}" for why in one.unchecked]
    return lines


FACTS = {
    "label": N_("Sello"),
    "goods": N_("Ampara"),
    "holder": N_("Titular"),
    "place": N_("Lugar"),
    "valid_from": N_("Vale desde"),
    "valid_until": N_("Vale hasta antes de"),
    "version": N_("Versión"),
    "issuer": N_("Expedido por"),
}


def _facts(document: Document) -> Iterable[tuple[str, str]]:
    """What a credential says, each fact where it has it; whoever shows it has checked the signature."""
    subject, issuer = _part(document, "credentialSubject"), _part(document, "issuer")
    assessment = _first(subject.get("assessment"))
    goods = [_part(one, "product").get("name") for one in _all(assessment.get("assessedProduct"))]
    facility = _part(_first(assessment.get("assessedFacility")), "facility")
    found = {
        "label": subject.get("name"),
        "goods": "; ".join(str(one) for one in goods if one),
        "holder": _part(subject, "issuedToParty").get("name"),
        "place": facility.get("name"),
        "valid_from": document.get("validFrom"),
        "valid_until": document.get("validUntil"),
        "version": subject.get("certificateVersion"),
        "issuer": f"{issuer.get('name', '')} ({issuer.get('id', '')})",
    }
    return [(name, plain(str(value))) for name, value in found.items() if value]


def plain(text: str) -> str:
    """Words of strangers on one line, without what a terminal would obey, and not without end."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:LONGEST_WORDS])


def _said(why: Why, say: Say) -> str:
    sentence, params = sentence_of(why)
    words = say(sentence) % params if params else say(sentence)
    return words if why.about is About.CREDENTIAL and not params else f"{say(SUBJECTS[why.about])}: {words}"


def _why(why: Why, say: Say) -> dict[str, str]:
    return {"code": why.code, "about": why.about.value, "sentence": _said(why, say)}


def _line(name: str, value: str) -> str:
    return f"{name}: {value}"


def _zone_of(document: Document | None) -> ZoneInfo:
    try:
        return zone_of(document) if document else ZoneInfo(DEFAULT_ZONE)
    except Doubt:
        return ZoneInfo(DEFAULT_ZONE)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _iso(at: datetime | None) -> str | None:
    return instant_text(at) if at else None


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}


def _all(listed: object) -> list[Mapping[str, Any]]:
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _first(listed: object) -> Mapping[str, Any]:
    return next(iter(_all(listed)), {})
