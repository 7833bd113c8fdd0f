import json
import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openvc.did.did_web import DidWebResolver
from openvc.verify import VerificationPolicy, verify_credential

from certification.rules.canonical import canonical_json
from certification.rules.checking import About, Checked, Why, check_credential
from certification.rules.contexts import context_address
from certification.rules.credential import REVOCATION, SUSPENSION, StatusSlot, unsecured_credential
from certification.rules.did import KeyPeriod, RegistryKeys, did_document, method_of
from certification.rules.errors import DomainError
from certification.rules.jose import sign_token
from certification.rules.jsontext import read_object
from certification.rules.proofs import add_proof
from certification.rules.secured import Secured
from certification.rules.signing import Keypair
from certification.rules.statuslist import StatusBits, unsecured_list
from certification.rules.verdict import PublicState
from tests.certification.rules.credentials import AT, DID, KEYS, METHOD, ORIGIN, PAIR, REVOCATIONS, SUSPENSIONS, VERSION

CREDENTIAL: dict[str, Any] = unsecured_credential(VERSION)
PROVED: dict[str, Any] = add_proof(CREDENTIAL, PAIR.private, method=METHOD, created=AT)
TOKEN = sign_token(CREDENTIAL, PAIR.private, method=METHOD, signed=AT)
FORMS = pytest.mark.parametrize("secured", [PROVED, TOKEN], ids=["proof", "token"])
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)


def one_list(slot: StatusSlot, purpose: str, *, is_set: bool, at: datetime) -> dict[str, object]:
    bits = StatusBits()
    bits[slot.index] = is_set
    unsecured = unsecured_list(
        slot.address, purpose, bits, issuer=DID, valid_from=at, valid_until=at + DAY, ttl=timedelta(minutes=5)
    )
    return add_proof(unsecured, PAIR.private, method=METHOD, created=at)


def lists(*, revoked: bool = False, suspended: bool = False, at: datetime = NOW) -> dict[str, Secured | None]:
    return {
        REVOCATIONS.address: one_list(REVOCATIONS, REVOCATION, is_set=revoked, at=at),
        SUSPENSIONS.address: one_list(SUSPENSIONS, SUSPENSION, is_set=suspended, at=at),
    }


GOOD = lists()


def check(secured: Secured, listed: Mapping[str, Secured | None] = GOOD, *, at: datetime = NOW, **kwargs: Any) -> Checked:
    return check_credential(secured, listed, KEYS, at=at, **kwargs)


@FORMS
def test_what_is_in_force_is_valid(secured: Secured) -> None:
    found = check(secured)
    assert (found.state, found.reasons, found.is_valid, found.demonstration) == (
        PublicState.VALID,
        (Why("in_force"),),
        True,
        False,
    )
    assert found.opened is not None
    assert found.opened.document == CREDENTIAL


@FORMS
@pytest.mark.parametrize(
    ("revoked", "suspended", "at", "state", "why"),
    [
        (False, False, datetime(2027, 11, 21, 6, tzinfo=UTC), PublicState.VALID, Why("surveillance_in_grace")),
        (False, False, datetime(2028, 1, 20, 6, tzinfo=UTC) - SECOND, PublicState.VALID, Why("surveillance_in_grace")),
        (False, False, datetime(2028, 1, 20, 6, tzinfo=UTC), PublicState.SUSPENDED, Why("surveillance_overdue")),
        (False, False, datetime(2028, 11, 21, 6, tzinfo=UTC), PublicState.SUSPENDED, Why("surveillance_overdue")),
        (False, True, NOW, PublicState.SUSPENDED, Why("suspended_by_act")),
        (False, True, datetime(2028, 2, 1, tzinfo=UTC), PublicState.SUSPENDED, Why("suspended_by_act")),
        (True, False, NOW, PublicState.WITHDRAWN, Why("revoked", About.REVOCATION)),
        (True, True, NOW, PublicState.WITHDRAWN, Why("revoked", About.REVOCATION)),
        (True, False, datetime(2028, 11, 21, 6, tzinfo=UTC), PublicState.WITHDRAWN, Why("revoked", About.REVOCATION)),
    ],
)
def test_lists_and_dates_are_judged_by_the_one_precedence(
    secured: Secured, *, revoked: bool, suspended: bool, at: datetime, state: PublicState, why: Why
) -> None:
    found = check(secured, lists(revoked=revoked, suspended=suspended, at=at), at=at)
    assert (found.state, found.reasons) == (state, (why,))


def test_before_its_first_day_it_is_not_yet_valid_and_after_its_term_it_is_expired() -> None:
    plain = unsecured_credential(replace(VERSION, grant=replace(VERSION.grant, surveillance_due=None), grace_ends=None))
    early = datetime(2026, 11, 20, 18, tzinfo=UTC)
    proved = add_proof(plain, PAIR.private, method=METHOD, created=early)
    begins, ends = datetime(2026, 11, 21, 6, tzinfo=UTC), datetime(2028, 11, 21, 6, tzinfo=UTC)
    for at, state in (
        (begins - SECOND, PublicState.NOT_YET_VALID),
        (begins, PublicState.VALID),
        (ends - SECOND, PublicState.VALID),
        (ends, PublicState.EXPIRED),
    ):
        assert check(proved, lists(at=at), at=at).state is state


def test_a_credential_without_our_own_dates_is_judged_by_the_standards() -> None:
    bare = {**CREDENTIAL, "credentialSubject": {"id": "urn:x"}}
    proved = add_proof(bare, PAIR.private, method=METHOD, created=AT)
    end = datetime(2028, 1, 20, 6, tzinfo=UTC)
    assert check(proved).state is PublicState.VALID
    assert check(proved, lists(at=end), at=end).state is PublicState.EXPIRED


@FORMS
@pytest.mark.parametrize("purpose", [REVOCATION, SUSPENSION])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _one: None, "unreachable"),
        (lambda one: {**one, "validUntil": "2099-01-01T00:00:00Z"}, "bad_list_signature"),
        (lambda one: {name: value for name, value in one.items() if name != "proof"}, "bad_list_signature"),
        (lambda one: {**one, "id": "urn:x"}, "bad_list_signature"),
        (lambda _one: "no.real.token", "bad_list_signature"),
    ],
)
def test_a_list_that_cannot_be_read_is_never_valid(
    secured: Secured, purpose: str, spoil: Callable[[Any], Secured | None], code: str
) -> None:
    address = {REVOCATION: REVOCATIONS, SUSPENSION: SUSPENSIONS}[purpose].address
    for others in (GOOD, lists(revoked=True), lists(suspended=True)):
        found = check(secured, {**others, address: spoil(others[address])})
        assert (found.state, found.reasons) == (PublicState.CANNOT_CHECK, (Why(code, About(purpose)),))


def test_stale_lists_both_say_so() -> None:
    found = check(PROVED, GOOD, at=NOW + DAY)
    assert found.state is PublicState.CANNOT_CHECK
    assert found.reasons == (Why("stale", About.REVOCATION), Why("stale", About.SUSPENSION))
    assert check(PROVED, GOOD, at=NOW + DAY - SECOND).is_valid
    assert [why.code for why in check(PROVED, GOOD, at=NOW - SECOND).reasons] == ["not_yet_valid"] * 2


def test_one_list_in_place_of_the_other_is_not_taken() -> None:
    swapped = {REVOCATIONS.address: GOOD[SUSPENSIONS.address], SUSPENSIONS.address: GOOD[REVOCATIONS.address]}
    assert check(PROVED, swapped).reasons == (Why("wrong_id", About.REVOCATION), Why("wrong_id", About.SUSPENSION))
    assert [why.code for why in check(PROVED, {}).reasons] == ["unreachable"] * 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.pop("credentialStatus"), "bad_status"),
        (lambda d: d.update(credentialStatus=d["credentialStatus"][0]), "bad_status"),
        (lambda d: d["credentialStatus"].pop(), "bad_status"),
        (lambda d: d["credentialStatus"].append(d["credentialStatus"][0]), "bad_status"),
        (lambda d: d["credentialStatus"][1].update(statusPurpose="revocation"), "bad_status"),
        (lambda d: d["credentialStatus"][1].update(statusPurpose="message"), "bad_status"),
        (lambda d: d.pop("validUntil"), "bad_instant"),
        (lambda d: d.update(validFrom="soon"), "bad_instant"),
        (lambda d: d.update(validUntil="2099-01-01T00:00:00Z"), "bad_document"),
        (lambda d: d["credentialSubject"].pop("graceEnds"), "bad_document"),
        (lambda d: d["credentialSubject"].update(graceEnds="2099-01-01T00:00:00Z"), "bad_document"),
        (lambda d: d["credentialSubject"].update(termEnds=None), "bad_instant"),
        (lambda d: d.update(type=["DigitalConformityCredential"]), "bad_document"),
        (lambda d: d.update(type="VerifiableCredential"), "bad_document"),
        (lambda d: d["@context"].reverse(), "bad_document"),
        (lambda d: d.update({"@context": d["@context"][0]}), "bad_document"),
        (lambda d: d.update(credentialSubject=[d["credentialSubject"]]), "bad_document"),
        (lambda d: d.pop("id"), "bad_document"),
        (lambda d: d.pop("issuer"), "other_issuer"),
        (lambda d: d["issuer"].update(id="did:web:elsewhere.example"), "other_issuer"),
    ],
)
def test_another_credential_cannot_be_checked_even_if_it_is_signed(change: Callable[[dict[str, Any]], object], code: str) -> None:
    changed = deepcopy(CREDENTIAL)
    change(changed)
    found = check(add_proof(changed, PAIR.private, method=METHOD, created=AT))
    assert (found.state, found.reasons) == (PublicState.CANNOT_CHECK, (Why(code),))


def test_a_signature_that_does_not_hold_shows_nothing() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    for secured, code in (
        (add_proof(CREDENTIAL, other, method=METHOD, created=AT), "bad_signature"),
        (add_proof(CREDENTIAL, PAIR.private, method=method_of(DID, "x"), created=AT), "unknown_key"),
        (add_proof(CREDENTIAL, PAIR.private, method=METHOD, created=NOW + SECOND), "proof_from_future"),
        (CREDENTIAL, "no_proof"),
        ("", "bad_token"),
    ):
        assert check(secured) == Checked(PublicState.CANNOT_CHECK, (Why(code),))


def test_a_compromised_key_counts_only_with_a_place_in_the_log_before_it() -> None:
    younger = Keypair(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))), demonstration=False)
    keys = RegistryKeys(DID, {**KEYS.keys, younger.kid: KeyPeriod(younger.kid, younger.public, NOW)})
    old = {PAIR.kid: 100}
    assert [why.code for why in check(PROVED, compromised=old, index=99).reasons] == ["bad_list_signature"] * 2
    fresh: dict[str, Secured | None] = {
        address: add_proof(
            {name: value for name, value in one.items() if name != "proof"}, younger.private, method=method_of(DID, younger.kid), created=NOW
        )
        for address, one in GOOD.items()
        if isinstance(one, dict)
    }  # fmt: skip
    for index, state in ((99, PublicState.VALID), (100, PublicState.CANNOT_CHECK), (None, PublicState.CANNOT_CHECK)):
        assert check_credential(PROVED, fresh, keys, at=NOW, compromised=old, index=index).state is state


def test_a_demonstration_is_never_valid_unless_it_is_asked_for() -> None:
    shown = Keypair(PAIR.private, demonstration=True)
    keys = RegistryKeys(DID, {**KEYS.keys, shown.kid: KeyPeriod(shown.kid, shown.public, AT)})
    secured = add_proof(CREDENTIAL, shown.private, method=method_of(DID, shown.kid), created=AT)
    found = check_credential(secured, GOOD, keys, at=NOW)
    assert found == Checked(PublicState.CANNOT_CHECK, (Why("demonstration_key"),), None, demonstration=True)
    allowed = check_credential(secured, GOOD, keys, at=NOW, allow_demonstration=True)
    assert (allowed.state, allowed.demonstration) == (PublicState.VALID, True)


def test_one_changed_character_of_a_credential_or_a_list_is_never_valid() -> None:
    chance = random.Random(7)  # noqa: S311 - which characters are changed is no secret
    texts = {"": canonical_json(PROVED).decode(), **{address: canonical_json(one).decode() for address, one in GOOD.items()}}
    for which, text in texts.items():
        for at in sorted(chance.sample(range(len(text)), 150)):
            letter = chance.choice([one for one in 'aZ09"{}[],:-' if one != text[at]])
            try:
                changed: Any = read_object((text[:at] + letter + text[at + 1 :]).encode())
            except DomainError:
                continue
            found = check(changed if not which else PROVED, {**GOOD, which: changed} if which else GOOD)
            assert found.state is PublicState.CANNOT_CHECK, (which, at, letter)


def test_no_value_in_the_wrong_place_makes_the_check_fall_over() -> None:
    chance = random.Random(11)  # noqa: S311 - which values are changed is no secret
    odd: list[Any] = [None, True, 0, -1, "", "x", [], {}, [[]], [{}], {"id": []}]
    for _ in range(400):
        changed = json.loads(json.dumps(PROVED))
        place: Any = changed
        while True:
            key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if not isinstance(place[key], dict | list) or not place[key] or chance.random() < 0.3:
                break
            place = place[key]
        kept, place[key] = place[key], chance.choice(odd)
        if place[key] != kept:
            assert check(changed).state is PublicState.CANNOT_CHECK


def test_another_implementation_agrees_on_every_state() -> None:
    document = did_document(DID, KEYS.keys.values(), context=context_address(ORIGIN))
    resolver = DidWebResolver(lambda _address: document)

    def accepts(secured: Any, listed: Mapping[str, Any]) -> bool:
        try:
            verify_credential(
                secured,
                policy=VerificationPolicy(now=NOW),
                resolver=resolver,
                resolve_status_list=lambda address: listed[address],
            )
        except Exception:  # noqa: BLE001 - whichever way it says no
            return False
        return True

    assert accepts(PROVED, GOOD)
    assert not accepts(PROVED, lists(revoked=True))
    assert not accepts(PROVED, lists(suspended=True))
    assert not accepts({**PROVED, "validUntil": "2099-01-01T00:00:00Z"}, GOOD)
