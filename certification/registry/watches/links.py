"""The links in a watch's mails. Their keys are digests made from the instance's secret: nothing of them is stored."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from sqlalchemy import select

from certification.accounts.digests import keyed
from certification.core.db import db
from certification.core.web import outside
from certification.registry.watches.models import Watch

REGRET = timedelta(hours=1)


class Link(StrEnum):
    """What a link is good for; its address ends so."""

    CONFIRM = "confirm"
    LEAVE = "leave"


def address(watch: Watch, link: Link) -> str:
    """The whole address, for a mail."""
    return outside(f"/watches/{watch.public_id}/{key_of(watch, link)}/{link.value}")


def key_of(watch: Watch, link: Link) -> str:
    """What only mail to this address holds; a link to confirm is another one each time it is asked for."""
    asked = watch.asked_at.isoformat() if link is Link.CONFIRM else ""
    return keyed(f"watch-{link.value}", f"{watch.public_id}:{asked}")[:40]


def find(link: Link, public_id: str, key: str) -> Watch | None:
    """The watch that a link opens."""
    found = db.session.scalar(select(Watch).where(Watch.public_id == public_id))
    if found is None or not hmac.compare_digest(key_of(found, link).encode(), key.encode()):
        return None
    return found


def regret(watch: Watch, at: datetime) -> str:
    """What undoes leaving within an hour, for the page that says so: sealed, so that it can be read nowhere but here."""
    said = {"code": watch.certificate.code, "email": watch.email, "language": watch.language, "told": watch.told_state}
    return _seal().encrypt_at_time(json.dumps(said).encode(), int(at.timestamp())).decode()


def regretted(sealed: str, at: datetime) -> dict[str, str] | None:
    """What :func:`regret` sealed, or ``None`` when it is none of ours or too old."""
    try:
        said: dict[str, str] = json.loads(
            _seal().decrypt_at_time(sealed.encode(), int(REGRET.total_seconds()), int(at.timestamp()))
        )
    except (InvalidToken, ValueError):
        return None
    return said


def _seal() -> Fernet:
    secret = current_app.config["SECRET_KEY"] or ""
    given = secret if isinstance(secret, bytes) else secret.encode()
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"watch-regret:" + given).digest()))
