"""Everything in an export held against everything else: what `tianguis export --check` and `check.pyz` look at.

Nothing is believed but the keys in the folder; whoever wants more holds their names against a note of their own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from certification.outside.auditing_log import Audit, hold_handovers, hold_log
from certification.outside.auditing_parts import hold_older
from certification.outside.auditing_register import Register, register_of
from certification.outside.following import CHECKPOINT
from certification.outside.gathering import VC_JWT, Asked, gather, made_at
from certification.outside.layout import FORMAT, MANIFEST, PACK_CALL, pack_of, packs, unwrapped
from certification.outside.sources import Folder
from certification.rules.attested import Attested, Log, attest
from certification.rules.attested_log import Doubt, Leaf
from certification.rules.checkpoint import Checkpoint, parse_checkpoint
from certification.rules.did import COMPROMISED_KEY, RegistryKeys
from certification.rules.errors import BadTile, CannotCheck, DomainError, InvalidInput, NotFound
from certification.rules.instants import read_instant
from certification.rules.jsontext import read_object
from certification.rules.leaves import parse_leaf
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.replay import issuers_of
from certification.rules.secured import open_secured
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.signing import DEMONSTRATION, Signed, verify
from certification.rules.tiles import WIDTH, Tile, decode_bundle
from certification.rules.verdict import PublicState

Progress = Callable[[int], None]
FORMS = ("application/vc", VC_JWT)
MISSING = "credential_missing"
_NOBODY = "00000000000"  # a code that no certificate has: what is common to all is gathered under it


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
        own, others = hold_log(folder, checkpoint, found)
        keys = replace(keys, former=issuers_of(checkpoint.origin, (parse_leaf(one.entry) for one in others)))
        hold_older(folder, checkpoint, found)
        hold_handovers(folder, checkpoint, keys, found)
        _claims(folder, head, checkpoint, found)
        _lists(head, keys, found, now)
        made = made_at(folder) or now
        common = _Common(folder, keys, checkpoint, now, made, others)
        if _others(head) != others:
            found.fault("head.js", "acts_missing")
        register = register_of(folder, head, checkpoint, made, others, found)
        if _packs(common, register, found, told) != own:
            found.fault("c", "acts_missing")
        register.hold(found)
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


def _packs(common: "_Common", register: Register, found: Audit, told: Progress) -> int:
    """Each certificate of each pack; the register is told what it must say of it. Returns how many leaves they name."""
    named = 0
    for where in packs(common.folder.has):
        try:
            certificates = unwrapped(PACK_CALL, common.folder.file(where)).get("certificates")
        except NotFound:
            continue
        except (CannotCheck, InvalidInput) as error:
            found.fault(where, error.code)
            continue
        found.files += 1
        for code, one in certificates.items() if isinstance(certificates, dict) else ():
            looked = common.certificate(code, one, where)
            register.expect(code, one, looked.leaves, holds=looked.holds)
            named += len(looked.leaves)
            found.certificates += 1
            found.faults += [f"{where} {code}: {fault}" for fault in looked.faults]
        told(found.certificates)
    return named


@dataclass(slots=True)
class _Looked:
    """One certificate: its leaves under the checkpoint, whether its key still lets it hold, and what is wrong with it."""

    leaves: tuple[Leaf, ...] = ()
    holds: bool = True
    faults: list[str] = field(default_factory=list)


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

    def certificate(self, code: str, one: object, where: str) -> _Looked:
        """A certificate of a pack."""
        if pack_of(code) != where or not isinstance(one, dict):
            return _Looked(faults=["other_certificate"])
        try:
            leaves = tuple(self._leaves(one))
            log = Log(self.checkpoint, (*leaves, *self.others), whole=True, others=True)
            evidence = replace(gather(self.folder, Asked(code)), log=log)
            lost = one["record"].get("lost") is True
            attested = attest(evidence, as_of=min(self.made, self.now), now=self.now, allow_demonstration=True)
            faults = [*_doubts(attested, lost=lost), *self._forms(one, lost=lost), *self._records(one)]
            return _Looked(leaves, COMPROMISED_KEY not in {why.code for why in attested.reasons}, faults)
        except Doubt as doubt:
            return _Looked(faults=[doubt.why.code])
        except (DomainError, ValueError, TypeError, KeyError) as error:
            return _Looked(faults=[getattr(error, "code", "unreadable")])

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

    def _forms(self, one: Mapping[str, Any], *, lost: bool) -> Iterator[str]:
        """Each credential belongs to a version that is recorded, or that a restore lost; of those there may be no token."""
        record = one["record"]
        recorded = {str(version["number"]) for version in record["versions"]}
        found_again = {str(number) for number in record.get("lost_versions", ())} - recorded
        for number, forms in one["versions"].items():
            if not lost and number not in recorded | found_again:
                yield f"versions/{number} record_missing"
                continue
            if VC_JWT not in forms and (lost or number in found_again):
                continue
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
            if version["kid"] is None and version["signature"] is None:
                continue  # it waits for its signature, and counts for nothing yet
            signed = Signed(str(version["kid"]), str(version["signature"]), version["statement"])
            try:
                verify(signed, public, allow_demonstration=str(version["kid"]).startswith(DEMONSTRATION))
                read_instant(version["signed_at"])
            except DomainError as error:
                yield f"record {error.code}"


def _doubts(found: Attested, *, lost: bool) -> Iterator[str]:
    """As of the day of the export everything must lead to a state.

    What the log itself gives up does not: a key that it calls compromised, or a credential that was lost with its record.
    """
    given_up = {COMPROMISED_KEY} | ({MISSING} if lost else set())
    if found.state is PublicState.CANNOT_CHECK:
        yield from (why.code for why in found.reasons if why.code not in given_up)


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
