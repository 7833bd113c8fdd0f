"""What time asks for, done by the worker: each chore in a unit of work of its own, so that one that fails stops no other."""

from datetime import datetime, timedelta

from flask import Flask

from certification.accounts import retention
from certification.applications import sending
from certification.core.db import unit_of_work
from certification.core.mail import delivery
from certification.core.media import files
from certification.core.worker import Task
from certification.log import signing, witnesses
from certification.registry import reminders, snapshots, tending
from certification.registry.watches import watching

SOON = timedelta(seconds=2)
EVERY_MINUTE = timedelta(minutes=1)
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)


def tasks(app: Flask) -> list[Task]:
    """All that the worker does: mail, if anybody carries it, and the chores."""
    mail = delivery(app)
    return [*([mail] if mail else []), *CHORES]


def forget_what_is_past_its_time(at: datetime) -> int:
    """Delete what the privacy notice says goes (``accounts.retention``)."""
    with unit_of_work():
        return sum(retention.sweep(at).values())


def lapse_unanswered(at: datetime) -> int:
    """Close returned applications that nobody answered in time."""
    with unit_of_work():
        return sending.lapse_overdue(at)


def remind_holders(at: datetime) -> int:
    """Tell holders of the end of a label and of a visit that comes near."""
    with unit_of_work():
        return reminders.remind(at)


def sweep_files(at: datetime) -> int:
    """Remove stored content that no row names. It only reads the database, so it takes no write lock."""
    return files.sweep(at=at)


def sign_what_waits(_at: datetime) -> int:
    """Ask the signer process again for what it left unsigned, and bring the copy outside up to what is signed."""
    return signing.mend() + signing.carry_outside()


CHORES = (
    Task("lapse", HOURLY, lapse_unanswered, eager=True),
    Task("watches", EVERY_MINUTE, watching.tell_changes, eager=True),
    Task("retention", HOURLY, forget_what_is_past_its_time),
    Task("reminders", DAILY, remind_holders),
    Task("files", DAILY, sweep_files),
    Task("credentials", DAILY, tending.complete_credentials),
    Task("signatures", EVERY_MINUTE, sign_what_waits),
    Task("status lists", HOURLY, tending.renew_lists),
    Task("snapshots", HOURLY, snapshots.make_due),
    Task("witnesses", SOON, witnesses.ask_due),
)
