"""The conversation with static/js/passkey.js: a challenge goes out, waits in the session, and is answered once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, jsonify, request, session

from certification.accounts import devices
from certification.accounts.passkeys import PasskeyNotGood
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.forms import tidy
from certification.core.web import safe_next

CHALLENGE = "challenge"
LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Answer:
    """What the browser sent, with the challenge that it answers."""

    credential: dict[str, Any]
    challenge: str
    name: str
    next: str | None

    def leads_to(self, otherwise: str) -> Response:
        """Tell the browser where to go: to the page it came for, else to ``otherwise``."""
        return jsonify(redirect=safe_next(self.next, otherwise))


def ask(options: dict[str, Any]) -> Response:
    """Send options, and keep their challenge for the answer."""
    session[CHALLENGE] = [options["challenge"], int(clock.now().timestamp())]
    return jsonify(options)


def answered() -> Answer:
    """The answer to the challenge of this session. Outside any unit of work.

    Raises:
        PasskeyNotGood: when there is no challenge, it is older than five minutes, or it was answered before.

    """
    body = request.get_json(silent=True)
    kept = session.pop(CHALLENGE, None)
    if not isinstance(body, dict) or not isinstance(body.get("credential"), dict) or not kept:
        raise PasskeyNotGood
    challenge, asked_at = str(kept[0]), datetime.fromtimestamp(kept[1], UTC)
    if clock.now() - asked_at > LASTS:
        raise PasskeyNotGood
    with unit_of_work():  # the session lives in a cookie, of which somebody may have kept a copy
        if not devices.spend(CHALLENGE, challenge, until=asked_at + 2 * LASTS):
            raise PasskeyNotGood
    name, onward = body.get("name"), body.get("next")
    return Answer(body["credential"], challenge, tidy(str(name or "")) or "", onward if isinstance(onward, str) else None)
