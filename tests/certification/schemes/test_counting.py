from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from certification.schemes.counting import MOST_KEPT, KeptCounter, LabelCounts

AT = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)


def counter(asked: list[list[int]]) -> KeptCounter:
    def count(scheme_ids: Collection[int], _at: datetime) -> Mapping[int, LabelCounts]:
        asked.append(list(scheme_ids))
        return {key: LabelCounts(valid=len(asked)) for key in scheme_ids}

    return KeptCounter(count)


def test_counts_are_kept_for_less_than_three_seconds_each_scheme_apart() -> None:
    asked: list[list[int]] = []
    count = counter(asked)
    assert count([1], AT) == {1: LabelCounts(valid=1)}
    assert count([1, 2], AT + timedelta(seconds=2.9)) == {1: LabelCounts(valid=1), 2: LabelCounts(valid=2)}
    assert count([1], AT + timedelta(seconds=3)) == {1: LabelCounts(valid=3)}
    assert count([1], AT) == {1: LabelCounts(valid=4)}  # an earlier instant is another question
    assert asked == [[1], [2], [1], [1]]


def test_what_is_kept_is_bounded() -> None:
    asked: list[list[int]] = []
    count = counter(asked)
    for number in range(MOST_KEPT + 2):
        count([number], AT)
    assert len(count._kept) == 2  # noqa: SLF001 - memory is what this is about
