"""The words that the law protects, as ``standards.json`` lists them."""

from functools import cache

from certification.rules.claims import ClaimsGuard, parse_claims_guard
from certification.schemes.builtin import standards


@cache
def claims_guard() -> ClaimsGuard:
    """Read once."""
    return parse_claims_guard(standards()["claims_guard"])
