"""Words and paths of a product's address."""

import re

from certification.core.ids import ALPHABET, LENGTH
from certification.rules.fold import fold

LONGEST_SLUG = 80
NAMELESS = "pieza"
TAKEN = frozenset({"ask"})  # pages that lie below a product's address
_LETTERS = frozenset(ALPHABET)
_APART = re.compile(r"[^a-z0-9]+")


def slug_of(name: str) -> str:
    """``Rebozo de algodón`` → ``rebozo-de-algodon``; cut between words at :data:`LONGEST_SLUG` letters."""
    slug = _APART.sub("-", fold(name)).strip("-")
    if len(slug) > LONGEST_SLUG:
        slug = slug[: LONGEST_SLUG + 1].rpartition("-")[0] or slug[:LONGEST_SLUG]
    return f"{NAMELESS}-{slug}" if slug in TAKEN else slug or NAMELESS


def could_be_id(word: str) -> bool:
    """Whether a public id may look like this; what does not is asked of no database."""
    return len(word) == LENGTH and not set(word) - _LETTERS


def product_path(public_id: str, slug: str) -> str:
    """What ``url_for("catalogue.product", …)`` gives, at a fraction of its cost: lists have many of them."""
    return f"/products/{public_id}/{slug or NAMELESS}"
