"""What a mail says of a change: the state of before and of now, since when, and the public reason. In the watcher's language."""

from datetime import datetime

from certification.registry.api.answers import ACTED
from certification.registry.dates import day
from certification.registry.models import Certificate
from certification.registry.validity import facts_of
from certification.registry.watches.models import Watch
from certification.registry.words import words
from certification.rules.days import day_of
from certification.rules.verdict import Verdict
from certification.schemes.texts import lapsed_at, zone_of


def changed(watch: Watch, found: Verdict) -> dict[str, str | None]:
    """The values of the mail ``watch-changed``: words of the verify page, the day of the change in the scheme's zone, and why.

    ``reason``, ``criterion`` and ``summary`` are those of the act that paused or ended the label, ``because`` is said where dates
    or another label did; each is empty where there is none. A summary is in its author's language. ``successor`` is a code.
    """
    certificate, lang = watch.certificate, watch.language
    version = certificate.scheme_version
    zone, facts = zone_of(version), facts_of(certificate, lapsed_at(version))
    return {
        "was": words().state(lang, watch.told_state or ""),
        "word": words().state(lang, found.state.value),
        "since": day(day_of(_began(certificate, found), zone), lang),
        "sentence": words().sentence(facts, found, zone, lang),
        "because": words().because(facts, found, zone, lang),
        "successor": found.successor,
        **_why(certificate, found, lang),
    }


def _began(certificate: Certificate, found: Verdict) -> datetime:
    """When the label came to stand as it does; where its state began with nothing, its last act."""
    acts = [datetime.fromisoformat(one["at"]) for one in certificate.page["history"]]
    return found.since or max(acts)


def _why(certificate: Certificate, found: Verdict, lang: str) -> dict[str, str]:
    why = certificate.page["why"] if found.reason in ACTED else None
    if why is None:
        return {"reason": "", "criterion": "", "summary": ""}
    title = why["criterion_title"]
    criterion = f"{why['criterion']}, {title[lang]}" if title else ""
    return {"reason": why["reason"][lang], "criterion": criterion, "summary": why["summary"]}
