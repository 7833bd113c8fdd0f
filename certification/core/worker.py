"""What is done beside answering: tasks that come round again and again, each by itself, until told to stop."""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType

import structlog
from flask import Flask

from certification.core import clock
from certification.core.db import db

PAUSE_S = 5.0
BELL = "outbox_bell"
Wait = Callable[[float], None]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Task:
    """``do(at)`` returns how much it did. ``every``: not sooner again; ``eager``: having done something, without a pause."""

    name: str
    every: timedelta
    do: Callable[[datetime], int]
    eager: bool = False


def work(app: Flask, tasks: Sequence[Task], stop: threading.Event, *, wait: Wait | None = None) -> None:
    """Do each task when its time has come, all of them at the start; returns once ``stop`` is set and the task at hand is done.

    A task that fails is logged and comes round again like the others. ``wait(seconds)`` is the pause between rounds; the bell
    that ``core.outbox`` rings ends it early.
    """
    pause = wait or _pause(app)
    last: dict[str, datetime] = {}
    while not stop.is_set():
        more = False
        for task in tasks:
            now = clock.now()
            if stop.is_set() or now < last.get(task.name, datetime.min.replace(tzinfo=now.tzinfo)) + task.every:
                continue
            last[task.name] = now
            more |= _done(app, task, now) > 0 and task.eager
        if not more and not stop.is_set():
            pause(PAUSE_S)


def wake(app: Flask) -> None:
    """End the worker's pause, where it runs in this process; in another one it looks by itself within seconds."""
    bell: threading.Event | None = app.extensions.get(BELL)
    if bell is not None:
        bell.set()


def stop_on_signals(app: Flask, stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT end :func:`work` after the task at hand. Only for the main thread."""

    def ring() -> None:
        stop.set()
        _bell(app).set()

    def asked(_number: int, _frame: FrameType | None) -> None:
        # in a thread of its own: the one that was interrupted may hold the bell's lock
        threading.Thread(target=ring).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked)


def _done(app: Flask, task: Task, at: datetime) -> int:
    with app.app_context():
        try:
            return task.do(at)
        except Exception:
            log.exception("task failed", task=task.name)
            return 0
        finally:
            db.session.remove()


def _bell(app: Flask) -> threading.Event:
    bell: threading.Event = app.extensions.setdefault(BELL, threading.Event())
    return bell


def _pause(app: Flask) -> Wait:
    bell = _bell(app)

    def wait(seconds: float) -> None:
        bell.wait(seconds)
        bell.clear()

    return wait
