"""Digests of secrets and of things that say who somebody is, keyed with the instance's own secret."""

import hashlib
import hmac

from flask import current_app


def keyed(kind: str, text: str) -> str:
    """HMAC-SHA256 of ``text`` (RFC 2104) in hex; a stolen database alone lets nobody try candidates against it."""
    secret = current_app.config["SECRET_KEY"] or ""
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()
