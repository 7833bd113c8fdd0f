from datetime import date, timedelta

from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.registry.acts import Why, restore, suspend
from certification.registry.histories import facts_at, facts_of_all, verdict_at, verdicts_of_all
from certification.registry.validity import standing
from certification.rules.verdict import PublicState
from tests import makers

P = PublicState
GRANTED = makers.THEN
DAY = timedelta(days=1)
WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")


def test_what_a_label_was_worth_while_it_was_paused_is_not_forgotten(session: Session) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    with unit_of_work():
        suspend(made, WHY, until=date(2026, 5, 1), by=by, at=GRANTED + 10 * DAY)
    with unit_of_work():
        restore(made, by=by, at=GRANTED + 20 * DAY)
    days = (-1, 0, 9, 10, 19, 20, 30)
    told = [verdict_at(made, GRANTED + day * DAY).state for day in days]
    assert told == [P.NOT_FOUND, P.VALID, P.VALID, P.SUSPENDED, P.SUSPENDED, P.VALID, P.VALID]
    # the columns have forgotten it: whoever asks them about the past is told something else
    assert standing(made, GRANTED + 15 * DAY).state is P.VALID


def test_many_are_told_as_each(session: Session) -> None:
    by = makers.user("Celia Decide")
    several = [makers.certified(by), makers.certificate(), makers.certificate(withdrawn_at=GRANTED + 3 * DAY)]
    at = GRANTED + 5 * DAY
    assert facts_of_all(several, at) == {one.id: facts_at(one, at) for one in several}
    assert [verdicts_of_all(several, at)[one.id].state for one in several] == [P.VALID, P.VALID, P.WITHDRAWN]
    assert facts_of_all([], at) == {}
