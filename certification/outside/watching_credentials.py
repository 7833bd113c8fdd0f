"""Single certificates looked at closely: their proofs in the log, each version's credential in both forms, and their bits."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from certification.outside.findings import Findings, Kind
from certification.outside.memory import Memory
from certification.outside.sources import MOST_BYTES, Source
from certification.outside.watching_keys import Keys
from certification.outside.watching_states import Due, Moments
from certification.rules.checking import PURPOSES
from certification.rules.credential import REVOCATION
from certification.rules.did import COMPROMISED_KEY
from certification.rules.errors import BadProof, CannotCheck, DomainError, InvalidInput, UnknownKey
from certification.rules.instants import read_instant
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.jose import issuer_of, peek_token
from certification.rules.jsontext import read_object
from certification.rules.leaves import Act
from certification.rules.merkle import leaf_hash, verify_inclusion
from certification.rules.replay import ISSUING, require_logged, term_of
from certification.rules.secured import Secured, open_secured
from certification.rules.signed_checkpoint import open_checkpoint
from certification.rules.statuslist import read_status

VC = "application/vc"
CACHED = timedelta(minutes=5)  # the ttl of our lists: so long a cache on the way may show the one of before an act
FORMLESS = (DomainError, ValueError, TypeError, KeyError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Held:
    """A version whose credential holds: its leaf, and its document without the proof."""

    act: Act
    document: Mapping[str, object]

    @property
    def version(self) -> int:
        return self.act.certificate.version if self.act.certificate else 0


@dataclass
class Closely:
    """One look: lists are read once, whoever names them. `listed` are the codes of the register.

    `wrong` are the codes with a fault; `lost` those that are not listed and that the registry says it lost in a restore; `dead`
    those whose newest credential counts no more, because the log calls its key compromised from before its leaf on.
    """

    source: Source
    memory: Memory
    keys: Keys
    findings: Findings
    listed: Container[str] = ()
    wrong: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    _lists: dict[tuple[str, str], Secured | None] = field(default_factory=dict)

    def terms(self, code: str, moments: Moments) -> list[Held]:
        """Verify each version's credential and remember its dates; returns those that hold.

        Raises CannotCheck where one can't be read over the network.
        """
        held = []
        for index, act in self.memory.acts_of(code):
            if act.act not in ISSUING or act.certificate is None:
                continue
            path = f"/c/{code}/versions/{act.certificate.version}"
            both = [self._verified(code, path, form, index, act, moments) for form in (VC, VC_JWT)]
            document = both[0]
            if document is None or both[1] is None:
                continue
            self.dead.discard(code)
            with self.memory.step():
                self.memory.keep_term(code, act.certificate.version, term_of(document))
            held.append(Held(act, document))
        return held

    def proof(self, code: str) -> None:
        """The inclusion proof of every act. Raises CannotCheck."""
        path = f"/c/{code}/proof"
        try:
            told = read_object(self.source.get(path, "application/json"), longest=MOST_BYTES)
            self._hold_proof(code, told)
            if told.get("lost") is True and code not in self.listed:
                self.lost.add(code)
        except CannotCheck:
            raise
        except FORMLESS as error:
            self._fault(code, Kind.PROOF, path, f"{path} proves nothing ({_why(error)})")

    def waits(self, code: str) -> bool:
        """Whether the registry says that an act on it is recorded and not signed yet. Raises CannotCheck."""
        try:
            told = read_object(self.source.get(f"/c/{code}/proof", "application/json"), longest=MOST_BYTES)
        except CannotCheck:
            raise
        except DomainError:
            return False
        return type(told.get("waiting")) is int and told["waiting"] != 0

    def bits(self, code: str, held: list[Held], must: Due, moments: Moments) -> None:
        """Both bits of each version, from both forms of its lists. Raises CannotCheck where one can't be read."""
        for one in held:
            entries = _entries(one.document)
            if sorted(str(entry.get("statusPurpose")) for entry in entries) != sorted(PURPOSES):
                self._fault(code, Kind.CREDENTIAL, code, f"the credential of {code} does not name its two status lists")
                continue
            for entry in entries:
                for form in (VC, VC_JWT):
                    self._hold_bit(code, entry, form, one, must, moments)

    def _verified(self, code: str, path: str, form: str, index: int, act: Act, moments: Moments) -> Mapping[str, object] | None:
        """The document without its proof, when it is the one that the leaf names and its signature holds; else None."""
        claimed: Mapping[str, object] = {}
        try:
            secured = _secured(self.source.get(path, form), form)
            claimed = peek_token(secured).document if isinstance(secured, str) else secured
            opened = open_secured(secured, self.keys.behind(issuer_of(claimed), index), at=moments.last)
            if act.credential is not None:
                require_logged(opened.document, act)
            term = term_of(opened.document)
            if (term.valid_from, term.valid_until) != (act.valid_from, act.valid_until):
                raise InvalidInput("other_dates")  # noqa: TRY301 - one place says what is wrong with it
        except CannotCheck:
            if code not in self.lost:
                raise
            return None
        except FORMLESS as error:
            if self._is_dead(error, act, claimed):
                self.dead.add(code)
                self.findings.warn(path, f"{path} is by a key that was compromised before its entry, and counts no more")
                return None
            words = f"the credential {path} does not hold as {form} ({_why(error)})"
            self._fault(code, Kind.CREDENTIAL, f"{path} {form}", words)
            return None
        return {name: value for name, value in opened.document.items() if name != "proof"}

    def _is_dead(self, error: Exception, act: Act, claimed: Mapping[str, object]) -> bool:
        """Whether nothing is wrong with it but its key; then its dates are still those that the leaf vouches for."""
        if not isinstance(error, UnknownKey) or error.code != COMPROMISED_KEY or act.certificate is None:
            return False
        try:
            require_logged(claimed, act)
            term = term_of(claimed)
        except DomainError:
            return False
        with self.memory.step():
            self.memory.keep_term(act.certificate.code, act.certificate.version, term)
        return True

    def _hold_proof(self, code: str, told: Mapping[str, object]) -> None:
        keys = self.memory.believed()
        signed = open_checkpoint(str(told["checkpoint"]).encode(), keys[0].name, keys).checkpoint
        if signed.size > self.memory.size:
            return  # the log went on meanwhile; what is new is looked at next
        if signed.root != self.memory.root(signed.size):
            raise BadProof("proof_root")
        listed = told["entries"]
        if not isinstance(listed, list):
            raise BadProof("proof_form")
        for one in listed:
            entry, index = str(one["entry"]).encode(), int(one["index"])
            if entry != self.memory.entry(index):
                raise BadProof("proof_entry")
            verify_inclusion(leaf_hash(entry), index, signed.size, [bytes.fromhex(hash_) for hash_ in one["proof"]], signed.root)
        if {int(one["index"]) for one in listed} != {at for at, _ in self.memory.acts_of(code) if at < signed.size}:
            raise BadProof("proof_entries")

    def _hold_bit(self, code: str, entry: Mapping[str, object], form: str, one: Held, must: Due, moments: Moments) -> None:
        address = str(entry.get("statusListCredential"))
        listed = self._list(address, form)
        if listed is None:
            self.wrong.add(code)
            return
        try:
            bit = self._read(entry, listed, str(issuer_of(one.document)), moments)
        except DomainError as error:
            words = f"the status list {address} can't be relied on as {form} ({error.code})"
            self._fault(code, Kind.LIST, f"{address} {form}", words)
            return
        revoked = frozenset({must.revoked or one.version < must.newest})
        if bit in (revoked if entry["statusPurpose"] == REVOCATION else must.suspended):
            return
        if _begun(listed) < must.last_act and moments.last - must.last_act < CACHED:
            self.wrong.add(code)
            words = f"{address} is older than the last act on {code}; a cache may show it for a few minutes"
            self.findings.warn(address, words)
            return
        said, true = ("set", "not set") if bit else ("not set", "set")
        words = f"{address} as {form} says the bit of {code} version {one.version} is {said}; by the log it is {true}"
        self._fault(code, Kind.LIST, f"{address}#{entry.get('statusListIndex')} {form}", words)

    def _read(self, entry: Mapping[str, object], listed: Secured, issuer: str, moments: Moments) -> bool:
        """At the first instant, so that a stale one is stale; at the last one where it was signed meanwhile."""
        keys, purpose = self.keys.behind(issuer), str(entry["statusPurpose"])
        try:
            return read_status(entry, listed, keys, issuer=issuer, purpose=purpose, at=moments.first)
        except CannotCheck as error:
            if error.code != "not_yet_valid":
                raise
        return read_status(entry, listed, keys, issuer=issuer, purpose=purpose, at=moments.last)

    def _list(self, address: str, form: str) -> Secured | None:
        if (address, form) not in self._lists:
            self._lists[address, form] = None
            try:
                self._lists[address, form] = _secured(self.source.get(urlsplit(address).path, form), form)
            except CannotCheck:
                del self._lists[address, form]
                raise
            except (DomainError, ValueError) as error:
                words = f"the status list {address} can't be read as {form} ({_why(error)})"
                self.findings.fault(Kind.LIST, f"{address} {form}", words)
        return self._lists[address, form]

    def _fault(self, code: str, kind: Kind, about: str, words: str) -> None:
        self.wrong.add(code)
        self.findings.fault(kind, about, words)


def _secured(content: bytes, form: str) -> Secured:
    return content.decode("ascii") if form == VC_JWT else read_object(content, longest=MOST_BYTES)


def _entries(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The entries of a credential; `checking` says what they look like."""
    listed = document.get("credentialStatus")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _why(error: Exception) -> str:
    return error.code if isinstance(error, DomainError) else "form"


def _begun(listed: Secured) -> datetime:
    document = peek_token(listed).document if isinstance(listed, str) else listed
    return read_instant(document.get("validFrom"))
