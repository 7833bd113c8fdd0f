"""A small registry with a label in every state, to be exported; and what the command's verifier says of it from the folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from certification.accounts.models import Role, User
from certification.core.db import unit_of_work
from certification.outside.gathering import Asked, gather, made_at
from certification.outside.sources import Folder
from certification.outside.targets import instant_of
from certification.registry import tending
from certification.registry.exporting import export
from certification.registry.models import Certificate
from certification.rules.attested import Attested, attest
from certification.rules.attested_log import Doubt
from certification.rules.instants import instant_text
from certification.rules.verdict import PublicState
from certification.schemes import versions
from tests import makers
from tests.certification.registry.truth import EARLIER, acted, coming, paused, replaced, resumed, returned, taken
from tests.conftest import NOW

DAY = timedelta(days=1)
LAST_YEAR = datetime(2025, 1, 2, 12, tzinfo=UTC)
LONG = "Unión de Artesanas y Artesanos de la Sierra Ñuu Savi «Tejiendo Futuro» A. C."
STATES = {
    "in force": "VALID",
    "restored": "VALID",
    "renewed": "VALID",
    "to come": "NOT_YET_VALID",
    "paused": "SUSPENDED",
    "withdrawn": "WITHDRAWN",
    "surrendered": "SURRENDERED",
    "superseded": "SUPERSEDED",
    "scheme lapsed": "SCHEME_LAPSED",
    "expired": "SCHEME_LAPSED",  # its scheme's mark ended too, and that speaks first
}
DATES = (
    None,
    "2025-06-30",
    "2026-01-01",
    "2026-01-02",
    "2026-06-30",
    instant_text(EARLIER - timedelta(seconds=1)),
    instant_text(EARLIER),
    instant_text(EARLIER + DAY),
    "2026-11-15",
    "2026-11-20",
    "2026-11-21",
    "2030-01-01",
)


def every_state() -> dict[str, str]:
    """Codes by name. Everything happened through the registry's own services, so that the log tells of all of it."""
    decider = makers.user("Celia Decide")
    found = {"expired": makers.certified(decider, at=LAST_YEAR, key="agroecologico-participativo", subject_kind="farm").code}
    makes = {
        "in force": acted(),
        "restored": acted(paused, resumed),
        "renewed": _renewed,
        "to come": coming,
        "paused": acted(paused),
        "withdrawn": acted(paused, taken),
        "surrendered": returned,
        "superseded": replaced,
        "scheme lapsed": _lapsed,
    }
    for name, make in makes.items():
        found[name] = make(makers.user(f"Decide {name}")).code
    mark = makers.scheme_version("agroecologico-participativo")
    with unit_of_work():
        mark.mark, mark.mark_ends_on = "Marca ficticia", datetime(2026, 11, 1, tzinfo=UTC).date()
    tending.renew_lists(NOW)
    return found


def _renewed(by: User) -> Certificate:
    made = makers.certified(by, of=makers.party(LONG))
    makers.renewed(made, by, at=NOW - 10 * DAY, cause="scope")
    return made


def _lapsed(by: User) -> Certificate:
    made, owner = makers.certified(by, key="comercio-justo-local", subject_kind="workshop"), makers.user("Petra Nube")
    makers.role(owner, Role.SCHEME_OWNER, "comercio-justo-local")
    with unit_of_work():
        versions.lapse(made.scheme_version, by=owner, at=EARLIER, reason="Venció la marca.")
    return made


def exported(folder: Path) -> dict[str, str]:
    codes = every_state()
    export(folder, at=NOW)
    return codes


def told(folder: Path, code: str, as_of: str | None, now: datetime, *, whole_up_to: int = 0) -> Attested:
    """As the command answers from a folder; without the whole log, as the page reads it."""
    source = Folder(folder)
    try:
        evidence = gather(source, Asked(code), whole_up_to=whole_up_to, made=made_at(source))
    except Doubt as doubt:
        return Attested(PublicState.CANNOT_CHECK, now, (doubt.why,))
    at = instant_of(as_of, now=now, zone="America/Mexico_City")
    return attest(evidence, as_of=at, now=now)


def answer(found: Attested) -> dict[str, Any]:
    """What page and command must say alike; instants in milliseconds."""
    return {
        "state": found.state.value,
        "asOf": _ms(found.as_of),
        "since": _ms(found.since),
        "successor": found.successor,
        "reasons": [[one.code, one.about.value] for one in found.reasons],
        "unchecked": [[one.code, one.about.value] for one in found.unchecked],
        "known": found.known.state.value if found.known else None,
        "knownAt": _ms(found.known_at),
        "shown": found.document is not None,
    }


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
