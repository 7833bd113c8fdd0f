"""Carriers of mail, and the worker that empties the outbox."""

import smtplib
import threading
from email.message import EmailMessage

from flask import Flask

from certification.core import clock
from certification.core.db import db
from certification.core.outbox import Carrier, deliver_due

PAUSE_S = 5.0


class Smtp:
    """Carries to an SMTP server given as host:port; STARTTLS when it offers it. Raises OSError (smtplib's are)."""

    def __init__(self, server: str, user: str = "", password: str = "") -> None:
        self.host, _, port = server.partition(":")
        self.port = int(port or 25)
        self.user, self.password = user, password

    def carry(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self.host, self.port, timeout=20) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
            if self.user:
                server.login(self.user, self.password)
            server.send_message(message)


def carrier_of(app: Flask) -> Carrier | None:
    """The carrier that the settings name; ``None`` keeps mail in the outbox."""
    settings = app.config["SETTINGS"]
    if not settings["MAIL_SERVER"]:
        return None
    return Smtp(settings["MAIL_SERVER"], settings["MAIL_USER"], settings["MAIL_PASSWORD"])


def work(app: Flask, stop: threading.Event) -> None:
    """Empty the outbox until told to stop; the bell only makes it sooner."""
    carrier = carrier_of(app)
    if carrier is None:
        return
    bell = app.extensions.setdefault("outbox_bell", threading.Event())
    while not stop.is_set():
        with app.app_context():
            sent = deliver_due(carrier, at=clock.now())
            db.session.remove()
        if not sent:
            bell.wait(PAUSE_S)
            bell.clear()
