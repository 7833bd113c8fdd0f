"""Everything in an export held against everything else: what `tianguis export --check` and `check.pyz` look at.

Nothing is believed but the keys in the folder; whoever wants more holds their names against a note of their own.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from certification.outside.following import CHECKPOINT, entries
from certification.outside.gathering import VC_JWT, Asked, gather, made_at
from certification.outside.layout import FORMAT, MANIFEST, PACK_CALL, TILE_CALL, pack_named, pack_of, prefixes, unwrapped
from certification.outside.sources import Folder
from certification.rules.attested import Evidence, Log, attest
from certification.rules.attested_log import Doubt, Leaf
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.did import RegistryKeys
from certification.rules.errors import BadTile, CannotCheck, DomainError, InvalidInput, NotFound
from certification.rules.instants import read_instant
from certification.rules.jsontext import read_object
from certification.rules.leaves import parse_leaf
from certification.rules.merkle import leaf_hash, node_hash
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.secured import open_secured
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.signing import DEMONSTRATION, Signed, verify
from certification.rules.tiles import WIDTH, Tile, decode_bundle
from certification.rules.verdict import PublicState

Progress = Callable[[int], None]
FORMS = ("application/vc", VC_JWT)
_NOBODY = "00000000000"  # a code that no certificate has: what is common to all is gathered under it


@dataclass(slots=True)
class Audit:
    """What was looked at, and each fault as `path: code`."""

    certificates: int = 0
    entries: int = 0
    files: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, where: str, code: str) -> None:
        self.faults.append(f"{where}: {code}")


def audit(folder: Folder, *, now: datetime, told: Progress = lambda _done: None) -> Audit:
    """Check a whole folder; never raises for what lies in it."""
    found = Audit()
    try:
        head = folder.head()
        if head is None:
            raise NotFound
        checkpoint, keys = _head(folder)
    except (DomainError, Doubt) as error:
        found.fault("head.js", error.why.code if isinstance(error, Doubt) else error.code)
        return found
    try:
        own, others = _log(folder, checkpoint, found)
        _claims(folder, head, checkpoint, found)
        _lists(head, keys, found, now)
        common = _Common(folder, keys, checkpoint, now, made_at(folder) or now, others)
        if _others(head) != others:
            found.fault("head.js", "acts_missing")
        if _packs(common, found, told) != own:
            found.fault("c", "acts_missing")
    except (DomainError, Doubt, RecursionError) as error:
        found.fault("log", getattr(error, "code", "unreadable"))
    return found


def _head(folder: Folder) -> tuple[Checkpoint, RegistryKeys]:
    """The checkpoint under its signature. Raises Doubt, DomainError."""
    evidence = gather(folder, Asked(_NOBODY))
    if evidence.keys is None or evidence.log is None or made_at(folder) is None:
        raise CannotCheck("unreachable")
    encoded = folder.get(CHECKPOINT)
    origin = parse_checkpoint(parse_note(encoded).text).origin
    held = [VerifierKey.of(origin, period.public) for period in evidence.keys.keys.values()]
    return open_checkpoint(encoded, origin, held).checkpoint, evidence.keys


def _log(folder: Folder, checkpoint: Checkpoint, found: Audit) -> tuple[int, tuple[Leaf, ...]]:
    """Every entry and every hash of every tile, up to the signed root.

    Returns how many entries speak of certificates, and those that speak of none.
    """
    levels: list[list[bytes]] = [[]]
    counts: list[int] = [0]
    others: list[Leaf] = []
    for entry in entries(folder, checkpoint.size):
        if parse_leaf(entry).certificate is None:
            others.append(Leaf(found.entries, entry))
        found.entries += 1
        _grow(folder, found, levels, counts, leaf_hash(entry))
    for level, hashes in enumerate(levels):
        if hashes:
            _hold(folder, found, Tile(level, counts[level], len(hashes)), hashes)
    if found.entries != checkpoint.size or _root(levels, checkpoint) != checkpoint.root:
        found.fault("log", "log_fork")
    return found.entries - len(others), tuple(others)


def _grow(folder: Folder, found: Audit, levels: list[list[bytes]], counts: list[int], one: bytes) -> None:
    level = 0
    while True:
        if level == len(levels):
            levels.append([])
            counts.append(0)
        levels[level].append(one)
        if len(levels[level]) < WIDTH:
            return
        _hold(folder, found, Tile(level, counts[level]), levels[level])
        one, levels[level] = _folded(levels[level]), []
        counts[level] += 1
        level += 1


def _folded(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _root(levels: list[list[bytes]], checkpoint: Checkpoint) -> bytes | None:
    """The root over what is left at the right edge: complete subtrees from the largest to the smallest."""
    total: bytes | None = None
    for hashes in levels:
        rest = hashes
        while rest:
            width = 1 << (len(rest) & -len(rest)).bit_length() - 1
            part, rest = _folded(rest[len(rest) - width :]), rest[: len(rest) - width]
            total = part if total is None else node_hash(part, total)
    return total if total is not None else checkpoint.root if checkpoint.size == 0 else None


def _hold(folder: Folder, found: Audit, tile: Tile, hashes: list[bytes]) -> None:
    """A tile of hashes in both of its forms against what the entries lead to."""
    wanted = b"".join(hashes)
    for where in (f"log/{tile.path}", f"log/{tile.path}.js"):
        try:
            content = folder.file(where)
            if where.endswith(".js"):
                said = unwrapped(TILE_CALL, content)
                content = base64.b64decode(str(said.get("hashes")), validate=True) if said.get("path") == tile.path else b""
        except (NotFound, CannotCheck, InvalidInput, ValueError):
            content = b""
        found.files += 1
        if content != wanted:
            found.fault(where, "tile_hashes")


def _claims(folder: Folder, head: Mapping[str, Any], checkpoint: Checkpoint, found: Audit) -> None:
    """What the export says of itself, and the copies of its documents at their own addresses."""
    said = head.get("manifest")
    log = said.get("log") if isinstance(said, Mapping) else None
    wanted = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    if not isinstance(said, Mapping) or said.get("format") != FORMAT or log != wanted:
        found.fault("head.js", "manifest")
    if _json(folder, MANIFEST) != said:
        found.fault(MANIFEST, "differs")
    documents = head.get("documents")
    for path, forms in documents.items() if isinstance(documents, Mapping) else ():
        first = next(iter(forms.values()), None) if isinstance(forms, Mapping) else None
        try:
            lying = folder.file(path)
        except (NotFound, CannotCheck):
            lying = b""
        found.files += 1
        same = lying == first.encode() if isinstance(first, str) else _parsed(lying) == first
        if not same or first is None:
            found.fault(path.lstrip("/"), "differs")


def _lists(head: Mapping[str, Any], keys: RegistryKeys, found: Audit, now: datetime) -> None:
    """Both forms of each status list hold and say the same. A list that is only late is no fault."""
    documents = head.get("documents")
    for path, forms in documents.items() if isinstance(documents, Mapping) else ():
        if not path.startswith("/status/"):
            continue
        try:
            said = [open_secured(form, keys.at, at=now).document for form in forms.values()]
            if len(said) != len(FORMS) or said[0] != said[1]:
                found.fault(path.lstrip("/"), "other_document")
        except (DomainError, AttributeError, TypeError) as error:
            found.fault(path.lstrip("/"), getattr(error, "code", "unreadable"))


def _packs(common: "_Common", found: Audit, told: Progress) -> int:
    """Each certificate of each pack. Returns how many leaves they name."""
    named = 0
    for prefix in prefixes():
        where = pack_named(prefix)
        try:
            certificates = unwrapped(PACK_CALL, common.folder.file(where)).get("certificates")
        except NotFound:
            continue
        except (CannotCheck, InvalidInput) as error:
            found.fault(where, error.code)
            continue
        found.files += 1
        for code, one in certificates.items() if isinstance(certificates, dict) else ():
            leaves, faults = common.certificate(code, one, where)
            named += leaves
            found.certificates += 1
            found.faults += [f"{where} {code}: {fault}" for fault in faults]
        told(found.certificates)
    return named


@dataclass(slots=True)
class _Common:
    """What every certificate is held against; `made` is the day of the export."""

    folder: Folder
    keys: RegistryKeys
    checkpoint: Checkpoint
    now: datetime
    made: datetime
    others: tuple[Leaf, ...]
    bundles: dict[int, tuple[bytes, ...]] = field(default_factory=dict)

    def certificate(self, code: str, one: object, where: str) -> tuple[int, list[str]]:
        """How many leaves under the checkpoint a pack names for a certificate, and what is wrong with it."""
        if pack_of(code) != where or not isinstance(one, dict):
            return 0, ["other_certificate"]
        try:
            leaves = tuple(self._leaves(one))
            log = Log(self.checkpoint, (*leaves, *self.others), whole=True, others=True)
            evidence = replace(gather(self.folder, Asked(code)), log=log)
            return len(leaves), [*self._attested(evidence), *self._tokens(one), *self._records(one)]
        except Doubt as doubt:
            return 0, [doubt.why.code]
        except (DomainError, ValueError, TypeError, KeyError) as error:
            return 0, [getattr(error, "code", "unreadable")]

    def _leaves(self, one: Mapping[str, Any]) -> Iterator[Leaf]:
        """Each entry as the log has it at that place. Raises BadTile, Doubt by whoever judges."""
        for said in one["entries"]:
            index, entry = int(said["index"]), str(said["entry"]).encode()
            if index >= self.checkpoint.size:
                continue
            if self._entry(index) != entry:
                raise BadTile("other_leaf")
            yield Leaf(index, entry)

    def _entry(self, index: int) -> bytes:
        number = index // WIDTH
        if number not in self.bundles:
            if len(self.bundles) > WIDTH:
                self.bundles.clear()
            tile = Tile(None, number, min(WIDTH, self.checkpoint.size - number * WIDTH))
            self.bundles[number] = decode_bundle(self.folder.file(f"log/{tile.path}"), tile.width)
        return self.bundles[number][index % WIDTH]

    def _attested(self, evidence: Evidence) -> list[str]:
        """As of the day of the export, where everything must lead to a state."""
        found = attest(evidence, as_of=min(self.made, self.now), now=self.now, allow_demonstration=True)
        return [why.code for why in found.reasons] if found.state is PublicState.CANNOT_CHECK else []

    def _tokens(self, one: Mapping[str, Any]) -> Iterator[str]:
        for number, forms in one["versions"].items():
            token = forms[VC_JWT]
            try:
                opened = open_secured(token, self.keys.at, at=self.now)
            except DomainError as error:
                yield f"versions/{number} {error.code}"
                continue
            unsecured = {name: value for name, value in forms[FORMS[0]].items() if name != "proof"}
            if opened.document != unsecured:
                yield f"versions/{number} other_document"

    def _records(self, one: Mapping[str, Any]) -> Iterator[str]:
        public = {kid: period.public for kid, period in self.keys.keys.items()}
        for version in one["record"]["versions"]:
            signed = Signed(str(version["kid"]), str(version["signature"]), version["statement"])
            try:
                verify(signed, public, allow_demonstration=str(version["kid"]).startswith(DEMONSTRATION))
                read_instant(version["signed_at"])
            except DomainError as error:
                yield f"record {error.code}"


def _others(head: Mapping[str, Any]) -> tuple[Leaf, ...]:
    listed = head.get("others")
    return tuple(Leaf(int(one["index"]), str(one["entry"]).encode()) for one in listed) if isinstance(listed, list) else ()


def _json(folder: Folder, path: str) -> object:
    try:
        return read_object(folder.file(path))
    except (NotFound, CannotCheck, InvalidInput):
        return None


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None
