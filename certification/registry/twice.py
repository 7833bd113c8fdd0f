"""What was written for an act, on its way to the page that asks once more.

It travels in that page's address, sealed: so the page can be opened again, by going back or after signing in anew, and nobody can
lead a member of a committee to a question that they did not write, nor read what was written in a server's log.
"""

import hashlib
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from werkzeug.datastructures import MultiDict

LASTS = timedelta(days=1)
LONGEST_WORD = 2500  # letters; it is written twice as long into the address of the sign-in page, and servers take 4,094 in all


def seal(written: Mapping[str, str], path: str, person: str, at: datetime) -> str | None:
    """The fields of a form as one word for the address of ``path``, for this person; None where they are too long for one."""
    said = json.dumps([path, person, dict(written)], ensure_ascii=False).encode()
    word = _seal().encrypt_at_time(zlib.compress(said), int(at.timestamp())).decode()
    return word if len(word) <= LONGEST_WORD else None


def unseal(word: str, path: str, person: str, at: datetime) -> MultiDict[str, str] | None:
    """What :func:`seal` sealed for this path and person, as a form reads it; None when it is none of ours or too old."""
    try:
        plain = _seal().decrypt_at_time(word.encode(), int(LASTS.total_seconds()), int(at.timestamp()))
    except (InvalidToken, ValueError):
        return None
    where, who, written = json.loads(zlib.decompress(plain))
    return MultiDict(written) if (where, who) == (path, person) else None


def _seal() -> Fernet:
    secret = current_app.config["SECRET_KEY"] or ""
    given = secret if isinstance(secret, bytes) else secret.encode()
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"act-asked:" + given).digest()))
