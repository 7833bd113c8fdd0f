"""What is past its time goes, and only that."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts import codes, devices, printed, retention, throttle
from certification.accounts.codes import Purpose
from certification.accounts.models import KnownDevice, OneTimeCode, SignInFailure, SpentToken, User, UserState
from certification.accounts.mydata import keep_account
from certification.accounts.passwords import Sealed
from certification.accounts.registration import register
from certification.accounts.throttle import Visit
from certification.core.db import unit_of_work
from certification.core.outbox import OutboxMessage
from tests.conftest import ENGINE
from tests.makers import fresh


def sweep(at: datetime) -> dict[str, int]:
    with unit_of_work():
        return retention.sweep(at)


def count(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(("days", "left"), [(7, 1), (6, 2)])
def test_registrations_that_nobody_confirmed(person: User, session: Session, at: datetime, days: int, left: int) -> None:
    with unit_of_work():
        register("Juana", "juana@demo.tianguis.example", sealed=Sealed("x"), language="es", text_version="1", at=at)
    assert sweep(at + timedelta(days=days))["unconfirmed"] == 2 - left
    assert count(session, User) == left


def test_an_account_that_waits_for_its_printed_code_stays(session: Session, at: datetime) -> None:
    with unit_of_work():
        printed.open_account("Ñanita", by=None, at=at)
    sweep(at + timedelta(days=300))
    assert (count(session, User), count(session, OneTimeCode)) == (1, 1)


def test_each_kind_has_its_time(person: User, session: Session, at: datetime) -> None:
    with unit_of_work():
        throttle.knock("rosa", Visit("192.0.2.1"), at=at)
        devices.remember(person, Visit("192.0.2.1"), at=at)
        devices.spend("sid", "x", until=at + timedelta(days=90))
        codes.issue(person, Purpose.RESET, by=None, at=at)
    kinds = (
        (SignInFailure, timedelta(days=1)),
        (OneTimeCode, timedelta(days=30, hours=1)),
        (SpentToken, timedelta(days=90)),
        (KnownDevice, timedelta(days=730)),
    )
    for model, time in kinds:
        sweep(at + time - timedelta(seconds=1))
        assert count(session, model) == 1, model
        sweep(at + time)
        assert count(session, model) == 0, model


@pytest.mark.skipif(ENGINE == "sqlite", reason="in memory there is one connection, and SQLite's writers wait by themselves")
def test_who_keeps_the_account_while_the_sweep_begins_keeps_it(app: Flask, person: User, session: Session, at: datetime) -> None:
    with unit_of_work():
        person.erase_at = at
    number, read = person.id, threading.Event()
    session.rollback()

    def keep() -> None:
        with app.app_context(), unit_of_work() as own:
            user = own.get_one(User, number)
            keep_account(user, by=user, at=at)
            own.flush()
            read.set()
            own.connection().exec_driver_sql("SELECT pg_sleep(0.3)")  # the sweep meets the row before this is durable

    with ThreadPoolExecutor(1) as pool:
        kept = pool.submit(keep)
        assert read.wait(5)
        assert sweep(at)["accounts"] == 0
        kept.result()
    assert fresh(session, person).state is UserState.ACTIVE


def test_copies_of_mail_go_after_a_month_and_what_waits_stays(session: Session, at: datetime) -> None:
    common = {"to": "rosa@demo.tianguis.example", "name": "reset", "subject": "s", "text": "t", "made_at": at, "due_at": at}
    with unit_of_work() as writer:
        writer.add_all([OutboxMessage(**common, sent_at=at), OutboxMessage(**common)])
    assert sweep(at + timedelta(days=30))["mails"] == 1
    assert count(session, OutboxMessage) == 1


def test_others_add_their_own(session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_sweeps", {})
    retention.declare_sweep("enquiries", lambda _moment: 3)
    assert sweep(at)["enquiries"] == 3
    with pytest.raises(ValueError, match="already"):
        retention.declare_sweep("enquiries", lambda _moment: 0)
