"""Words of a text with their places, folded: whole words, hyphens and punctuation separate, commas remembered."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from certification.rules.fold import fold

_JOINED = frozenset({"Mn", "Me", "Cf"})  # marks and invisible characters do not end a word


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word, its place in the text (end exclusive), and whether a comma stands between it and the one before."""

    folded: str
    start: int
    end: int
    after_comma: bool


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Words `first` up to, and not including, `end`."""

    first: int
    end: int

    def within(self, other: "Span") -> bool:
        return other.first <= self.first and self.end <= other.end

    def overlaps(self, other: "Span") -> bool:
        return self.first < other.end and other.first < self.end

    def distance(self, other: "Span") -> int:
        """How many steps from word to word lie between the nearest two; 1 for neighbours, 0 when they overlap."""
        return max(0, other.first - self.end + 1, self.first - other.end + 1)


class Text:
    """A text as its words, with an index by which phrases are found in one step each."""

    def __init__(self, source: str) -> None:
        self.words = tuple(_read(source))
        self._places: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            self._places.setdefault(word.folded, []).append(at)

    def occurrences(self, phrase: "Text", *, commas: bool = False) -> Iterator[Span]:
        """Where the words of `phrase` stand one after another; with `commas`, with commas in the same places."""
        wanted = phrase.words
        for first in self._places.get(wanted[0].folded, ()) if wanted else ():
            held = self.words[first : first + len(wanted)]
            if len(held) == len(wanted) and all(
                one.folded == two.folded and (not commas or at == 0 or one.after_comma == two.after_comma)
                for at, (one, two) in enumerate(zip(held, wanted, strict=True))
            ):
                yield Span(first, first + len(wanted))

    def holds(self, phrase: "Text") -> bool:
        return next(self.occurrences(phrase), None) is not None


def _read(source: str) -> Iterator[Word]:
    letters, start, end, comma = "", 0, 0, False
    for at, sign in enumerate(source):
        folded = "".join(letter for letter in fold(sign) if letter.isalnum())
        if folded:
            start = start if letters else at
            letters, end = letters + folded, at + 1
        elif unicodedata.category(sign) in _JOINED or not fold(sign):
            end = at + 1 if letters else end
        else:
            if letters:
                yield Word(letters, start, end, comma)
                letters, comma = "", False
            comma = comma or sign == ","
    if letters:
        yield Word(letters, start, end, comma)
