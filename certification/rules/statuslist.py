"""Status lists: W3C Bitstring Status List v1.0, written and read. Whoever cannot read one says so, and never that all is well."""

import gzip
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from certification.rules.contexts import CREDENTIALS
from certification.rules.errors import CannotCheck, DomainError, InvalidInput
from certification.rules.instants import instant_text, read_instant
from certification.rules.multiformats import decode_multibase64, encode_multibase64
from certification.rules.secured import KeysAt, Opened, Secured, open_secured
from certification.rules.text import N_

SMALLEST = 131_072  # bits, §2.2: a certificate hides among so many
LARGEST_BYTES = 16 * 2**20
ENTRY, LIST, LIST_CREDENTIAL = "BitstringStatusListEntry", "BitstringStatusList", "BitstringStatusListCredential"
_BYTE = 8
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SYSTEM, _UNKNOWN = 9, b"\xff"  # RFC 1952 §2.3: the byte that names the operating system, and the value that names none
_WINDOW = 31  # zlib: a GZIP wrapper (RFC 1952) around the largest window


class StatusBits:
    """The bits of a list; index 0 is the left-most, the most significant of the first byte (§2.2)."""

    def __init__(self, raw: bytes = bytes(SMALLEST // _BYTE)) -> None:
        """Raises InvalidInput (`too_short`, `too_large`)."""
        if len(raw) * _BYTE < SMALLEST:
            raise InvalidInput("too_short", N_("La lista de estados es demasiado corta."))
        if len(raw) > LARGEST_BYTES:
            raise InvalidInput("too_large", N_("La lista de estados es demasiado grande."))
        self._bits = bytearray(raw)

    def __len__(self) -> int:
        return len(self._bits) * _BYTE

    def __getitem__(self, index: int) -> bool:
        at, mask = self._place(index)
        return bool(self._bits[at] & mask)

    def __setitem__(self, index: int, value: bool) -> None:  # noqa: FBT001 - what an item assignment takes
        at, mask = self._place(index)
        self._bits[at] = self._bits[at] | mask if value else self._bits[at] & ~mask

    def cleared_in(self, later: "StatusBits") -> list[int]:
        """The indices that are set here and no more in `later`, a list of the same size."""
        gone = int.from_bytes(self._bits, "big") & ~int.from_bytes(later._bits, "big")  # noqa: SLF001 - of the same class
        found = []
        while gone:
            lowest = gone & -gone
            found.append(len(self) - lowest.bit_length())
            gone ^= lowest
        return sorted(found)

    def encoded(self) -> str:
        """`encodedList`: GZIP without a time, multibase base64url; the same bits give the same text."""
        packed = gzip.compress(bytes(self._bits), compresslevel=9, mtime=0)
        return encode_multibase64(packed[:_SYSTEM] + _UNKNOWN + packed[_SYSTEM + 1 :])

    @classmethod
    def decode(cls, text: object) -> "StatusBits":
        """Read an `encodedList`. Raises InvalidInput (`bad_list`, `too_short`, `too_large`; `bad_multibase`, `bad_base64url`)."""
        packed, inflate = decode_multibase64(text), zlib.decompressobj(_WINDOW)
        try:
            raw = inflate.decompress(packed, LARGEST_BYTES + 1)
        except zlib.error as error:
            raise _bad_list() from error
        if len(raw) <= LARGEST_BYTES and (not inflate.eof or inflate.unused_data):
            raise _bad_list()
        return cls(raw)

    def _place(self, index: int) -> tuple[int, int]:
        """Raises InvalidInput (`out_of_range`)."""
        if not 0 <= index < len(self):
            raise InvalidInput("out_of_range", N_("Ese lugar no existe en la lista de estados."))
        return index // _BYTE, 0b1000_0000 >> index % _BYTE


def unsecured_list(  # noqa: PLR0913 - the parts of one document
    address: str, purpose: str, bits: StatusBits, *, issuer: str, valid_from: datetime, valid_until: datetime, ttl: timedelta
) -> dict[str, object]:
    """The BitstringStatusListCredential without any proof; `address` is where it is served. Raises ValueError for empty times."""
    if valid_from >= valid_until or ttl <= timedelta(0):
        raise ValueError("a list that is never valid")
    return {
        "@context": [CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", LIST_CREDENTIAL],
        "issuer": issuer,
        "validFrom": instant_text(valid_from),
        "validUntil": instant_text(valid_until),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": LIST,
            "statusPurpose": purpose,
            "ttl": ttl // timedelta(milliseconds=1),
            "encodedList": bits.encoded(),
        },
    }


def read_status(
    entry: Mapping[str, object], list_credential: Secured, keys_at: KeysAt, *, issuer: str, purpose: str, at: datetime
) -> bool:
    """Whether the bit of `entry` is set in its list, at the instant `at`; `issuer` is that of the credential with the entry.

    Raises CannotCheck for every reason that there is not to know.
    """
    index = _index(entry, purpose)
    try:
        opened = open_secured(list_credential, keys_at, at=at)
    except DomainError as error:
        early = error.code == "proof_from_future"  # asked about an instant before the list was signed
        raise CannotCheck("not_yet_valid" if early else "bad_list_signature", why=error.code) from error
    subject = _subject(opened, entry, issuer, purpose)
    _check_times(opened, at)
    try:
        return StatusBits.decode(subject.get("encodedList"))[index]
    except InvalidInput as error:
        code = error.code if error.code in {"too_short", "too_large", "out_of_range"} else "bad_list"
        raise CannotCheck(code) from error


def _index(entry: Mapping[str, object], purpose: str) -> int:
    index, size = entry.get("statusListIndex"), entry.get("statusSize", 1)
    if entry.get("type") != ENTRY or type(size) is not int or size != 1:  # a true is no 1 here
        raise CannotCheck("bad_entry")
    if not isinstance(index, str) or not _INDEX.fullmatch(index):
        raise CannotCheck("bad_entry")
    if entry.get("statusPurpose") != purpose:
        raise CannotCheck("wrong_purpose")
    return int(index)


def _subject(opened: Opened, entry: Mapping[str, object], issuer: str, purpose: str) -> Mapping[str, object]:
    document = opened.document
    subject, types = document.get("credentialSubject"), document.get("type")
    if opened.issuer != issuer:
        raise CannotCheck("wrong_issuer")
    if document.get("id") != entry.get("statusListCredential"):
        raise CannotCheck("wrong_id")
    if not isinstance(types, list) or LIST_CREDENTIAL not in types or not isinstance(subject, Mapping):
        raise CannotCheck("bad_list")
    if subject.get("type") != LIST:
        raise CannotCheck("bad_list")
    said = subject.get("statusPurpose")
    if purpose not in (said if isinstance(said, list) else [said]):
        raise CannotCheck("wrong_purpose")
    return subject


def _check_times(opened: Opened, at: datetime) -> None:
    """A list without its own beginning and end could be replayed for ever: both must be there."""
    try:
        begins, ends = read_instant(opened.document.get("validFrom")), read_instant(opened.document.get("validUntil"))
    except InvalidInput as error:
        raise CannotCheck("bad_list") from error
    if at < begins:
        raise CannotCheck("not_yet_valid")
    if at >= ends:
        raise CannotCheck("stale")


def _bad_list() -> InvalidInput:
    return InvalidInput("bad_list", N_("La lista de estados no se puede leer."))
