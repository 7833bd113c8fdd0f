"""Mail that must go out: a row committed with the change, delivered later under a lease (at least once)."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

import structlog
from flask import current_app, g, has_request_context, render_template
from flask_babel import force_locale
from jinja2 import TemplateNotFound
from sqlalchemy import Index, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from certification.core import clock
from certification.core.db import after_commit, unit_of_work, writing
from certification.core.ids import new_id
from certification.core.log import told_of
from certification.core.orm import Base, Id, Line, Name, Prose
from certification.core.worker import wake

LEASE = timedelta(minutes=5)
RETRIES = 12
log = structlog.get_logger()


class OutboxMessage(Base):
    """One mail. ``leased_until`` keeps two workers apart; a lease that ends unsent is taken up again.

    ``public_id`` is random and names it to whoever gets it. ``unsubscribe`` is the address that ends mail of this kind by one
    POST (RFC 8058), where there is one.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "sent_at", "due_at"),)

    id: Mapped[Id]
    public_id: Mapped[str] = mapped_column(String(12), default=new_id)
    to: Mapped[str] = mapped_column(String(254))
    name: Mapped[Name]
    subject: Mapped[Line]
    text: Mapped[Prose]
    html: Mapped[str | None]
    unsubscribe: Mapped[str | None] = mapped_column(String(300))
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None]


class Carrier(Protocol):
    """Hands a message to a mail server; raises OSError when it can't now."""

    def carry(self, message: EmailMessage) -> None: ...


def send(to: str, name: str, *, language: str, **values: object) -> None:
    """Put a mail into the outbox, in the unit of work under way; it leaves once that is durable.

    ``name`` is a folder below ``templates/email`` with subject.txt, body.txt and, if wanted, body.html. A value named
    ``unsubscribe`` goes into the mail's headers as well (RFC 8058).
    """
    had = g.get("language")
    g.language = language
    try:
        with _addresses(), force_locale(language):
            subject = " ".join(render_template(f"email/{name}/subject.txt", **values).split())
            text = render_template(f"email/{name}/body.txt", **values)
            html = _html(name, values)
    finally:
        g.language = had
    now = clock.now()
    row = OutboxMessage(to=to, name=name, subject=subject, text=text, html=html, made_at=now, due_at=now)
    row.unsubscribe = str(values["unsubscribe"]) if values.get("unsubscribe") else None
    writing().add(row)
    after_commit(_ring)


def _addresses() -> AbstractContextManager[object]:
    """Let templates make addresses for a command or job too, where there is no request."""
    if has_request_context():
        return nullcontext()
    return current_app.test_request_context(base_url=current_app.config["SETTINGS"]["ORIGIN"])


def _html(name: str, values: dict[str, object]) -> str | None:
    try:
        return render_template(f"email/{name}/body.html", **values)
    except TemplateNotFound as error:
        if error.name != f"email/{name}/body.html":
            raise
        return None


def _ring() -> None:
    wake(current_app)


def forget_mail(to: str, unsubscribe: str) -> None:
    """Delete what was or would be sent to an address under one ``unsubscribe``, in the unit of work under way."""
    writing().execute(delete(OutboxMessage).where(OutboxMessage.to == to, OutboxMessage.unsubscribe == unsubscribe))


def deliver_due(carrier: Carrier, *, at: datetime, limit: int = 20) -> int:
    """Send what is due; returns how many left. A failed one comes back later, with growing pauses."""
    sent = 0
    for row_id in _lease(at, limit):
        with unit_of_work() as session:
            row = session.get(OutboxMessage, row_id)
            message = _compose(row) if row is not None else None
        if message is None:  # whoever it was for asked to be forgotten meanwhile
            continue
        failure = _try(carrier, message)
        with unit_of_work() as session:
            _note(session, row_id, failure, at)
        sent += failure is None
    return sent


def _lease(at: datetime, limit: int) -> list[int]:
    due = (
        select(OutboxMessage.id)
        .where(OutboxMessage.sent_at.is_(None), OutboxMessage.failed_at.is_(None), OutboxMessage.due_at <= at)
        .where((OutboxMessage.leased_until.is_(None)) | (OutboxMessage.leased_until < at))
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with unit_of_work() as session:
        ids = list(session.scalars(due))
        session.execute(update(OutboxMessage).where(OutboxMessage.id.in_(ids)).values(leased_until=at + LEASE))
    return ids


def _compose(row: OutboxMessage) -> EmailMessage:
    message = EmailMessage()
    message["From"] = current_app.config["SETTINGS"]["MAIL_FROM"]
    message["To"] = row.to
    message["Subject"] = row.subject
    message["Message-ID"] = f"<{row.public_id}@{current_app.config['SETTINGS'].host.partition(':')[0]}>"
    message["Auto-Submitted"] = "auto-generated"
    if row.unsubscribe:
        message["List-Unsubscribe"] = f"<{row.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(row.text)
    if row.html:
        message.add_alternative(row.html, subtype="html")
    return message


def _try(carrier: Carrier, message: EmailMessage) -> str | None:
    try:
        carrier.carry(message)
    except OSError as error:
        log.warning("mail not sent", **told_of(error))  # a mail server's words repeat the address
        return repr(error)[:400]
    return None


def _note(session: Session, row_id: int, failure: str | None, at: datetime) -> None:
    row = session.get(OutboxMessage, row_id)
    if row is None:
        return
    row.leased_until = None
    row.tries += 1
    row.failure = failure
    if failure is None:
        row.sent_at = at
    elif row.tries >= RETRIES:
        row.failed_at = at
    else:
        row.due_at = at + timedelta(seconds=30 * 2**row.tries)
