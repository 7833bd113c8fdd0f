"""The proof that a certificate's acts are in the public log: in words for its page, whole as JSON."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import Blueprint, Response, jsonify, make_response, render_template

from certification.accounts.guard import requires
from certification.core.documents import HTML, JSON, wanted
from certification.log import reading
from certification.log.checkpoints import vkeys
from certification.log.witnesses import with_cosignatures
from certification.registry.lost import is_lost
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.rules.checkpoint import Checkpoint
from certification.rules.code import display, parse
from certification.rules.errors import BadCode, BadLeaf, NotFound
from certification.rules.leaves import parse_leaf
from certification.rules.merkle import inclusion_steps
from certification.rules.notes import parse_note

bp = Blueprint("proof", __name__)


class Logged(NamedTuple):
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
    """For programs each act's entry with its inclusion proof (RFC 9162 §2.1.3) under the signed checkpoint, for people the same
    in words; 404 before the log is signed.

    ``lost`` says that the registry lost its record in a restore, and has nothing but these entries;
    ``waiting`` is how many of its acts are recorded and not signed yet.
    """
    found = _proven(code)
    if wanted(JSON, HTML) == JSON:
        return _as_json(found)
    response = make_response(render_template("log/proof.html", **_in_words(found)))
    response.vary.add("Accept")
    return response


@bp.get("/c/<code>/proof.json")
@requires(Permission.SEE)
def download(code: str) -> Response:
    """The same for programs, as a file to keep, whoever asks."""
    found = _proven(code)
    response = _as_json(found)
    response.headers["Content-Disposition"] = f'attachment; filename="proof-{found.code}.json"'
    return response


@dataclass(frozen=True, slots=True)
class _Proven:
    """The acts of a code that the signed log proves, and how many wait."""

    code: str
    acts: tuple[reading.Included, ...]
    waiting: int

    @property
    def checkpoint(self) -> Checkpoint:
        return self.acts[-1].checkpoint

    @property
    def note(self) -> bytes:
        return with_cosignatures(self.acts[-1].note)


def _proven(code: str) -> _Proven:
    """Raises NotFound for what is no code, and where nothing is proven."""
    try:
        plain = parse(code)
    except BadCode as error:
        raise NotFound from error
    indices = reading.indices_of(plain)
    found = reading.inclusions(indices)
    if not found:
        raise NotFound
    return _Proven(plain, found, len(indices) - len(found))


def _as_json(found: _Proven) -> Response:
    response = jsonify(
        code=found.code,
        lost=is_lost(found.code),
        waiting=found.waiting,
        log=found.checkpoint.origin,
        size=found.checkpoint.size,
        root=found.checkpoint.root.hex(),
        checkpoint=found.note.decode(),
        vkeys=vkeys(found.checkpoint.origin),
        entries=[_entry(one) for one in found.acts],
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    return response


def _entry(one: reading.Included) -> dict[str, Any]:
    return {
        "index": one.index,
        "entry": one.entry.decode(),
        "hash": one.hash.hex(),
        "proof": [hash_.hex() for hash_ in one.proof],
    }


def _in_words(found: _Proven) -> dict[str, Any]:
    return {
        "code": found.code,
        "shown": display(found.code),
        "lost": is_lost(found.code),
        "waiting": found.waiting,
        "size": found.checkpoint.size,
        "root": found.checkpoint.root.hex(),
        "origin": found.checkpoint.origin,
        "witnesses": [one.name for one in parse_note(found.note).signatures if one.name != found.checkpoint.origin],
        "keys": vkeys(found.checkpoint.origin),
        "acts": [_told(one) for one in found.acts],
    }


def _told(one: reading.Included) -> dict[str, Any]:
    try:
        act = parse_leaf(one.entry)
    except BadLeaf:
        act = None
    steps = inclusion_steps(one.hash, one.index, one.checkpoint.size, one.proof)
    return {"number": one.index + 1, "act": act, "hash": one.hash.hex(), "entry": one.entry.decode(), "steps": steps}
