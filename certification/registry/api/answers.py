"""What the API says of one certificate: the row of the verify page, its verdict, and never a maker's or reviewer's name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from certification.registry.api.past import Past
from certification.registry.frames import Frame
from certification.registry.histories import facts_at, last_act, verdict_at, version_at
from certification.registry.recorded import Recorded
from certification.registry.telling import last_day
from certification.registry.validity import facts_of
from certification.registry.weighing import weigh_then
from certification.registry.words import Words
from certification.rules.code import display
from certification.rules.days import day_of
from certification.rules.facts import Facts
from certification.rules.verdict import PublicState, Reason, Verdict
from certification.schemes.builtin import public_notice
from certification.schemes.reasons import reason_codes

ACTED = (Reason.SUSPENDED_BY_ACT, Reason.SUSPENSION_PAST_LIMIT, Reason.WITHDRAWN_BY_ACT, Reason.GIVEN_BACK)
Said = dict[str, Any]


class Standing(NamedTuple):
    """What is told of a certificate at one instant. ``why`` is (reason code, criterion) of the last act, where it had one;
    ``leaf`` is that act's in the public log; ``past`` says that the instant is before the moment of asking.
    """

    facts: Facts
    verdict: Verdict
    holder: str
    goods: str
    place: str
    version: int
    secured: bool
    leaf: int | None
    why: tuple[str, str | None] | None
    as_of: datetime | None = None
    past: bool = False


def standing_now(row: Any, frame: Frame, found: Verdict) -> Standing:
    """As the register has it, from the row of ``lookup`` and its verdict (``weighing``)."""
    page = row.page
    why, proof = page["why"], page["proof"]
    return Standing(
        facts_of(row, frame.lapse(row.lapsed_at, row.mark_ends_on)),
        found,
        row.holder_name,
        row.goods,
        page["place"],
        proof["number"],
        bool(proof.get("credential")),
        page.get("leaf"),
        (why["reason_code"], why["criterion"]) if why else None,
    )


def standing_then(  # noqa: PLR0913 - a question, and what was read for it
    row: Any, frame: Frame, past: Past, recorded: Recorded, as_of: datetime, now: datetime
) -> Standing | None:
    """As of an instant until ``now``, from recorded acts and the version that stood then; None before the grant."""
    facts = facts_at(past.certificate, as_of)
    if facts is None:
        return None
    act, version = last_act(past.certificate, as_of), version_at(past.certificate, as_of)
    found = weigh_then(verdict_at(past.certificate, as_of), past.certificate, recorded, as_of)
    made = standing_now(row, frame, found)._replace(
        facts=facts,
        why=(act.reason_code, act.criterion) if act and act.reason_code else None,
        leaf=past.leaves.get(act.id) if act else None,
        as_of=as_of,
        past=as_of < now,
    )
    if version is None:
        return made
    said = version.statement
    goods = ", ".join(said["subject"]["goods"])
    return made._replace(version=version.number, holder=said["holder"], goods=goods, place=_place(said["subject"]))


def certificate(row: Any, frame: Frame, one: Standing, lang: str, words: Words, origin: str) -> Said:
    """One certificate as JSON can say it (schema ``Certificate``); ``checked_at`` is added by whoever sends it."""
    code, zone, found = row.code, frame.zone, one.verdict
    return {
        "code": code,
        "shown_code": display(code),
        "state": found.state.value,
        "since": iso(found.since),
        "reason": found.reason.value,
        "sentence": _sentence(one, zone, lang, words),
        "why": _why(one, lang),
        "label": _label(row, frame, lang, origin),
        "holder": one.holder,
        "goods": one.goods,
        "subject_kind": row.subject_kind,
        "place": one.place,
        "term": _term(one.facts, zone),
        "next_visit_by": last_day(one.facts.surveillance_due, zone).isoformat() if one.facts.surveillance_due else None,
        "successor": found.successor,
        "version": one.version,
        "log_index": one.leaf,
        "links": _links(code, one, origin),
        "lang": lang,
        "as_of": iso(one.as_of),
    }


def iso(instant: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    return instant.isoformat().replace("+00:00", "Z") if instant else None


def _sentence(one: Standing, zone: ZoneInfo, lang: str, words: Words) -> str:
    if one.as_of is not None and one.past:
        return words.sentence_then(one.facts, one.verdict, zone, lang, one.as_of)
    return words.sentence(one.facts, one.verdict, zone, lang)


def _why(one: Standing, lang: str) -> Said | None:
    """The public reason of the act that paused or ended it. What was written about it stands in the record."""
    if one.why is None or one.verdict.reason not in ACTED:
        return None
    code, criterion = one.why
    known = reason_codes().get(code)
    return {"code": code, "words": known.text.in_(lang) if known else code, "criterion": criterion}


def _label(row: Any, frame: Frame, lang: str, origin: str) -> Said:
    return {
        "name": frame.text.name.in_(lang),
        "wording": frame.wording(row.subject_kind, row.label_class).in_(lang),
        "label_class": row.label_class or None,
        "scheme": frame.key,
        "version": frame.version,
        "owner": frame.text.owner.name.in_(lang),
        "decided_by": row.page["decided"]["by"][lang],
        "official": frame.official,
        "notice": None if frame.official else public_notice().in_(lang),
        "rules": f"{origin}/schemes/{frame.key}/{frame.version}",
    }


def _term(facts: Facts, zone: ZoneInfo) -> Said:
    return {
        "first_day": day_of(facts.valid_from, zone).isoformat(),
        "last_day": last_day(facts.valid_until, zone).isoformat(),
        "begins": iso(facts.valid_from),
        "ends": iso(facts.valid_until),
        "time_zone": zone.key,
    }


def _links(code: str, one: Standing, origin: str) -> Said:
    successor = one.verdict.successor
    return {
        "verify": f"{origin}/v/{code}",
        "certificate": f"{origin}/c/{code}",
        "credential": f"{origin}/c/{code}/versions/{one.version}" if one.secured else None,
        "log_proof": f"{origin}/c/{code}/proof" if one.leaf is not None else None,
        "successor": f"{origin}/api/v1/certificates/{successor}" if successor else None,
    }


def _place(subject: Mapping[str, Any]) -> str:
    place = subject["place"]
    parts = (place.get("locality", {}).get("name"), place["municipality"]["name"], place["state"]["name"])
    return ", ".join(dict.fromkeys(part for part in parts if part))


def not_found(asked: str, reason: str, sentence: str, looks: list[Said], lang: str) -> Said:
    """A code that is none here, as a result among many (schema ``Unknown``)."""
    return {
        "asked": asked,
        "state": PublicState.NOT_FOUND.value,
        "reason": reason,
        "sentence": sentence,
        "look_again_at": looks,
        "lang": lang,
    }
