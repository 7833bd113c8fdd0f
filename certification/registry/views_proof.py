"""The proof that a certificate's acts are in the public log: in words for its page, whole as JSON."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify

from certification.accounts.guard import requires
from certification.log import reading
from certification.log.checkpoints import vkeys
from certification.log.witnesses import with_cosignatures
from certification.registry.lost import is_lost
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.rules.code import parse
from certification.rules.errors import BadCode, NotFound

bp = Blueprint("proof", __name__)


@dataclass(frozen=True, slots=True)
class Logged:
    """Where the acts stand in the log, counted from 1, how many it has, and whether one of them waits to be signed."""

    numbers: tuple[int, ...]
    size: int
    waits: bool


def logged(certificate: Certificate) -> Logged | None:
    """For the record's page; None for a certificate whose acts have no leaves."""
    numbers = tuple(index + 1 for index in reading.indices_of(certificate.code))
    found = reading.head()
    signed = reading.signed(found)
    return Logged(numbers, found.size, signed is None or signed.size < numbers[-1]) if numbers else None


@bp.get("/c/<code>/proof")
@requires(Permission.SEE)
def show(code: str) -> Response:
    """Each act's entry with its inclusion proof (RFC 9162 §2.1.3) under the signed checkpoint; 404 before the log is signed.

    ``lost`` says that the registry lost its record in a restore, and has nothing but these entries;
    ``waiting`` is how many of its acts are recorded and not signed yet.
    """
    try:
        plain = parse(code)
    except BadCode as error:
        raise NotFound from error
    indices = reading.indices_of(plain)
    found = [one for index in indices if (one := reading.inclusion(index))]
    if not found:
        raise NotFound
    last = found[-1]
    response = jsonify(
        code=plain,
        lost=is_lost(plain),
        waiting=len(indices) - len(found),
        log=last.checkpoint.origin,
        size=last.checkpoint.size,
        root=last.checkpoint.root.hex(),
        checkpoint=with_cosignatures(last.note).decode(),
        vkeys=vkeys(last.checkpoint.origin),
        entries=[_entry(one) for one in found],
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _entry(one: reading.Included) -> dict[str, Any]:
    return {
        "index": one.index,
        "entry": one.entry.decode(),
        "hash": one.hash.hex(),
        "proof": [hash_.hex() for hash_ in one.proof],
    }
