"""Names for things in addresses: random, so that they tell nothing and cannot be walked."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32, lower case
LENGTH = 12  # 60 bits


def new_id() -> str:
    """Twelve letters of Crockford's base32 from the system's random source."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
