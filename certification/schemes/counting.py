"""How many hold a label. The registry stands higher and knows; the application tells this floor whom to ask."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

EXTENSION = "schemes_counter"


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Certificates of one scheme, all versions, at an instant; ``holders`` are parties with a valid one."""

    valid: int = 0
    holders: int = 0
    suspended: int = 0
    withdrawn: int = 0


Counter = Callable[[Collection[int], datetime], Mapping[int, LabelCounts]]


def declare_counter(app: Flask, counter: Counter) -> None:
    """Let ``counter`` (scheme ids, instant → counts by scheme id) answer; said once, where the application is put together.

    Raises:
        ValueError: somebody counts already.

    """
    if EXTENSION in app.extensions:
        raise ValueError("labels are counted already")
    app.extensions[EXTENSION] = counter


def counts_of(scheme_ids: Collection[int], at: datetime) -> Mapping[int, LabelCounts] | None:
    """The counts by scheme id, or None where nobody counts: then a page says nothing rather than zero."""
    counter: Counter | None = current_app.extensions.get(EXTENSION)
    return counter(scheme_ids, at) if counter else None
