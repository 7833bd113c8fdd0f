"""Pages of which most never changes: rendered once with slots in place of values, then only filled.

A template is given :class:`Slot` marks where a value will stand. What it renders is cut at the marks, and a page is the
pieces with the values, escaped, between them. A template may test whether a slot is there; it can neither filter nor compare it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from html import escape  # markupsafe's makes an object of each value

from markupsafe import Markup

BETWEEN = "\x1f"  # narrow, and no letter of a text
SPLIT = BETWEEN.encode()
MARK = re.compile("\ue000(\\w+)\ue001")  # private-use letters: no text of ours holds them


def slot(name: str) -> Markup:
    """The mark for one value."""
    return Markup(f"\ue000{name}\ue001")  # noqa: S704 - the name is ours


def _narrow(text: str) -> str:
    """Letters beyond Latin-1 as references: one of them alone would make Python hold the whole page at twice the size.

    Right in HTML, wrong in a script: what a script element holds is a slot.
    """
    return text.encode("latin-1", "xmlcharrefreplace").decode("latin-1")


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    """One call for all, and none where there is nothing to escape: most of the cost is in calling."""
    whole = BETWEEN.join(texts)
    if not ("&" in whole or "<" in whole or ">" in whole or '"' in whole or "'" in whole):  # a pattern looks letter by letter
        return texts
    shown = escape(whole).split(BETWEEN)
    return shown if len(shown) == len(texts) else [escape(text) for text in texts]


class Cut:
    """A rendered template, cut at its slots. ``mark`` is its digest."""

    def __init__(self, rendered: str) -> None:
        self.mark = sha256(rendered.encode()).hexdigest()[:12]
        parts = MARK.split(rendered)
        self._pattern = "%s".join(_narrow(text).replace("%", "%%") for text in parts[::2])
        self._encoded = self._pattern.encode()
        self._names = tuple(dict.fromkeys(parts[1::2]))
        self._places = [self._names.index(name) for name in parts[1::2]]

    def fill(self, values: Mapping[str, object]) -> str:
        """The page with these values; each is escaped unless it is Markup.

        Raises:
            KeyError: when a slot has no value.

        """
        safe = self._safe(values)
        return self._pattern % tuple([safe[place] for place in self._places])

    def fill_encoded(self, values: Mapping[str, object]) -> bytes:
        """The same in UTF-8, without encoding anew what never changes. Raises as :meth:`fill`."""
        shown = self._safe(values)
        safe = BETWEEN.join(shown).encode().split(SPLIT)  # one call for all
        if len(safe) != len(shown):
            safe = [text.encode() for text in shown]
        return self._encoded % tuple([safe[place] for place in self._places])

    def _safe(self, values: Mapping[str, object]) -> list[str]:
        """Each value once, fit for the page."""
        given = [values[name] for name in self._names]
        shown = list(_escaped(["" if isinstance(one, Markup) else str(one) for one in given]))
        for number, one in enumerate(given):
            if isinstance(one, Markup):
                shown[number] = one
        return shown

    def ordered(self, *names: str) -> Callable[..., Markup]:
        """A function of the slots' values in this order, for small parts that are filled often; all of them plain texts.

        Raises:
            KeyError: when a slot is not among the names.

        """
        missing = set(self._names) - set(names)
        if missing:
            raise KeyError(*missing)
        places, pattern = [names.index(self._names[place]) for place in self._places], self._pattern

        def fill(*texts: str) -> Markup:
            shown = _escaped(texts)
            return str.__new__(Markup, pattern % tuple([shown[place] for place in places]))  # escaped just above, and a text

        return fill


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
