"""Pages of which most never changes: rendered once with slots in place of values, then only filled.

A template is given :class:`Slot` marks where a value will stand. What it renders is cut at the marks, and a page is the
pieces with the values, escaped, between them. A template may test whether a slot is there; it can neither filter nor compare it.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from html import escape  # markupsafe's makes an object of each value

from markupsafe import Markup

MARK = re.compile("\ue000(\\w+)\ue001")  # private-use letters: no text of ours holds them


def slot(name: str) -> Markup:
    """The mark for one value."""
    return Markup(f"\ue000{name}\ue001")  # noqa: S704 - the name is ours


class Cut:
    """A rendered template, cut at its slots. ``mark`` tells its text from any other's."""

    def __init__(self, rendered: str) -> None:
        self.mark = sha256(rendered.encode()).hexdigest()[:12]
        parts = MARK.split(rendered)
        self._texts = parts[::2]
        self._names = parts[1::2]

    def fill(self, values: Mapping[str, object]) -> str:
        """The page with these values; each is escaped unless it is Markup.

        Raises:
            KeyError: when a slot has no value.

        """
        out = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            value = values[name]
            out.append(value if isinstance(value, Markup) else escape(str(value)))
            out.append(text)
        return "".join(out)


class Cuts:
    """Cut templates by what makes them differ; the oldest leave when there are too many."""

    def __init__(self, most: int = 512) -> None:
        self._most = most
        self._kept: dict[object, Cut] = {}

    def get(self, key: object, render: Callable[[], str]) -> Cut:
        """The one kept under ``key``, else what ``render`` makes."""
        found = self._kept.get(key)
        if found is None:
            found = Cut(render())
            while len(self._kept) >= self._most:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[key] = found
        return found
