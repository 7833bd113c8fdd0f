import gzip
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openvc.status.bitstring import decode_bitstring, encode_bitstring, get_status_bit

from certification.rules.credential import SUSPENSION, unsecured_credential
from certification.rules.did import method_of
from certification.rules.errors import CannotCheck, InvalidInput
from certification.rules.jose import sign_token
from certification.rules.multiformats import encode_multibase64
from certification.rules.proofs import add_proof
from certification.rules.statuslist import LARGEST_BYTES, SMALLEST, StatusBits, read_status, unsecured_list
from tests.certification.rules.credentials import AT, DID, KEYS, METHOD, PAIR, SUSPENSIONS, VERSION

UNTIL = AT + timedelta(hours=24)
SECOND = timedelta(seconds=1)
ENTRY: dict[str, Any] = unsecured_credential(VERSION)["credentialStatus"][1]  # type: ignore[index]  # a list of entries
BITS = StatusBits()
BITS[SUSPENSIONS.index] = True
UNSECURED: dict[str, Any] = unsecured_list(
    SUSPENSIONS.address, SUSPENSION, BITS, issuer=DID, valid_from=AT, valid_until=UNTIL, ttl=timedelta(minutes=5)
)
W3C_EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def secured(change: Callable[[dict[str, Any]], object] = lambda _list: None) -> dict[str, object]:
    said = deepcopy(UNSECURED)
    change(said)
    return add_proof(said, PAIR.private, method=METHOD, created=AT)


def status(listed: Any, entry: Any = ENTRY, *, at: datetime = AT, issuer: str = DID, purpose: str = SUSPENSION) -> bool:
    return read_status(entry, listed, KEYS.at, issuer=issuer, purpose=purpose, at=at)


def refused(listed: Any, entry: Any = ENTRY, **kwargs: Any) -> str:
    with pytest.raises(CannotCheck) as caught:
        status(listed, entry, **kwargs)
    return caught.value.code


def test_index_0_is_the_left_most_bit() -> None:
    bits = StatusBits()
    bits[0] = bits[9] = bits[len(bits) - 1] = True
    raw = decode_bitstring(bits.encoded())
    assert (raw[:3], raw[-1], len(bits)) == (b"\x80\x40\x00", 1, 131_072)
    assert [bits[at] for at in (0, 1, 8, 9, 131_071)] == [True, False, False, True, True]
    bits[0] = False
    assert not bits[0]


def test_the_same_bits_give_the_same_text_without_a_time_in_it() -> None:
    assert StatusBits().encoded() == StatusBits(bytes(16_384)).encoded()
    assert StatusBits().encoded()[1:].startswith("H4sIAAAAAAAC_")


def test_the_example_of_the_specification_is_read_as_an_empty_list() -> None:
    bits = StatusBits.decode(W3C_EXAMPLE)
    assert len(bits) == 131_072
    assert not any(bits[at] for at in range(131_072))


def test_another_implementation_reads_ours_and_we_read_theirs() -> None:
    for index in (0, 7, 8, SUSPENSIONS.index, 131_071):
        bits = StatusBits()
        bits[index] = True
        theirs = decode_bitstring(bits.encoded())
        assert [at for at in (0, 7, 8, SUSPENSIONS.index, 131_071) if get_status_bit(theirs, at)] == [index]
        assert StatusBits.decode(encode_bitstring(theirs)).encoded() == bits.encoded()


@pytest.mark.parametrize("index", [-1, 131_072, 10**18])
def test_there_is_no_bit_outside_the_list(index: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        BITS[index]
    assert caught.value.code == "out_of_range"
    with pytest.raises(InvalidInput):
        StatusBits()[index] = True


@pytest.mark.parametrize(("raw", "code"), [(bytes(16_383), "too_short"), (bytes(LARGEST_BYTES + 1), "too_large")])
def test_a_list_hides_each_among_many_and_ends_somewhere(raw: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        StatusBits(raw)
    assert caught.value.code == code


def test_the_list_says_exactly_this() -> None:
    assert {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "https://tianguis.example/status/suspension/1",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:web:tianguis.example",
        "validFrom": "2026-11-21T16:32:00Z",
        "validUntil": "2026-11-22T16:32:00Z",
        "credentialSubject": {
            "id": "https://tianguis.example/status/suspension/1#list",
            "type": "BitstringStatusList",
            "statusPurpose": "suspension",
            "ttl": 300_000,
            "encodedList": BITS.encoded(),
        },
    } == UNSECURED


@pytest.mark.parametrize(("until", "ttl"), [(AT, timedelta(minutes=5)), (UNTIL, timedelta(0))])
def test_a_list_that_is_never_valid_is_not_made(until: datetime, ttl: timedelta) -> None:
    with pytest.raises(ValueError, match="never valid"):
        unsecured_list("https://a.example/1", SUSPENSION, BITS, issuer=DID, valid_from=AT, valid_until=until, ttl=ttl)


def test_a_set_bit_is_read_and_its_neighbours_are_not_set() -> None:
    assert status(secured())
    for index in (SUSPENSIONS.index - 1, SUSPENSIONS.index + 1, 0, SMALLEST - 1):
        assert not status(secured(), {**ENTRY, "statusListIndex": str(index)})


def test_a_list_as_a_token_is_read_as_well() -> None:
    assert status(sign_token(UNSECURED, PAIR.private, method=METHOD, signed=AT))


def test_a_list_counts_from_its_beginning_to_its_end() -> None:
    assert status(secured(), at=UNTIL - SECOND)
    assert refused(secured(), at=UNTIL) == "stale"
    early = add_proof(UNSECURED, PAIR.private, method=METHOD, created=AT - SECOND)
    assert refused(early, at=AT - SECOND) == "not_yet_valid"
    assert refused(secured(), at=AT - SECOND) == "not_yet_valid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(id="https://tianguis.example/status/suspension/2"), "wrong_id"),
        (lambda d: d.pop("id"), "wrong_id"),
        (lambda d: d["credentialSubject"].update(statusPurpose="revocation"), "wrong_purpose"),
        (lambda d: d["credentialSubject"].update(statusPurpose=["revocation", "message"]), "wrong_purpose"),
        (lambda d: d["credentialSubject"].pop("statusPurpose"), "wrong_purpose"),
        (lambda d: d["credentialSubject"].update(type="StatusList2021"), "bad_list"),
        (lambda d: d.update(type=["VerifiableCredential"]), "bad_list"),
        (lambda d: d.update(type="BitstringStatusListCredential"), "bad_list"),
        (lambda d: d.update(credentialSubject=[d["credentialSubject"]]), "bad_list"),
        (lambda d: d.pop("validUntil"), "bad_list"),
        (lambda d: d.pop("validFrom"), "bad_list"),
        (lambda d: d.update(validUntil="never"), "bad_list"),
        (lambda d: d["credentialSubject"].pop("encodedList"), "bad_list"),
        (lambda d: d["credentialSubject"].update(encodedList=BITS.encoded()[1:]), "bad_list"),
        (lambda d: d["credentialSubject"].update(encodedList=BITS.encoded()[:-4]), "bad_list"),
        (lambda d: d["credentialSubject"].update(encodedList=encode_multibase64(b"no gzip")), "bad_list"),
        (lambda d: d["credentialSubject"].update(encodedList=encode_multibase64(gzip.compress(bytes(16_384)) + b"x")), "bad_list"),
        (lambda d: d["credentialSubject"].update(encodedList=encode_multibase64(gzip.compress(bytes(16_383)))), "too_short"),
        (lambda d: d["credentialSubject"].update(encodedList=encode_multibase64(gzip.compress(bytes(64 * 2**20)))), "too_large"),
        (lambda d: d.update(issuer="did:web:elsewhere.example"), "bad_list_signature"),
    ],
)  # fmt: skip
def test_another_list_cannot_be_checked_even_if_it_is_signed(change: Callable[[dict[str, Any]], object], code: str) -> None:
    assert refused(secured(change)) == code


def test_a_list_for_several_purposes_serves_each() -> None:
    assert status(secured(lambda d: d["credentialSubject"].update(statusPurpose=["revocation", "suspension"])))


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({**ENTRY, "statusListIndex": "131072"}, "out_of_range"),
        ({**ENTRY, "statusListIndex": "9" * 19}, "out_of_range"),
        ({**ENTRY, "statusListIndex": "9" * 20}, "bad_entry"),
        ({**ENTRY, "statusListIndex": "-1"}, "bad_entry"),
        ({**ENTRY, "statusListIndex": "023452"}, "bad_entry"),
        ({**ENTRY, "statusListIndex": "２"}, "bad_entry"),
        ({**ENTRY, "statusListIndex": 23_452}, "bad_entry"),
        ({**ENTRY, "statusSize": 2}, "bad_entry"),
        ({**ENTRY, "statusSize": True}, "bad_entry"),
        ({**ENTRY, "type": "StatusList2021Entry"}, "bad_entry"),
        ({**ENTRY, "statusPurpose": "revocation"}, "wrong_purpose"),
        ({**ENTRY, "statusListCredential": "https://elsewhere.example/1"}, "wrong_id"),
        ({}, "bad_entry"),
    ],
)
def test_another_entry_cannot_be_checked(entry: dict[str, object], code: str) -> None:
    assert refused(secured(), entry) == code


def test_a_list_of_another_issuer_cannot_be_checked() -> None:
    assert refused(secured(), issuer="did:web:elsewhere.example") == "wrong_issuer"


def test_a_list_without_a_signature_that_holds_cannot_be_checked() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    for listed in (
        UNSECURED,
        add_proof(UNSECURED, other, method=METHOD, created=AT),
        add_proof(UNSECURED, PAIR.private, method=method_of(DID, "another"), created=AT),
        {**secured(), "validUntil": "2027-11-22T16:32:00Z"},
        "",
        sign_token(UNSECURED, other, method=METHOD, signed=AT),
    ):
        assert refused(listed) == "bad_list_signature"


def test_no_list_is_made_at_import_time_for_all_to_share() -> None:
    one = StatusBits()
    one[5] = True
    assert not StatusBits()[5]


def test_bits_that_are_set_no_more_are_named() -> None:
    before, after = StatusBits(), StatusBits()
    for index in (0, 7, 8, 131_071):
        before[index] = True
    after[7] = after[9] = True
    assert before.cleared_in(after) == [0, 8, 131_071]
    assert before.cleared_in(before) == []
