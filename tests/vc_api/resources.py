"""Related resources (vc-data-model-2.0 §5.3) that are here to be compared: the base context, byte for byte as W3C publishes it."""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from certification.rules.contexts import CREDENTIALS
from certification.rules.multiformats import encode_base58btc, encode_multibase64

MULTIHASH = {"sha256": b"\x12\x20", "sha384": b"\x20\x30", "sha512": b"\x13\x40"}


def differs(address: object, told: object) -> bool:
    """Whether the resource is here and has another digest than one of those told; several stand in one text (SRI §3.5)."""
    return address == CREDENTIALS and not (isinstance(told, str) and told.split() and {*told.split()} <= _digests())


@cache
def _digests() -> frozenset[str]:
    """In every spelling: SRI, and multibase of the digest alone, as W3C's suite writes it, or as a multihash."""
    return frozenset(_spelt(files("openvc.proof").joinpath("contexts/credentials-v2.json").read_bytes()))


def _spelt(resource: bytes) -> Iterator[str]:
    for name, prefix in MULTIHASH.items():
        digest = hashlib.new(name, resource).digest()
        yield f"{name}-{base64.b64encode(digest).decode()}"
        for raw in (digest, prefix + digest):
            yield encode_multibase64(raw)
            yield encode_base58btc(raw)
