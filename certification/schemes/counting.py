"""How many hold a label. The registry stands higher and knows; the application tells this floor whom to ask."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import Flask, current_app

EXTENSION = "schemes_counter"
KEPT = timedelta(seconds=3)
MOST_KEPT = 200


class LabelCounts(NamedTuple):
    """Certificates of one scheme, all versions, at an instant; ``holders`` are parties with a valid one."""

    valid: int = 0
    holders: int = 0
    suspended: int = 0
    withdrawn: int = 0


Counter = Callable[[Collection[int], datetime], Mapping[int, LabelCounts]]


class KeptCounter:
    """A counter that asks again after :data:`KEPT` only: counting reads every certificate, and many look at the same page."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._kept: dict[int, tuple[datetime, LabelCounts]] = {}

    def __call__(self, scheme_ids: Collection[int], at: datetime) -> Mapping[int, LabelCounts]:
        kept = dict(self._kept)
        found = {key: kept[key][1] for key in scheme_ids if key in kept and timedelta() <= at - kept[key][0] < KEPT}
        wanted = [key for key in scheme_ids if key not in found]
        if wanted:
            counted = self._counter(wanted, at)
            if len(kept) + len(counted) > MOST_KEPT:
                self._kept.clear()
            self._kept.update({key: (at, counts) for key, counts in counted.items()})
            found |= counted
        return found


def declare_counter(app: Flask, counter: Counter) -> None:
    """Let ``counter`` (scheme ids, instant → counts by scheme id) answer; said once, where the application is put together.

    Raises:
        ValueError: somebody counts already.

    """
    if EXTENSION in app.extensions:
        raise ValueError("labels are counted already")
    app.extensions[EXTENSION] = counter if app.testing else KeptCounter(counter)  # tests stand at one instant


def counts_of(scheme_ids: Collection[int], at: datetime) -> Mapping[int, LabelCounts] | None:
    """The counts by scheme id, or None where nobody counts: then a page says nothing rather than zero."""
    counter: Counter | None = current_app.extensions.get(EXTENSION)
    return counter(scheme_ids, at) if counter else None
