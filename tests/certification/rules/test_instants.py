from datetime import UTC, datetime, timedelta, timezone

import pytest

from certification.rules.errors import InvalidInput
from certification.rules.instants import instant_text, read_instant

AT = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "2026-11-21T16:32:00Z"),
        (AT.astimezone(timezone(timedelta(hours=-6))), "2026-11-21T16:32:00Z"),
        (AT.replace(microsecond=7000), "2026-11-21T16:32:00.007Z"),
        (AT.replace(microsecond=7999), "2026-11-21T16:32:00.007Z"),
        (AT.replace(microsecond=999), "2026-11-21T16:32:00Z"),
    ],
    ids=["UTC", "another zone", "milliseconds", "finer is cut off", "too fine for a fraction"],
)
def test_an_instant_is_written_in_utc(at: datetime, text: str) -> None:
    assert instant_text(at) == text


def test_a_naive_instant_is_not_written() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant_text(AT.replace(tzinfo=None))


@pytest.mark.parametrize("text", ["2026-11-21T16:32:00Z", "2026-11-21T10:32:00-06:00", "2026-11-21T16:32:00.000Z"])
def test_an_instant_is_read_with_its_offset(text: str) -> None:
    assert read_instant(text) == AT


def test_what_is_finer_than_microseconds_is_cut_off() -> None:
    assert read_instant("2026-11-21T16:32:00.123456789Z") == AT.replace(microsecond=123456)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2026-11-21T16:32:00",
        "2026-11-21 16:32:00Z",
        "2026-11-21T16:32Z",
        "2026-02-30T00:00:00Z",
        "2026-11-21T24:00:01Z",
        "2026-11-21T16:32:00z",
        "2026-11-21T16:32:00Z\n",
        "2026-11-21T16:32:00.Z",
        "2026-11-21T16:32:00." + "1" * 19 + "Z",
        "２026-11-21T16:32:00Z",
        "0001-01-01T00:00:00+14:00",
        None,
        1795278720,
    ],
)
def test_any_other_text_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_instant(text)
    assert caught.value.code == "bad_instant"
