"""From people's words to the index's: folded, and without the endings of Spanish plurals."""

import re

from certification.rules.fold import fold

_WORD = re.compile(r"[a-z0-9]+")
_SHORT = 4
MOST_WORDS = 12


def stems(text: str) -> list[str]:
    """The words of a text as the index keeps them: ``Rebozos teñidos`` → ``rebozo``, ``tenido``."""
    return [_stem(word) for word in _WORD.findall(fold(text))]


def asked(text: str) -> list[str]:
    """The words of a search, at most :data:`MOST_WORDS`, each once."""
    return list(dict.fromkeys(stems(text)))[:MOST_WORDS]


def _stem(word: str) -> str:
    """Plural to singular, roughly: what merges here is only compared."""
    if len(word) <= _SHORT or word.isdigit():
        return word
    if word.endswith("ces"):
        return word[:-3] + "z"
    if word.endswith("es") and word[-3] in "lnrdzj":
        return word[:-2]
    return word.removesuffix("s")
