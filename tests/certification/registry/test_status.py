"""Places in lists are random, apart and for ever; pairs of lists are opened as they fill."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.core.db import db, unit_of_work
from certification.registry import status
from certification.registry.acts import Why, withdraw
from certification.registry.models import Certificate, StatusList, StatusPlace
from certification.registry.status import bit_of, find_list, slots_of
from certification.registry.verifying import faults_of
from certification.rules.errors import Conflict
from certification.rules.statuslist import StatusBits
from tests import makers
from tests.conftest import ENGINE, NOW


def places() -> list[tuple[int, int]]:
    rows = db.session.execute(select(StatusPlace.list_id, StatusPlace.place).order_by(StatusPlace.list_id, StatusPlace.place))
    return [(one.list_id, one.place) for one in rows]


def test_a_grant_takes_one_place_in_each_list_of_the_first_pair(session: Session) -> None:
    made = makers.certified()
    slots = slots_of(made.versions[0])
    assert {purpose: slot.address for purpose, slot in slots.items()} == {
        "revocation": "http://localhost/status/revocation/1",
        "suspension": "http://localhost/status/suspension/1",
    }
    assert all(0 <= slot.index < 131_072 for slot in slots.values())
    listed = find_list("revocation", 1)
    assert listed is not None
    assert listed.document is not None
    assert len(StatusBits.decode(listed.document["credentialSubject"]["encodedList"])) == 131_072


def test_places_tell_nothing_of_their_order(session: Session) -> None:
    first, second = (slots_of(makers.certified().versions[0]) for _ in range(2))
    assert len({slot.index for slots in (first, second) for slot in slots.values()}) == 4


def test_a_taken_place_is_never_given_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([9, 7, 7, 9, 7, 8, 7, 8])  # the first of each grant only looks whether the list is full
    monkeypatch.setattr(status.take_places, "__kwdefaults__", {"draw": lambda _size: next(drawn)})
    makers.certified()
    makers.certified()
    assert places() == [(1, 7), (1, 8), (2, 7), (2, 8)]


def test_a_half_full_pair_is_followed_by_another(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "FULL", 1)
    monkeypatch.setattr(status.take_places, "__kwdefaults__", {"draw": lambda _size: 5})
    codes = [makers.certified().code for _ in range(3)]
    assert len(set(codes)) == 3
    assert Counter(number for number in db.session.scalars(select(StatusList.number))) == {1: 2, 2: 2, 3: 2}
    assert [place for _list, place in places()] == [5] * 6


def test_a_broken_source_of_chance_is_a_failure_and_no_loop(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status.take_places, "__kwdefaults__", {"draw": lambda _size: 5})
    makers.certified()
    with pytest.raises(Conflict):
        makers.certified()


def test_a_place_belongs_to_its_version_for_ever(session: Session) -> None:
    makers.certified()
    for change in ("UPDATE status_slots SET place = 1", "DELETE FROM status_slots"):
        with pytest.raises(DBAPIError), unit_of_work() as writing:
            writing.execute(text(change))


def test_lists_are_renewed_when_half_their_time_is_over_and_not_before(session: Session) -> None:
    makers.certified(at=NOW)
    assert status.due(NOW) == []
    assert status.due(NOW + status.VALIDITY - status.RENEWED_BELOW) == []
    assert len(status.due(NOW + status.VALIDITY)) == 2


def test_after_the_address_changed_new_versions_have_new_lists(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    first = makers.certified()
    monkeypatch.setattr(status, "origin", lambda: "https://nuevo.example")
    slots = slots_of(makers.certified().versions[0])
    assert {slot.address for slot in slots.values()} == {
        "https://nuevo.example/status/revocation/2",
        "https://nuevo.example/status/suspension/2",
    }
    assert slots_of(first.versions[0])["revocation"].address == "http://localhost/status/revocation/1"


@pytest.mark.skipif(ENGINE == "sqlite", reason="in memory there is one connection, and on a file one writer")
def test_of_acts_at_once_no_bit_is_lost(app: Flask, session: Session) -> None:
    by = makers.user("Celia Decide")
    made = [makers.certified(by).id for _ in range(8)]
    who = by.id
    session.rollback()

    def act(number: int) -> None:
        with app.app_context():
            try:
                with unit_of_work() as own:
                    one, decider = own.get_one(Certificate, number), own.get_one(User, who)
                    withdraw(one, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), by=decider, at=NOW)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, made))
    versions = [session.get_one(Certificate, number).versions[0] for number in made]
    assert [faults_of(one, NOW) for one in versions] == [()] * 8
    assert [bit_of(one, "revocation", NOW) for one in versions] == [True] * 8


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE status_lists SET number = 9 WHERE id = 1",
        "UPDATE status_lists SET purpose = 'refresh' WHERE id = 1",
        "UPDATE status_lists SET origin = 'https://otro.example' WHERE id = 1",
        "UPDATE status_lists SET id = 9 WHERE id = 2",
        "DELETE FROM status_lists WHERE id = 3",
    ],
)
def test_a_list_stays_at_its_address_and_never_goes(session: Session, change: str) -> None:
    """The control: it is signed anew, which changes everything else of it."""
    makers.certified()
    with unit_of_work():
        status.open_pair(2, NOW)  # nothing refers to these
    before = address_and_signature()
    with pytest.raises(DBAPIError, match="stays at the address"):
        session.execute(text(change))
    session.rollback()
    with unit_of_work():
        status.sign_anew(NOW + timedelta(minutes=1))
    assert [one[:4] for one in address_and_signature()] == [one[:4] for one in before]
    assert not {one[4] for one in address_and_signature()} & {one[4] for one in before}


def address_and_signature() -> list[tuple[object, ...]]:
    db.session.expire_all()
    found = db.session.scalars(select(StatusList).order_by(StatusList.id))
    return [(one.id, one.purpose, one.number, one.origin, one.token) for one in found]
