"""The API for people: a page whose examples are answers of this very moment. Its language is the reader's, as on other pages."""

import json
from datetime import datetime

from flask import Blueprint, render_template
from sqlalchemy import select

from certification.accounts.guard import requires
from certification.core import clock
from certification.core.db import db
from certification.core.edge import Answer
from certification.core.i18n import language
from certification.core.web import outside
from certification.registry.api.parts import Operation
from certification.registry.api.problems import PROBLEMS
from certification.registry.api.table import OPERATIONS, TAGS
from certification.registry.api.views import MOST, WITHIN, checks
from certification.registry.lookup import MOST as MOST_CODES
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.registry.register import STATES
from certification.registry.validity import valid_at
from certification.registry.weighing import UnsureError
from certification.rules.code import ALPHABET, display

bp = Blueprint("api_docs", __name__)
NO_CODE = "7QK4-M2XD-9F-X"  # its check character does not fit


@bp.get("/api/v1/docs")
@requires(Permission.SEE)
def docs() -> str:
    """How to ask, what is answered, and links that ask."""
    now, lang = clock.now(), language()
    code = _example(now)
    found = _answer(code, lang, now) if code else None
    asked = [display(code), _slipped(code)] if code else [NO_CODE]
    return render_template(
        "api/docs.html",
        code=code,
        one=_pretty(found.body) if found else None,
        asked=json.dumps({"codes": asked}),
        many=_pretty(json.dumps({"results": checks().many(asked[-1:], lang, now, None)})),
        endpoint=outside("/api/v1/verify"),
        limits={"most": MOST, "minutes": int(WITHIN.total_seconds()) // 60, "codes": MOST_CODES},
        states=STATES,
        problems=PROBLEMS,
        groups=[(words, [(one, _address(one, code)) for one in OPERATIONS if one.tag == tag]) for tag, words in TAGS.items()],
    )


def _example(now: datetime) -> str | None:
    """The newest label in force, else the newest of all."""
    newest = select(Certificate.code).order_by(Certificate.granted_at.desc(), Certificate.id.desc()).limit(1)
    return db.session.scalar(newest.where(valid_at(now))) or db.session.scalar(newest)


def _answer(code: str, lang: str, now: datetime) -> Answer | None:
    try:
        return checks().one(code, lang, now)
    except UnsureError:
        return None


def _slipped(code: str) -> str:
    """The same code with one wrong character."""
    other = ALPHABET[(ALPHABET.index(code[0]) + 1) % len(ALPHABET)]
    return display(other + code[1:])


def _address(one: Operation, code: str | None) -> str | None:
    """Where a plain link can try it; None for what is not asked by a link, or where there is nothing to show."""
    if one.method != "get":
        return None
    path = one.path
    for param in one.params:
        if param.where == "path":
            value = code if param.name == "code" else param.example
            if value is None:
                return None
            path = path.replace(f"{{{param.name}}}", value)
    return path


def _pretty(body: bytes | str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
