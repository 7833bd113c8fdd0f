"""Paging by position, in both directions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from certification.accounts.models import User
from certification.core.db import db
from certification.core.paging import Position, Slice, asked, cut, links, ordered
from certification.core.web import cursor, instant_and_id
from tests import makers

KEYS = (User.created_at, User.id)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def page(limit: int, start: Position | None) -> Slice[User]:
    found = db.session.scalars(ordered(select(User), KEYS, start).limit(limit + 1)).all()
    return cut(found, limit, start, lambda one: (one.created_at, one.id))


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_onwards_and_back_again_gives_the_same_pages(session: Session, limit: int) -> None:
    made = [User(name=str(number), created_at=FIRST + timedelta(days=number // 3)) for number in range(7)]
    makers.save(*made)
    newest = sorted(((one.created_at, one.id) for one in made), reverse=True)
    pages: list[Slice[User]] = [page(limit, None)]
    while pages[-1].after:
        pages.append(page(limit, Position(pages[-1].after)))
    assert [(one.created_at, one.id) for found in pages for one in found.rows] == newest
    assert pages[0].before is None
    back = pages[-1]
    for expected in reversed(pages[:-1]):
        assert back.before is not None
        back = page(limit, Position(back.before, back=True))
        assert [one.id for one in back.rows] == [one.id for one in expected.rows]
    assert back.before is None


def test_an_address_names_a_position_and_its_links_keep_the_rest(app: Flask) -> None:
    keys: tuple[Any, ...] = (FIRST, 5)
    word = cursor(FIRST.isoformat(), 5)
    with app.test_request_context(f"/register?q=x&before={word}"):
        start = asked(instant_and_id)
        assert start == Position(keys, back=True)
        found = links(start, keys, keys)
        assert found.first == "/register?q=x"
        assert found.previous == f"/register?q=x&before={word}"
        assert found.next == f"/register?q=x&after={word}"
    with app.test_request_context(f"/register?after={word}"):
        assert asked(instant_and_id) == Position(keys)
    with app.test_request_context("/register"):
        assert asked(instant_and_id) is None
        assert links(None, None, None).first is None


@pytest.mark.parametrize("name", ["after", "before"])
def test_a_position_that_is_none_is_refused(app: Flask, name: str) -> None:
    with app.test_request_context(f"/register?{name}=xx"), pytest.raises(BadRequest):
        asked(instant_and_id)
