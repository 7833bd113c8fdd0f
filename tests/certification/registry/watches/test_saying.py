"""A mail of a change tells the state, since when, and the public reason where there is one, in the watcher's language."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from certification.registry.acts import Why, restore, supersede, surrender, suspend, withdraw
from certification.registry.models import Certificate
from certification.registry.watches import watching
from tests import makers
from tests.certification.registry.watches.watched import HERE, mails, watches

DAY = timedelta(days=1)
PLACE = Why("CRITICAL_NOT_MET", "Parte se hacía <en> otro lugar.", "OL-1")
Case = tuple[Certificate, User]


@pytest.fixture
def case(session: Session, at: datetime) -> Case:
    """A label that one address watches in each language, and who decides of it."""
    decider = makers.user("Celia Decide")
    label = makers.certified(decider)
    with unit_of_work():
        for lang in ("es", "en"):
            watching.ask(label, f"{lang}@example.org", lang, by=None, at=at, visit=HERE)
    for one in watches():
        with unit_of_work():
            watching.confirm(one, at=at)
    return label, decider


def told(at: datetime) -> tuple[OutboxMessage, OutboxMessage]:
    assert watching.tell_changes(at) == 2
    return mails("es@example.org")[-1], mails("en@example.org")[-1]


def done(act: Callable[[], object]) -> None:
    with unit_of_work():
        act()


def test_a_pause_tells_its_day_reason_criterion_and_summary(case: Case, at: datetime) -> None:
    label, decider = case
    done(lambda: suspend(label, PLACE, until=date(2027, 1, 31), by=decider, at=at))
    spanish, english = told(at + 2 * DAY)
    assert "Antes: Vigente. Ahora: En pausa, desde el 21 nov 2026.\nHoy no vale." in spanish.text
    assert "\nMotivo: No se cumple un criterio crítico.\nCriterio: OL-1, Se hace en el lugar que dice\n" in spanish.text
    assert "\nParte se hacía <en> otro lugar.\n\nVéalo" in spanish.text
    assert "Before: Valid. Now: Suspended (paused), since Nov 21, 2026.\n" in english.text
    assert "\nReason: A critical criterion is not met.\nCriterion: OL-1, " in english.text
    assert '<span lang="es-MX">Parte se hacía &lt;en&gt; otro lugar.</span>' in (english.html or "")
    assert "Motivo" not in english.text


def test_what_holds_again_does_so_since_it_was_given_back(case: Case, at: datetime) -> None:
    label, decider = case
    done(lambda: suspend(label, PLACE, until=date(2027, 1, 31), by=decider, at=at))
    told(at)
    done(lambda: restore(label, by=decider, at=at + 3 * DAY))
    spanish, english = told(at + 4 * DAY)
    assert "Antes: En pausa. Ahora: Vigente, desde el 24 nov 2026." in spanish.text
    assert "Now: Valid, since Nov 24, 2026." in english.text
    assert "Motivo" not in spanish.text
    assert "Reason" not in english.text


def test_a_visit_that_was_not_made_is_the_reason_of_a_pause_by_dates(case: Case, at: datetime) -> None:
    label, _decider = case
    with unit_of_work():
        label.surveillance_due, label.grace_ends = at + DAY, at + 3 * DAY
    spanish, english = told(at + 9 * DAY)
    assert "Ahora: En pausa, desde el 24 nov 2026." in spanish.text
    assert "No se hizo a tiempo la visita de seguimiento. El sello está en pausa por sí solo desde el 24 nov 2026" in spanish.text
    assert "The surveillance visit was not made in time." in english.text
    assert "Motivo" not in spanish.text


def test_an_earlier_reason_is_not_told_of_a_later_end(case: Case, at: datetime) -> None:
    """The pause by act still stands in the record when the scheme's end or another label says more."""
    label, decider = case
    heir = makers.certified(makers.user("Otra Decide"), of=label.holder)
    done(lambda: suspend(label, PLACE, until=date(2027, 1, 31), by=decider, at=at))
    done(lambda: supersede(label, heir, by=decider, at=at + DAY))
    spanish, english = told(at + DAY)
    assert "Motivo" not in spanish.text
    assert f"El sello que lo reemplaza: http://localhost/v/{heir.code}?lang=es\n" in spanish.text
    assert f'href="http://localhost/v/{heir.code}?lang=en"' in (english.html or "")


@pytest.mark.parametrize(("act", "word"), [("withdraw", "Retirado"), ("surrender", "Renunciado")])
def test_an_end_for_good_tells_its_reason(case: Case, at: datetime, act: str, word: str) -> None:
    label, decider = case
    if act == "withdraw":
        done(lambda: withdraw(label, Why("FALSE_INFORMATION", "No era cierto.", "OL-1"), by=decider, at=at))
    else:
        keeper = makers.user("Rosa Titular")
        makers.member(keeper, label.holder)
        done(lambda: surrender(label, Why("HOLDER_REQUEST", ""), by=keeper, at=at))
    spanish, _english = told(at + DAY)
    assert f"Ahora: {word}, desde el 21 nov 2026." in spanish.text
    assert ("\nMotivo: " in spanish.text, "No era cierto." in spanish.text) == (True, act == "withdraw")
