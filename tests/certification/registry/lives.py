"""Certificates through every kind of act that this registry knows, under two versions of their scheme."""

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

from certification.accounts.models import User
from certification.core.db import unit_of_work
from certification.core.media.models import FileKind
from certification.registry.acts import Why, restore, supersede, surrender, suspend, withdraw
from certification.registry.models import Certificate
from certification.schemes import builtin
from tests import makers

DAY = timedelta(days=1)
SCOPE_AT = datetime(2026, 3, 1, 18, tzinfo=UTC)
VISIT_AT = datetime(2026, 12, 15, 18, tzinfo=UTC)
NEWER_AT = datetime(2027, 6, 1, 18, tzinfo=UTC)
RENEWED_AT = datetime(2027, 11, 15, 18, tzinfo=UTC)
AFTER = datetime(2028, 2, 1, 18, tzinfo=UTC)
WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = Why("FALSE_INFORMATION", "No era cierto.", "OL-1")


def newer_text(version: str = "1.1") -> dict[str, Any]:
    """The first scheme with other times."""
    text: dict[str, Any] = copy.deepcopy(builtin.standards()["schemes"][0])
    times = {"surveillance": text["surveillance"] | {"grace_days": 20}, "appeal": text["appeal"] | {"deadline_days": 40}}
    return text | {"version": version} | times


def lived(decider: User) -> tuple[Certificate, Certificate, Certificate, Certificate]:
    """One with every next version and a pause; one renewed and withdrawn; one paused and given back; one superseded."""
    full, gone, back, old = (makers.certified(decider, at=makers.THEN + number * timedelta(hours=1)) for number in range(4))
    keeper = makers.user("Rosa Titular")
    makers.member(keeper, back.holder)
    photo = makers.stored_file(FileKind.PHOTO, private=False)
    scope = {"goods": "Rebozos y chales", "techniques": "Telar de pedal", "marks": "", "makers": ["Ana Sol", "Martina Luna"]}
    makers.renewed(full, decider, at=SCOPE_AT, cause="scope", photo_id=photo.id, subject_refs=["prod2", "prod3"], **scope)
    makers.visited(full, decider, at=VISIT_AT)
    with unit_of_work():
        suspend(full, WHY, until=date(2027, 5, 1), by=decider, at=VISIT_AT + DAY)
        suspend(back, WHY, until=date(2027, 5, 1), by=decider, at=VISIT_AT + DAY)
    makers.visited(gone, decider, at=VISIT_AT + 2 * DAY)
    with unit_of_work():
        builtin.install(newer_text(), by=None, at=NEWER_AT)
    makers.renewed(full, decider, at=RENEWED_AT)
    makers.renewed(gone, decider, at=RENEWED_AT + DAY, goods="Otros rebozos")
    with unit_of_work():
        restore(full, by=decider, at=RENEWED_AT + 2 * DAY)
        withdraw(gone, GONE, by=decider, at=RENEWED_AT + 2 * DAY)
        surrender(back, Why("HOLDER_REQUEST", ""), by=keeper, at=RENEWED_AT + 3 * DAY)
    heir = makers.certified(decider, at=RENEWED_AT + 3 * DAY, of=old.holder)
    with unit_of_work():
        supersede(old, heir, by=decider, at=RENEWED_AT + 4 * DAY)
    return full, gone, back, old
