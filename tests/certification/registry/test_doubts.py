"""What a committee finds to sign anew after a key fell into other hands."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import rotating
from certification.log.models import LogLeaf
from certification.parties.models import Tie
from certification.registry import doubts
from certification.registry.doubts import count_doubted, doubted_labels
from certification.registry.models import Certificate
from certification.registry.recorded import recorded_of
from certification.registry.reissuing import reissue
from certification.rules.code import display
from certification.rules.leaves import LogAct
from certification.schemes.versions import lapse
from tests import makers
from tests.certification.log.acts import behind_our_back
from tests.certification.log.signers import keys_put_back
from tests.certification.registry.truth import IN_TIME, acted, changed, paused, renewed, resumed, taken
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)
LATER = NOW + 2 * MINUTE
Browser = Callable[[User], FlaskClient]


@pytest.fixture(autouse=True)
def own_keys(app: Flask) -> Iterator[None]:
    with keys_put_back(app):
        yield


@pytest.fixture
def decider(session: Session) -> User:
    person = makers.user("Celia Decide")
    makers.role(person, Role.DECIDER, "origen-local")
    return person


def stolen(first: Certificate) -> None:
    """The key that signed it had fallen into other hands by then."""
    leaf = recorded_of([first])[first.id].leaves[0].place
    rotating.compromise(str(first.versions[0].kid), leaf, now=lambda: NOW)
    db.session.expire_all()


def found(person: User, after: int | None = None) -> list[str]:
    return [one.code for one in doubted_labels(person, "es", LATER, after=after).found]


def test_nothing_is_in_doubt_while_no_key_fell_into_other_hands(decider: User) -> None:
    makers.certified(decider)
    assert (found(decider), count_doubted(decider, LATER)) == ([], 0)


def test_what_was_signed_from_the_theft_on_waits_until_it_is_signed_anew(decider: User) -> None:
    makers.certified(decider)
    first, second = makers.certified(decider), makers.certified(decider)
    stolen(first)
    after = makers.certified(decider, at=NOW + MINUTE)
    assert (found(decider), count_doubted(decider, LATER)) == ([first.code, second.code], 2)
    with unit_of_work():
        reissue(first, by=decider, at=LATER)
    assert (found(decider), count_doubted(decider, LATER)) == ([second.code], 1)
    assert after.code not in found(decider)


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 4])
def test_sql_says_of_each_label_what_its_record_says(decider: User, offset: int) -> None:
    """Whatever acts it had, and from whichever leaf on the key no longer counts."""
    made = [acted(*acts)(decider) for acts in ((), (changed,), (renewed,), (paused, resumed), (changed, renewed))]
    first = recorded_of(made)[made[0].id].leaves[0].place
    rotating.compromise(str(made[0].versions[0].kid), first + 2 * offset, now=lambda: NOW)
    db.session.expire_all()
    at = IN_TIME + MINUTE  # the last act of any
    dead = {one.code for one in made if recorded_of(made)[one.id].is_dead(at)}
    assert {one.code for one in doubted_labels(decider, "es", at, after=None).found} == dead
    assert len(dead) == {0: 5, 1: 4, 2: 3, 3: 1, 4: 1}[offset]  # the last issue of each stands at 0, 2, 4, 5 and 10


def test_a_paused_label_waits_too_and_a_lost_one_does_not(decider: User) -> None:
    first, second = acted(paused)(decider), acted(taken)(decider)
    stolen(first)
    assert found(decider) == [first.code]
    assert second.withdrawn_at is not None


def test_another_committee_s_labels_and_a_lapsed_scheme_s_are_not_listed(decider: User) -> None:
    theirs = makers.user("Tomás Decide")
    mine, other = makers.certified(decider), makers.certified(theirs, key="comercio-justo-local")
    stolen(mine)
    assert (found(decider), found(theirs)) == ([mine.code], [other.code])
    owner = makers.user("Olga Dueña")
    makers.role(owner, Role.SCHEME_OWNER, "origen-local")
    with unit_of_work():
        lapse(mine.scheme_version, by=owner, at=NOW + MINUTE, reason="El esquema terminó")
    assert (found(decider), count_doubted(decider, LATER)) == ([], 0)


def test_whoever_is_tied_to_the_holder_sees_why_they_may_not(decider: User) -> None:
    made = makers.certified(decider)
    stolen(made)
    (free,) = doubted_labels(decider, "es", LATER, after=None).found
    makers.save(Tie(user_id=decider.id, party_id=made.holder_id, kind="trade", declared_by_id=decider.id, declared_at=NOW))
    (tied,) = doubted_labels(decider, "es", LATER, after=None).found
    assert (free.bar, tied.bar and tied.bar.code) == (None, "tie_bars")


def test_pages_follow_each_other_without_gap_or_double(decider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubts, "PER_PAGE", 2)
    made = [makers.certified(decider) for _ in range(5)]
    stolen(made[0])
    read, after, pages = list[str](), None, 0
    while True:
        page = doubted_labels(decider, "es", LATER, after=after)
        read, after, pages = [*read, *(one.code for one in page.found)], page.after, pages + 1
        if after is None:
            break
    assert (read, pages) == ([one.code for one in made], 3)


def test_a_page_costs_the_same_however_many_labels_it_has(decider: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [makers.certified(decider) for _ in range(4)]
    stolen(made[0])
    person, asked, costs = decider.id, list[str](), list[int]()
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_rest: asked.append(sql))
    for count in (1, 3):
        db.session.remove()
        who = db.session.get_one(User, person)
        monkeypatch.setattr(doubts, "PER_PAGE", count)
        asked.clear()
        assert len(doubted_labels(who, "es", LATER, after=None).found) == count
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_the_page_leads_to_the_act_and_the_desk_to_the_page(client_of: Browser, decider: User) -> None:
    made = makers.certified(decider)
    before = client_of(decider).get("/review/visits")
    stolen(made)
    with clock.standing_at(LATER):
        page = client_of(decider).get("/review/signatures")
        assert (page.status_code, display(made.code) in page.text) == (200, True)
        assert f'href="/c/{made.code}/act/reissue"' in page.text
        room = 'href="/review/signatures"'
        assert [room in one.text for one in (before, client_of(decider).get("/review/visits"))] == [False, True]
        assert client_of(decider).post(f"/c/{made.code}/act/reissue").status_code == 303
        done = client_of(decider).get("/review/signatures")
    assert "Ningún sello por firmar otra vez" in done.text
    assert room not in client_of(decider).get("/review/visits").text


def test_the_first_page_of_the_desk_says_how_many_wait(client_of: Browser, decider: User) -> None:
    first, second = makers.certified(decider), makers.certified(decider)
    browser, stranger = client_of(decider), client_of(makers.user("Inés Compra"))
    assert "cayó en otras manos" not in browser.get("/desk").text
    stolen(second)
    with clock.standing_at(LATER):
        assert "Un sello espera: la llave con que se firmó cayó en otras manos" in browser.get("/desk").text
    stolen(first)
    with clock.standing_at(LATER):
        page = browser.get("/desk?lang=en").text
        assert "2 labels wait: the key that signed them fell into other hands" in page
        assert page.count('href="/review/signatures"') == 2  # in its room too
        assert "cayó en otras manos" not in stranger.get("/desk").text


def test_a_log_that_cannot_be_read_takes_no_desk_away(client_of: Browser, decider: User) -> None:
    stolen(makers.certified(decider))
    with behind_our_back():
        db.session.execute(update(LogLeaf).where(LogLeaf.act == LogAct.KEY_COMPROMISED).values(entry=b"{}"))
    found = [client_of(decider).get(path) for path in ("/desk", "/desk/ties", "/review/signatures")]
    assert [one.status_code for one in found] == [200, 200, 503]
    assert not any('href="/review/signatures"' in one.text for one in found)


@pytest.mark.parametrize("word", ["x", "%", "WyJ4Il0", "bnVsbA"])
def test_a_position_that_is_none_is_refused(client_of: Browser, decider: User, word: str) -> None:
    assert client_of(decider).get("/review/signatures", query_string={"after": word}).status_code == 400
