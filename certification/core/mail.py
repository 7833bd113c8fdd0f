"""Carriers of mail, and the worker's task that empties the outbox."""

import smtplib
from datetime import timedelta
from email.message import EmailMessage

from flask import Flask

from certification.core.outbox import Carrier, deliver_due
from certification.core.worker import Task


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


def delivery(app: Flask) -> Task | None:
    """Emptying the outbox, one mail at a time; ``None`` when the settings name no carrier."""
    carrier = carrier_of(app)
    if carrier is None:
        return None
    return Task("mail", timedelta(0), lambda at: deliver_due(carrier, at=at, limit=1), eager=True)
