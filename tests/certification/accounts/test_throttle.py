"""How often somebody may try."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.accounts.throttle import (
    LONGEST_PAUSE,
    TooManyAttempts,
    Visit,
    knock,
    let_in,
    may_mail,
    pass_by,
    pause_after,
)
from certification.core.db import unit_of_work


def fail(account: str, address: str, at: datetime, times: int = 1) -> None:
    for _ in range(times):
        with unit_of_work():
            knock(account, Visit(address), at=at)


def refused(account: str, address: str, at: datetime) -> datetime | None:
    try:
        fail(account, address, at)
    except TooManyAttempts as error:
        return error.until
    return None


def test_ten_failures_of_account_and_address_in_five_minutes(session: Session, at: datetime) -> None:
    fail("rosa", "192.0.2.1", at, 9)
    assert refused("rosa", "192.0.2.1", at) is None
    assert refused("rosa", "192.0.2.1", at) == at + timedelta(minutes=5)
    assert refused("juan", "192.0.2.1", at) is None  # a neighbour on the same address goes on


def test_two_hundred_failures_of_one_address(session: Session, at: datetime) -> None:
    for number in range(20):
        fail(f"person {number}", "192.0.2.1", at, 10)
    assert refused("somebody", "192.0.2.1", at) == at + timedelta(minutes=5)
    assert refused("somebody", "192.0.2.2", at) is None
    assert refused("somebody", "192.0.2.1", at + timedelta(minutes=5)) is None


def test_pauses_of_an_account_grow_from_wherever_it_is_tried(session: Session, at: datetime) -> None:
    for number in range(10):
        fail("rosa", f"192.0.2.{number}", at)
    assert refused("rosa", "198.51.100.1", at) == at + timedelta(minutes=1)
    later = at + timedelta(minutes=1)
    assert refused("rosa", "198.51.100.1", later) is None  # the eleventh
    assert refused("rosa", "198.51.100.2", later) == later + timedelta(minutes=2)
    assert refused("rosa", "198.51.100.3", at + timedelta(hours=24, minutes=1)) is None  # forgotten after a day


@pytest.mark.parametrize(("failures", "minutes"), [(0, 0), (9, 0), (10, 1), (11, 2), (12, 4), (14, 16), (15, 30), (10_000, 30)])
def test_pauses_double_up_to_half_an_hour(failures: int, minutes: int) -> None:
    assert pause_after(failures) == timedelta(minutes=minutes) <= LONGEST_PAUSE


def test_the_hour_is_whole_minutes_rounded_up(session: Session, at: datetime) -> None:
    assert TooManyAttempts(at + timedelta(seconds=1)).until == at + timedelta(minutes=1)


def test_a_right_attempt_is_taken_back(session: Session, at: datetime) -> None:
    for _ in range(30):
        with unit_of_work():
            let_in(knock("rosa", Visit("192.0.2.1"), at=at))
    assert refused("rosa", "192.0.2.1", at) is None


def test_a_subscribers_whole_network_is_one_address(session: Session, at: datetime) -> None:
    for number in range(10):
        fail("rosa", f"2001:db8:0:1::{number:x}", at)
    assert refused("rosa", "2001:db8:0:1:ffff::1", at) == at + timedelta(minutes=5)


def test_a_cookie_that_never_signed_in_gains_nothing(session: Session, person: User, at: datetime) -> None:
    fail("rosa.luna", "192.0.2.1", at, 10)
    with pytest.raises(TooManyAttempts), unit_of_work():
        knock("rosa.luna", Visit("192.0.2.1", "made up"), at=at, user_id=person.id)


def test_a_refusal_is_not_counted(session: Session, at: datetime) -> None:
    fail("rosa", "192.0.2.1", at, 10)
    for minute in range(1, 5):
        assert refused("rosa", "192.0.2.1", at + timedelta(minutes=minute)) == at + timedelta(minutes=5)
    assert refused("rosa", "192.0.2.1", at + timedelta(minutes=5)) is None


def test_three_mails_an_hour_of_each_purpose(session: Session, at: datetime) -> None:
    def asked(moment: datetime, purpose: str = "confirm") -> bool:
        with unit_of_work():
            return may_mail("rosa@demo.tianguis.example", purpose, at=moment)

    assert [asked(at) for _ in range(5)] == [True, True, True, False, False]
    assert asked(at, "reset") is True
    assert asked(at + timedelta(hours=1)) is True


def test_registering_counts_against_the_address_only(session: Session, at: datetime) -> None:
    with unit_of_work():
        for _ in range(200):
            pass_by("register", Visit("192.0.2.1"), at=at)
    with pytest.raises(TooManyAttempts), unit_of_work():
        pass_by("register", Visit("192.0.2.1"), at=at)
    with unit_of_work():
        pass_by("register", Visit("192.0.2.2"), at=at)
