"""Everything is asked eight times at once: one effect each.

    python -m tests.drills.retries [--short]

A decision and its certificate, then a pause of the label, each sent over HTTP by eight who press the same button of the same page
together; and that pause once more after another ended it. What makes two requests one is the page's own: the decision carries the
version of the case that was read, the act how many there were on the label. Promise: one certificate, one act, one leaf; seven
are told that it was done already, and all eight that the label changed. The control writes an act without the lock and must double.
"""

import argparse
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import select

from certification.accounts.models import User
from certification.applications.models import Application
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log.appending import append
from certification.registry.acts import restore
from certification.registry.models import Certificate, RecordedAct
from certification.rules.leaves import Act, CertificateRef, LogAct
from tests.drills.examining import Seen, examine
from tests.drills.registry import BEGUN, Place, close, registry

AT_ONCE = 8
EFFECTS, SHORT = 1000, 6
PAUSE = {
    "reason_code": "UNDER_INVESTIGATION",
    "public_summary": "Se revisa.",
    "until": "2027-01-31",
    "confirmed": "yes",
    "version": "1",
}


@dataclass
class Row:
    """What became of one kind of request."""

    name: str
    sent: int = 0
    effects: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0


def together(app: Flask, pool: ThreadPoolExecutor, signed_in: str, path: str, form: dict[str, str]) -> list[int]:
    """The same request from so many browsers at the same moment; the answers' statuses."""
    start = threading.Barrier(AT_ONCE)

    def press(_number: int) -> int:
        browser = app.test_client()
        with browser.session_transaction() as memory:
            memory["_user_id"], memory["_fresh"] = signed_in, True
        start.wait()
        with clock.standing_at(BEGUN):
            return browser.post(path, data=form).status_code

    return list(pool.map(press, range(AT_ONCE)))


def drill(place: Place, count: int) -> list[Row]:
    """So many decisions, then pauses, one after another."""
    decisions, pauses, late = Row("a decision"), Row("a pause"), Row("that pause after its end")
    with place.app.app_context():
        signed_in = db.session.get_one(User, place.decider).get_id()
        cases = [db.session.get_one(Application, one) for one in place.applications[:count]]
        asked = [(one.public_id, str(one.version_id), one.id) for one in cases]
        close(place.app)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for public_id, version, case in asked:
            form = {"outcome": "granted", "reasons": "Cumple todo.", "seen_version": version}
            one_effect(place, pool, decisions, (signed_in, f"/review/{public_id}/decision", form), case, acts=1)
            code = _certificate(place, case)
            if code:
                pause = signed_in, f"/c/{code}/act/suspend", PAUSE
                one_effect(place, pool, pauses, pause, case, acts=2)
                _end_pause(place, code)
                one_effect(place, pool, late, pause, case, acts=3, done=0)
    close(place.app)
    decisions.broken += examine(place, [], Seen())
    return [decisions, pauses, late]


def _end_pause(place: Place, code: str) -> None:
    with place.app.app_context(), clock.standing_at(BEGUN):
        with unit_of_work() as session:
            made = session.scalars(select(Certificate).where(Certificate.code == code)).one()
            restore(made, by=session.get_one(User, place.decider), at=BEGUN)
        db.session.remove()


def one_effect(  # noqa: PLR0913 - what is asked, and what must come of it
    place: Place,
    pool: ThreadPoolExecutor,
    row: Row,
    asked: tuple[str, str, dict[str, str]],
    case: int,
    *,
    acts: int,
    done: int = 1,
) -> None:
    """Press, and count what the database holds: so many ``acts``, and so many who were told that it is ``done``."""
    begun = time.perf_counter()
    told = together(place.app, pool, *asked)
    row.seconds += time.perf_counter() - begun
    row.sent += len(told)
    row.answers.update(told)
    with place.app.app_context():
        found = list(db.session.scalars(select(RecordedAct.id).join(Certificate).where(Certificate.application_id == case)))
        db.session.remove()
    row.effects += len(found) == acts
    if len(found) != acts or told.count(303) != done or told.count(409) != len(told) - done:
        row.broken.append(f"{row.name} of case {case}: {len(found)} acts, answers {sorted(told)}")


def _certificate(place: Place, case: int) -> str | None:
    with place.app.app_context():
        found = db.session.scalar(select(Certificate.code).where(Certificate.application_id == case))
        db.session.remove()
        return found


def control(place: Place) -> Row:
    """Eight who ask first whether it was done, and do it without asking again under the lock."""
    row, start = Row("control: asks before the lock"), threading.Barrier(AT_ONCE)
    with place.app.app_context():
        code = db.session.scalars(select(Certificate.code)).first()
        db.session.remove()
    assert code is not None

    def press(_number: int) -> int:
        with place.app.app_context():
            done = db.session.scalar(select(RecordedAct.id).where(RecordedAct.criterion == "CONTROL"))
            db.session.rollback()
            start.wait()
            if done is None:
                with unit_of_work() as session:
                    act = Act(LogAct.RESTORED, BEGUN, certificate=CertificateRef(code, 1))
                    append(act)
                    made = db.session.scalars(select(Certificate).where(Certificate.code == code)).one()
                    session.add(
                        RecordedAct(certificate=made, kind="restored", at=BEGUN, by_id=place.decider, criterion="CONTROL")
                    )
            db.session.remove()
        return 303

    with ThreadPoolExecutor(AT_ONCE) as pool:
        row.answers.update(pool.map(press, range(AT_ONCE)))
    row.sent = AT_ONCE
    with place.app.app_context():
        row.effects = len(list(db.session.scalars(select(RecordedAct.id).where(RecordedAct.criterion == "CONTROL"))))
        db.session.remove()
    return row


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when each was done once and the control doubled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"{SHORT} of each")
    count = SHORT if parser.parse_args(arguments).short else EFFECTS // 2
    with registry(count) as place:
        rows = drill(place, count)
        naive = control(place)
    print(f"{'asked for':<30} {'sent':>6} {'effects':>7} {'broken':>6} {'seconds':>7}   answers")
    for row in [*rows, naive]:
        answers = ", ".join(f"{status}: {many}" for status, many in sorted(row.answers.items()))
        print(f"{row.name:<30} {row.sent:>6} {row.effects:>7} {len(row.broken):>6} {row.seconds:>7.1f}   {answers}")
    broken = [what for row in rows for what in row.broken]
    if naive.effects < 2:
        broken.append("the control did not double")
    for what in broken[:20]:
        print(f"BROKEN  {what}")
    print(f"promise: {'kept' if not broken else f'broken {len(broken)} times'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
