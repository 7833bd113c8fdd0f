"""The worker's rounds, without waiting for anything."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from certification.core import clock
from certification.core.mail import delivery
from certification.core.worker import PAUSE_S, Task, stop_on_signals, work
from tests.conftest import NOW

HOUR = timedelta(hours=1)


class Rounds:
    """A pause that lets time pass and ends the work after so many rounds."""

    def __init__(self, most: int, step: timedelta) -> None:
        self.stop = threading.Event()
        self.most, self.step, self.pauses = most, step, 0
        self.now = NOW

    def __call__(self, seconds: float) -> None:
        assert seconds == PAUSE_S
        self.pauses += 1
        self.now += self.step
        if self.pauses == self.most:
            self.stop.set()


def noting(list_: list[Any], what: object = None) -> Callable[[datetime], int]:
    """A task that notes when it was done, or something else."""

    def do(at: datetime) -> int:
        list_.append(what or at)
        return 0

    return do


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    made = Rounds(5, timedelta(minutes=20))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def test_a_task_comes_round_when_its_time_has_come_and_not_sooner(app: Flask, rounds: Rounds) -> None:
    hourly: list[datetime] = []
    always: list[datetime] = []
    tasks = [
        Task("hourly", HOUR, noting(hourly)),
        Task("always", timedelta(0), noting(always)),
    ]
    work(app, tasks, rounds.stop, wait=rounds)
    assert hourly == [NOW, NOW + HOUR]
    assert always == [NOW + timedelta(minutes=20 * number) for number in range(5)]


def test_one_that_fails_stops_no_other_and_comes_round_again(app: Flask, rounds: Rounds) -> None:
    tried: list[str] = []

    def fails(_at: datetime) -> int:
        tried.append("fails")
        raise RuntimeError("the disk is full")

    work(
        app,
        [Task("fails", HOUR, fails), Task("goes on", HOUR, noting(tried, "goes on"))],
        rounds.stop,
        wait=rounds,
    )
    assert tried == ["fails", "goes on"] * 2


def test_an_eager_task_goes_on_without_a_pause_while_there_is_something_to_do(app: Flask, rounds: Rounds) -> None:
    left = [1, 1, 1]
    work(app, [Task("mail", timedelta(0), lambda _at: left.pop() if left else 0, eager=True)], rounds.stop, wait=rounds)
    assert (left, rounds.pauses) == ([], 5)


def test_stopping_ends_after_the_task_at_hand_without_another_pause(app: Flask, rounds: Rounds) -> None:
    done: list[str] = []

    def last(_at: datetime) -> int:
        rounds.stop.set()
        done.append("whole")
        return 1

    work(
        app,
        [Task("last", HOUR, last, eager=True), Task("never", HOUR, noting(done, "never"))],
        rounds.stop,
        wait=rounds,
    )
    assert (done, rounds.pauses) == (["whole"], 0)


@pytest.fixture
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_sigterm_ends_the_pause_and_the_work(app: Flask, signals: None) -> None:
    def asks(_at: datetime) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    stop = threading.Event()
    stop_on_signals(app, stop)
    work(app, [Task("asks", HOUR, asks)], stop)
    assert stop.is_set()


def test_without_a_carrier_there_is_no_mail_to_deliver(app: Flask) -> None:
    assert delivery(app) is None
