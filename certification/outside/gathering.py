"""What a source publishes of one certificate, gathered for `rules.attested`: keys, log, credentials, lists, schemes."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from certification.outside.following import CHECKPOINT, Followed, entries, follow
from certification.outside.sources import Folder, Source
from certification.rules.attested import Evidence, Leaf, Log
from certification.rules.attested_log import Doubt
from certification.rules.checking import About, Why
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.did import WELL_KNOWN, RegistryKeys, did_of, read_did
from certification.rules.errors import BadLeaf, CannotCheck, DomainError, InvalidInput, NotFound
from certification.rules.instants import read_instant
from certification.rules.jose import peek_token
from certification.rules.jsontext import JsonObject, read_object
from certification.rules.leaves import Act, parse_leaf
from certification.rules.merkle import HASH_BYTES, inclusion_proof
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.replay import ISSUING
from certification.rules.secured import Secured
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.tiles import WIDTH, Tile, tile_reader

JSON, VC, VC_JWT = "application/json", "application/vc", "application/vc+jwt"
_LIST = re.compile(r"/status/(revocation|suspension)/[1-9][0-9]{0,9}", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", re.ASCII)
_MOST_LEAVES = 10_000  # of one certificate


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks about: a code, and the document in their hands, with its version, where they have one."""

    code: str
    version: int | None = None
    secured: Secured | None = None


def gather(
    source: Source,
    asked: Asked,
    *,
    did: str | None = None,
    whole_up_to: int = 0,
    seen: datetime | None = None,
    made: datetime | None = None,
) -> Evidence:
    """Everything there is, believed by nobody yet. What can't be had is left out.

    `did` is who the source must be, None for one that a person named by hand. The log is read whole up to `whole_up_to` entries.
    Raises Doubt for a log that contradicts itself or its keys.
    """
    keys = _keys(source, did)
    log = _log(source, asked.code, keys, whole_up_to) if keys else None
    credentials = _credentials(source, asked, log)
    documents = [_unverified(one) for one in credentials.values()]
    return Evidence(
        asked.code,
        credentials,
        keys,
        _lists(source, documents),
        log,
        dict(_schemes(source, documents)),
        seen=seen,
        made=made,
    )


def _had(read: Callable[[], Any]) -> Any:
    """None for what is not there, can't be read or is not what it should be."""
    try:
        return read()
    except (NotFound, CannotCheck, InvalidInput):
        return None


def _object(source: Source, path: str, kind: str) -> JsonObject | None:
    found: JsonObject | None = _had(lambda: read_object(source.get(path, kind)))
    return found


def _keys(source: Source, did: str | None) -> RegistryKeys | None:
    def read() -> RegistryKeys:
        document = read_object(source.get(WELL_KNOWN, JSON))
        return read_did(document, did or str(document.get("id")))

    found: RegistryKeys | None = _had(read)
    return found


def _log(source: Source, code: str, keys: RegistryKeys, whole_up_to: int) -> Log | None:
    """Raises Doubt where a log is there and not as it must be."""
    try:
        encoded = source.get(CHECKPOINT)
    except (NotFound, CannotCheck) as error:
        if isinstance(source, Folder):  # a copy without its log was cut; a site may only be slow
            raise Doubt(Why("log_missing", About.LOG)) from error
        return None
    try:
        origin = parse_checkpoint(parse_note(encoded).text).origin
        held = [VerifierKey.of(origin, period.public) for period in keys.keys.values()]
        checkpoint = open_checkpoint(encoded, origin, held).checkpoint
        if checkpoint.size <= whole_up_to:
            return _whole(source, code, checkpoint)
        return _part(source, code, checkpoint)
    except NotFound as error:
        raise Doubt(Why("log_missing", About.LOG)) from error
    except DomainError as error:
        raise Doubt(Why(error.code, About.LOG)) from error


def _whole(source: Source, code: str, checkpoint: Checkpoint) -> Log:
    found = list(entries(source, checkpoint.size))
    follow(Followed(), checkpoint, found)
    mine = f'"code":"{code}"'.encode()
    leaves = [Leaf(at, entry) for at, entry in enumerate(found) if mine in entry or b'"certificate"' not in entry]
    return Log(checkpoint, tuple(one for one in leaves if _is_about(one, code)), whole=True, others=True)


def _is_about(leaf: Leaf, code: str) -> bool:
    """Of a scheme or a key, or of this certificate."""
    act = parse_leaf(leaf.entry)
    return act.certificate is None or act.certificate.code == code


def _part(source: Source, code: str, checkpoint: Checkpoint) -> Log:
    """The leaves that the source names, each proven through tiles; those beyond the checkpoint are of later."""
    try:
        said = read_object(source.get(f"/c/{code}/proof", JSON))
    except NotFound:
        return Log(checkpoint, ())
    others = said.get("others")
    named = [*_entries(said.get("entries")), *_entries(others or [])]
    read = tile_reader(checkpoint.size, lambda tile: _tile(source, tile))
    leaves = [
        Leaf(index, entry, inclusion_proof(index, checkpoint.size, read)) for index, entry in named if index < checkpoint.size
    ]
    return Log(checkpoint, tuple(leaves), others=others is not None)


def _entries(listed: object) -> Iterable[tuple[int, bytes]]:
    if not isinstance(listed, list) or len(listed) > _MOST_LEAVES:
        raise BadLeaf("leaf_form")
    for one in listed:
        index, entry = (one.get("index"), one.get("entry")) if isinstance(one, Mapping) else (None, None)
        if type(index) is not int or index < 0 or not isinstance(entry, str):
            raise BadLeaf("leaf_form")
        yield index, entry.encode("utf-8", "replace")


def _tile(source: Source, tile: Tile) -> bytes:
    """A partial tile may be gone once the full one is there (C2SP tlog-tiles): then that one, cut."""
    try:
        return source.get(f"/log/{tile.path}")
    except NotFound:
        if tile.width == WIDTH:
            raise
    return source.get(f"/log/{Tile(tile.level, tile.index).path}")[: tile.width * HASH_BYTES]


def _credentials(source: Source, asked: Asked, log: Log | None) -> dict[int, Secured]:
    found: dict[int, Secured] = {}
    if log is None:
        newest = asked.secured if asked.secured is not None else _object(source, f"/c/{asked.code}", VC)
        return {asked.version or 1: newest} if newest is not None else {}
    for number in _issued(log, asked.code):
        document = _object(source, f"/c/{asked.code}/versions/{number}", VC)
        if document is not None:
            found[number] = document
    if asked.secured is not None:
        found[asked.version or 1] = asked.secured
    return found


def _issued(log: Log, code: str) -> list[int]:
    """Versions that the log names; entries that can't be read are told of by whoever judges."""
    acts = [act for leaf in log.leaves if (act := _act(leaf)) is not None]
    return [act.certificate.version for act in acts if act.act in ISSUING and act.certificate and act.certificate.code == code]


def _act(leaf: Leaf) -> Act | None:
    try:
        return parse_leaf(leaf.entry)
    except BadLeaf:
        return None


def _unverified(secured: Secured) -> JsonObject:
    if isinstance(secured, str):
        return _had(lambda: peek_token(secured).document) or {}
    return dict(secured)


def _lists(source: Source, documents: Iterable[JsonObject]) -> dict[str, Secured | None]:
    """The lists that credentials name, where they are the issuer's own; None for each that can't be had."""
    found: dict[str, Secured | None] = {}
    for document in documents:
        listed = document.get("credentialStatus")
        for one in listed[:4] if isinstance(listed, list) else []:
            address = one.get("statusListCredential") if isinstance(one, Mapping) else None
            if isinstance(address, str) and address not in found:
                path = path_at(address, document)
                found[address] = None if path is None else _object(source, path, VC)
    return found


def path_at(address: str, document: Mapping[str, object]) -> str | None:
    """The path of a status list; None where it is none of the host that issued the document."""
    try:
        parts = urlsplit(address)
        issuer = document.get("issuer")
        said = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        mine = did_of(f"{parts.scheme}://{parts.netloc}") == said
    except (ValueError, InvalidInput):
        return None
    return parts.path if mine and _LIST.fullmatch(parts.path) and not parts.query else None


def _schemes(source: Source, documents: Iterable[JsonObject]) -> Iterable[tuple[str, JsonObject]]:
    for document in documents:
        subject = document.get("credentialSubject")
        scope = subject.get("scope") if isinstance(subject, Mapping) else None
        key, version = (scope.get("schemeKey"), scope.get("version")) if isinstance(scope, Mapping) else (None, None)
        if isinstance(key, str) and isinstance(version, str) and _PART.fullmatch(key) and _PART.fullmatch(version):
            found = _object(source, f"/schemes/{key}/{version}", JSON)
            if found is not None:
                yield f"{key}/{version}", found


def made_at(source: Source) -> datetime | None:
    """When an export says that it was made; None for any other source."""
    head = _had(source.head) if isinstance(source, Folder) else None
    manifest = head.get("manifest") if head else None
    found: datetime | None = _had(lambda: read_instant(manifest.get("made_at"))) if isinstance(manifest, Mapping) else None
    return found
