from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from certification.accounts import retention
from certification.applications import sending
from certification.applications.models import Application
from certification.core.db import db
from certification.core.media import files
from certification.core.outbox import OutboxMessage
from certification.core.worker import work
from certification.rules.workflow import ApplicationState
from marketplace.chores import CHORES, tasks
from tests import makers
from tests.certification.core.test_worker import Rounds


def overdue(at: datetime) -> Application:
    applicant, party = makers.user(), makers.party()
    makers.member(applicant, party)
    long_ago = at - timedelta(days=90)
    return makers.application(
        applicant,
        party,
        state=ApplicationState.RETURNED,
        submitted_at=long_ago,
        accepted_at=long_ago,
        answer_until=date(2026, 10, 1),
    )


def sent_mail(at: datetime) -> OutboxMessage:
    sent = at - timedelta(days=31)
    made = OutboxMessage(to="a@demo.tianguis.example", name="x", subject="s", text="t", made_at=sent, due_at=sent, sent_at=sent)
    makers.save(made)
    return made


def once(app: Flask, at: datetime) -> None:
    db.session.rollback()  # in memory, the test and the worker share one connection
    rounds = Rounds(1, timedelta(0))
    work(app, CHORES, rounds.stop, wait=rounds)


def test_returned_applications_lapse_and_old_mail_goes(app: Flask, session: Session, at: datetime) -> None:
    case, mail = overdue(at), sent_mail(at)
    number = mail.id
    once(app, at)
    assert makers.fresh(session, case).state is ApplicationState.LAPSED
    assert session.scalar(select(OutboxMessage).where(OutboxMessage.id == number)) is None


@pytest.mark.parametrize("module", [retention, sending, files], ids=["retention", "lapsing", "files"])
def test_a_chore_that_fails_is_whole_undone_and_the_others_are_done(
    app: Flask, session: Session, at: datetime, module: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, mail = overdue(at), sent_mail(at)
    number = mail.id
    name = {retention: "sweep", sending: "lapse_overdue", files: "sweep"}[module]  # type: ignore[index]  # modules are keys

    def fails(*_: object, **__: object) -> int:
        db.session.execute(update(OutboxMessage).where(OutboxMessage.id == number).values(subject="half done"))
        raise RuntimeError("no space left")

    monkeypatch.setattr(module, name, fails)
    once(app, at)
    session.expire_all()
    assert (makers.fresh(session, case).state is ApplicationState.LAPSED) is (module is not sending)
    left = session.scalar(select(OutboxMessage).where(OutboxMessage.id == number))
    assert (left.subject if left else None) == ("s" if module is retention else None)


def test_the_worker_does_the_chores_without_a_mail_server(app: Flask) -> None:
    names = [
        "lapse",
        "watches",
        "retention",
        "reminders",
        "files",
        "credentials",
        "signatures",
        "status lists",
        "snapshots",
        "witnesses",
    ]
    assert [task.name for task in tasks(app)] == names
