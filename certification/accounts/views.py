"""All pages of accounts; importing this hangs them on ``bp``."""

from certification.accounts import (  # noqa: F401 - imported for their routes
    views_entering,
    views_mine,
    views_passkeys,
    views_people,
    views_recovery,
)
from certification.accounts.blueprint import bp

__all__ = ["bp"]
