"""One certificate of fictional people as outsiders read it: each piece right, then each piece wrong."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.attested import Attested, Evidence, Leaf, Log, attest
from certification.rules.attested_words import REASONS, STATES, SUBJECTS, sentence_of
from certification.rules.canonical import digest
from certification.rules.checking import About, Why
from certification.rules.checkpoint import Checkpoint
from certification.rules.credential import unsecured_credential
from certification.rules.did import KeyPeriod, RegistryKeys, method_of
from certification.rules.jose import sign_token
from certification.rules.leaves import Act, CertificateRef, KeyRef, LogAct, SchemeRef, leaf_bytes
from certification.rules.merkle import grow, inclusion_proof, leaf_hash, reader_of
from certification.rules.proofs import add_proof
from certification.rules.secured import Secured
from certification.rules.signing import Keypair
from certification.rules.statuslist import StatusBits, unsecured_list
from certification.rules.verdict import PublicState
from tests.certification.rules.credentials import AT, BEGUN, DID, GRANT, KEYS, METHOD, PAIR, REVOCATIONS, SUSPENSIONS, VERSION

P = PublicState
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCHEME = {"name": "Origen local"}
NAMED = "origen-local/1.0"
REF = SchemeRef("origen-local", "1.0", digest(SCHEME))
CODE = GRANT.code
DIGEST_OF_KEY = hashlib.sha256(PAIR.public.public_bytes_raw()).hexdigest()
ADDED = Act(LogAct.KEY_ADDED, BEGUN, key=KeyRef(PAIR.kid, DIGEST_OF_KEY))
ACTIVE = Act(LogAct.SCHEME_ACTIVATED, BEGUN, scheme=REF)


def document(version: int = 1) -> dict[str, Any]:
    return unsecured_credential(replace(VERSION, grant=replace(GRANT, version=version, scheme_digest=REF.digest)))


def secured(version: int = 1, at: datetime = AT, *, token: bool = False) -> Secured:
    if token:
        return sign_token(document(version), PAIR.private, method=METHOD, signed=at.replace(microsecond=0))
    return add_proof(document(version), PAIR.private, method=METHOD, created=at)


def listed(slot: Any, purpose: str, begins: datetime, *, bit: bool = False) -> Secured:
    bits = StatusBits()
    bits[slot.index] = bit
    made = unsecured_list(
        slot.address, purpose, bits, issuer=DID, valid_from=begins, valid_until=begins + DAY, ttl=timedelta(minutes=5)
    )
    return add_proof(made, PAIR.private, method=METHOD, created=begins)


def issued(version: int = 1, at: datetime = AT) -> Act:
    said = document(version)
    return Act(
        LogAct.GRANTED if version == 1 else LogAct.RENEWED,
        at,
        certificate=CertificateRef(CODE, version),
        scheme=REF,
        credential=digest(said),
        valid_from=datetime.fromisoformat(said["validFrom"]),
        valid_until=datetime.fromisoformat(said["credentialSubject"]["termEnds"]),
    )


def act(kind: LogAct, at: datetime, **facts: Any) -> Act:
    return Act(kind, at, certificate=CertificateRef(CODE, 1), **facts)


PAUSED = act(LogAct.SUSPENDED, AT + 2 * DAY, reason_code="X", until=AT + 60 * DAY)
BACK = act(LogAct.RESTORED, AT + 3 * DAY)
TAKEN = act(LogAct.WITHDRAWN, AT + 4 * DAY, reason_code="X")
GIVEN = act(LogAct.SURRENDERED, AT + 4 * DAY, reason_code="X")
REPLACED = act(LogAct.SUPERSEDED, AT + 4 * DAY, successor="7QK4M2XD9FQ")
LAPSED = Act(LogAct.SCHEME_LAPSED, AT + 4 * DAY, scheme=REF)


def log_of(*acts: Act, whole: bool = False, mine: Callable[[Act], bool] | None = None) -> Log:
    """Acts as a log, each with its proof; ``mine`` chooses those that are brought."""
    entries = [leaf_bytes(one) for one in acts]
    grown = grow(0, [leaf_hash(one) for one in entries], reader_of({}))
    read = reader_of(grown.nodes)
    leaves = tuple(
        Leaf(at, entry, () if whole else inclusion_proof(at, grown.size, read))
        for at, entry in enumerate(entries)
        if mine is None or mine(acts[at])
    )
    return Log(Checkpoint("tianguis.example/log", grown.size, grown.root), leaves, whole=whole, others=True)


@dataclass
class Published:
    """What the registry publishes at ``now``, lists signed at ``listed_at``."""

    acts: tuple[Act, ...] = (ADDED, ACTIVE, issued())
    listed_at: datetime = AT + 5 * DAY
    revoked: bool = False
    suspended: bool = False
    versions: tuple[int, ...] = (1,)
    more: Mapping[str, Any] = field(default_factory=dict)

    def evidence(self, **changed: Any) -> Evidence:
        lists = {
            REVOCATIONS.address: listed(REVOCATIONS, "revocation", self.listed_at, bit=self.revoked),
            SUSPENSIONS.address: listed(SUSPENSIONS, "suspension", self.listed_at, bit=self.suspended),
        }
        made = Evidence(
            CODE,
            {number: secured(number) for number in self.versions},
            KEYS,
            lists,
            log_of(*self.acts),
            {NAMED: {"document": SCHEME, "mark_ends_on": None, "lapsed_at": None}},
        )
        return replace(made, **(dict(self.more) | changed))


def told(published: Published, as_of: datetime, now: datetime | None = None, **changed: Any) -> Attested:
    return attest(published.evidence(**changed), as_of=as_of, now=now or as_of)


def said(found: Attested) -> tuple[str, set[str]]:
    return found.state.value, {one.code for one in found.reasons}


NOW = AT + 5 * DAY + HOUR
BASE = (ADDED, ACTIVE, issued())
AFTER = {
    "in force": (Published(), P.VALID),
    "restored": (Published((*BASE, PAUSED, BACK)), P.VALID),
    "paused": (Published((*BASE, PAUSED), suspended=True), P.SUSPENDED),
    "withdrawn": (Published((*BASE, TAKEN), revoked=True), P.WITHDRAWN),
    "withdrawn while paused": (Published((*BASE, PAUSED, TAKEN), revoked=True, suspended=True), P.WITHDRAWN),
    "surrendered": (Published((*BASE, GIVEN), revoked=True), P.SURRENDERED),
    "superseded": (Published((*BASE, REPLACED), revoked=True), P.SUPERSEDED),
    "scheme lapsed": (Published((*BASE, LAPSED), suspended=True), P.SCHEME_LAPSED),
    "mark over": (
        Published(suspended=True, more={"schemes": {NAMED: {"document": SCHEME, "mark_ends_on": "2026-11-22"}}}),
        P.SCHEME_LAPSED,
    ),
}
EACH = pytest.mark.parametrize(("published", "state"), AFTER.values(), ids=AFTER.keys())


@EACH
def test_lists_and_log_together_say_the_state_and_what_was_looked_at(published: Published, state: PublicState) -> None:
    found = told(published, NOW)
    assert found.state is state
    assert found.document is not None
    assert set(found.checked) == set(About) - {About.SCHEME}
    assert {one.code for one in found.unchecked} == {"log_not_whole"}


@EACH
def test_before_anything_happened_it_was_valid_and_before_the_grant_it_was_not_there(
    published: Published, state: PublicState
) -> None:
    assert said(told(published, AT + HOUR, NOW)) == ("VALID", {"in_force"})
    assert said(told(published, AT - HOUR, NOW)) == ("NOT_FOUND", {"before_grant"})


@EACH
def test_with_stale_lists_the_present_is_unknown_and_the_past_is_not(published: Published, state: PublicState) -> None:
    late = NOW + 3 * DAY
    found = told(published, late)
    assert said(found) == ("CANNOT_CHECK", {"stale"})
    assert found.known is not None
    assert (found.known.state, found.known_at) == (state, published.listed_at)
    assert told(published, NOW, late).state is state
    assert told(published, AT + HOUR, late).state is P.VALID


@EACH
def test_where_bits_and_leaves_differ_nobody_can_check(published: Published, state: PublicState) -> None:
    for other in (
        replace(published, revoked=not published.revoked),
        replace(published, suspended=not published.suspended),
    ):
        for as_of in (NOW, AT + HOUR):
            found = told(other, as_of, NOW)
            assert found.state is P.CANNOT_CHECK
            assert {one.code for one in found.reasons} <= {"bit_without_leaf", "leaf_without_bit"}


@EACH
def test_a_log_that_hides_what_happened_convinces_nobody(published: Published, state: PublicState) -> None:
    hidden = {LogAct.SUSPENDED, LogAct.WITHDRAWN, LogAct.SURRENDERED, LogAct.SUPERSEDED, LogAct.SCHEME_LAPSED}
    log = log_of(*published.acts, mine=lambda one: one.act not in hidden)
    hides = any(one.act in hidden for one in published.acts)
    assert told(published, NOW, log=log).state is (P.CANNOT_CHECK if hides and state is not P.VALID else state)


def test_a_paused_label_was_paused_only_while_it_was() -> None:
    published = AFTER["restored"][0]
    days = {1: P.VALID, 2: P.SUSPENDED, 3: P.VALID}
    assert {day: told(published, AT + day * DAY + HOUR, NOW).state for day in days} == days


def test_an_older_version_is_followed_and_the_label_goes_on() -> None:
    renewed = issued(2, AT + 4 * DAY)
    published = Published((*BASE, renewed), versions=(1, 2))
    found = told(published, NOW)
    assert (found.state, found.version) == (P.VALID, 2)
    old = replace(published, revoked=True)
    first = attest(old.evidence(), as_of=NOW, now=NOW, version=1)
    assert said(first) == ("SUPERSEDED", {"replaced", "followed"})
    assert (first.since, first.successor) == (renewed.at, CODE)
    assert attest(old.evidence(), as_of=AT + HOUR, now=NOW, version=1).state is P.VALID
    assert said(attest(old.evidence(), as_of=AT + HOUR, now=NOW, version=2)) == ("NOT_FOUND", {"before_version"})
    assert said(attest(old.evidence(), as_of=AT - HOUR, now=NOW, version=2)) == ("NOT_FOUND", {"before_grant"})


def test_a_visit_that_is_overdue_ends_what_no_leaf_tells() -> None:
    late = datetime(2028, 2, 1, tzinfo=AT.tzinfo)
    published = Published(listed_at=late - HOUR)
    assert said(told(published, late)) == ("SUSPENDED", {"surveillance_overdue"})
    assert said(told(published, late - 20 * DAY, late)) == ("VALID", {"surveillance_in_grace"})


def test_both_forms_say_the_same() -> None:
    assert told(Published(), NOW, credentials={1: secured(token=True)}) == told(Published(), NOW)


LISTS = Published().evidence().lists


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"keys": None}, "keys_missing"),
        ({"keys": RegistryKeys(DID, {})}, "unknown_key"),
        ({"credentials": {}}, "credential_missing"),
        ({"credentials": {1: {}}}, "no_proof"),
        ({"credentials": {1: secured(2)}}, "other_certificate"),
        ({"credentials": {1: {**secured(), "validFrom": "2026-11-20T06:00:00Z"}}}, "bad_signature"),  # type: ignore[dict-item]
        ({"log": log_of(ADDED, ACTIVE)}, "not_logged"),
        ({"log": log_of(ADDED, ACTIVE, replace(issued(), credential="a" * 64))}, "not_logged"),
        ({"log": log_of(ADDED, ACTIVE, replace(issued(), credential=None))}, "not_logged"),
        ({"log": log_of(ACTIVE, issued())}, "unannounced_key"),
        ({"log": log_of(ADDED, ACTIVE, TAKEN)}, "acts_missing"),
        ({"log": log_of(ADDED, ACTIVE, issued(), replace(issued(2), act=LogAct.GRANTED))}, "acts_missing"),
        ({"log": replace(log_of(*BASE), checkpoint=Checkpoint("x", 3, b"\1" * 32))}, "proof_root"),
        ({"log": replace(log_of(*BASE), leaves=(Leaf(2, b"{}", log_of(*BASE).leaves[2].proof),))}, "proof_root"),
        ({"schemes": {NAMED: {"document": {"name": "Otro"}}}}, "other_scheme"),
        ({"schemes": {NAMED: {"document": SCHEME, "mark_ends_on": "nunca"}}}, "bad_scheme"),
        ({"lists": {}}, "unreachable"),
        ({"lists": {**LISTS, REVOCATIONS.address: None}}, "unreachable"),
        ({"lists": {**LISTS, REVOCATIONS.address: listed(SUSPENSIONS, "suspension", AT + 5 * DAY)}}, "wrong_id"),
    ],
)
def test_each_wrong_piece_is_named_and_nothing_is_valid(changed: dict[str, Any], code: str) -> None:
    found = told(Published(), NOW, **changed)
    assert found.state is P.CANNOT_CHECK
    assert code in {one.code for one in found.reasons}


def test_a_scheme_that_could_not_be_read_is_told_as_not_looked_at() -> None:
    found = told(Published(), NOW, schemes={})
    assert (found.state, Why("scheme_missing", About.SCHEME) in found.unchecked) == (P.VALID, True)


def test_a_version_from_before_the_log_stands_on_its_signature_and_says_so() -> None:
    early = replace(issued(), credential=None, before_log=True)
    found = told(Published((ADDED, ACTIVE, early)), NOW)
    assert (found.state, Why("before_log", About.LOG) in found.unchecked) == (P.VALID, True)


def test_a_key_that_fell_into_other_hands_vouches_for_what_came_before() -> None:
    early = Act(LogAct.KEY_COMPROMISED, AT + DAY, key=ADDED.key, from_index=2)
    later = replace(early, from_index=3)
    assert told(Published((*BASE, early)), NOW).reasons[0].code == "compromised_key"
    found = told(Published((*BASE, later)), NOW)  # the lists have no leaf, so that key signs none
    assert (found.state, found.reasons[0].code) == (P.CANNOT_CHECK, "bad_list_signature")
    assert told(Published((*BASE, later)), AT + HOUR, NOW, seen=NOW).state is P.VALID


def rewritten(secured: Secured) -> Secured:
    """The same document but for a word that no leaf repeats, signed anew by whoever has the first key."""
    assert isinstance(secured, dict)
    changed = {name: value for name, value in secured.items() if name != "proof"}
    changed["credentialSubject"] = {**changed["credentialSubject"], "name": "Otra cosa"}
    return add_proof(changed, PAIR.private, method=METHOD, created=AT)


@pytest.mark.parametrize(
    ("index", "first", "code"),
    [
        pytest.param(2, secured(1), "in_force", id="the version before it stays history"),
        pytest.param(2, rewritten(secured(1)), "not_logged", id="another document in its place is refused"),
        pytest.param(0, secured(1), "in_force", id="wherever the key ends"),
    ],
)
def test_a_label_counts_again_with_a_version_by_another_key(index: int, first: Secured, code: str) -> None:
    other = Keypair(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))), demonstration=False)
    method = method_of(DID, other.kid)
    keys = RegistryKeys(DID, {**KEYS.keys, other.kid: KeyPeriod(other.kid, other.public, BEGUN)})
    added = replace(ADDED, key=KeyRef(other.kid, hashlib.sha256(other.public.public_bytes_raw()).hexdigest()))
    mark = Act(LogAct.KEY_COMPROMISED, AT + DAY, key=ADDED.key, from_index=index)
    published = Published((*BASE, added, mark, issued(2, AT + 2 * DAY)), versions=(1, 2))
    lists = {
        slot.address: add_proof(
            {name: value for name, value in made.items() if name != "proof"},
            other.private,
            method=method,
            created=published.listed_at,
        )
        for slot, purpose in ((REVOCATIONS, "revocation"), (SUSPENSIONS, "suspension"))
        if isinstance(made := listed(slot, purpose, published.listed_at), dict)
    }
    again = add_proof(document(2), other.private, method=method, created=AT + 2 * DAY)
    found = told(published, NOW, keys=keys, lists=lists, credentials={1: first, 2: again})
    assert found.reasons[0].code == code
    assert found.state is (P.VALID if code == "in_force" else P.CANNOT_CHECK)
    dead = told(published, NOW, keys=keys, lists=lists, credentials={1: secured(1), 2: secured(2, AT + 2 * DAY)})
    assert said(dead) == ("CANNOT_CHECK", {"compromised_key"})  # it stands, and nobody but a thief signs so


LOSSES = {
    "withdrawn": ((TAKEN,), P.WITHDRAWN, "withdrawn_by_act", None),
    "withdrawn while paused": ((PAUSED, TAKEN), P.WITHDRAWN, "withdrawn_by_act", None),
    "surrendered": ((GIVEN,), P.SURRENDERED, "given_back", None),
    "superseded": ((REPLACED,), P.SUPERSEDED, "replaced", REPLACED.successor),
}
STILL = {"in force": (), "paused": (PAUSED,), "restored": (PAUSED, BACK), "scheme lapsed": (LAPSED,)}
STOLEN = Act(LogAct.KEY_COMPROMISED, AT + DAY, key=ADDED.key, from_index=2)


@pytest.mark.parametrize(("acts", "state", "reason", "successor"), LOSSES.values(), ids=LOSSES.keys())
@pytest.mark.parametrize("lists", [{}, None], ids=["no lists", "lists of the dead key"])
def test_a_loss_that_the_log_tells_is_told_of_a_label_whose_key_is_dead(
    acts: tuple[Act, ...], state: PublicState, reason: str, successor: str | None, lists: dict[str, Secured] | None
) -> None:
    """As the registry's own page tells it. Of the credential nothing is shown, and before the loss nobody knows."""
    published = Published((*BASE, STOLEN, *acts), revoked=True)
    changed: dict[str, Any] = {} if lists is None else {"lists": lists}
    found = told(published, NOW, **changed)
    assert (said(found), found.since, found.successor) == ((state.value, {reason}), acts[-1].at, successor)
    assert (found.document, found.window, found.checked) == (None, None, (About.LOG,))
    assert {one.code for one in found.unchecked} == {"log_not_whole", "compromised_key"}
    assert said(told(published, acts[-1].at - HOUR, NOW, **changed)) == ("CANNOT_CHECK", {"compromised_key"})


@pytest.mark.parametrize("acts", STILL.values(), ids=STILL.keys())
def test_of_a_label_whose_key_is_dead_nothing_but_a_loss_is_told(acts: tuple[Act, ...]) -> None:
    """The control: what may end again, or has not happened, is told by nobody who can't read the credential."""
    assert said(told(Published((*BASE, STOLEN, *acts)), NOW)) == ("CANNOT_CHECK", {"compromised_key"})


@pytest.mark.parametrize("changed", [{"credentials": {1: {}}}, {"credentials": {}}, {"keys": RegistryKeys(DID, {})}])
def test_a_loss_does_not_hide_a_document_that_is_wrong_in_another_way(changed: dict[str, Any]) -> None:
    found = told(Published((*BASE, STOLEN, TAKEN), revoked=True), NOW, **changed)
    assert (found.state, "compromised_key" in {one.code for one in found.reasons}) == (P.CANNOT_CHECK, False)


def test_a_version_of_a_dead_key_is_followed_by_the_next() -> None:
    published = Published((*BASE, STOLEN, issued(2, AT + 2 * DAY)), versions=(1, 2))
    first = attest(published.evidence(), as_of=NOW, now=NOW, version=1)
    assert (said(first), first.since, first.successor) == (("SUPERSEDED", {"replaced", "followed"}), AT + 2 * DAY, CODE)
    assert said(attest(published.evidence(), as_of=AT + DAY, now=NOW, version=1)) == ("CANNOT_CHECK", {"compromised_key"})


def test_of_a_key_that_was_doubted_twice_the_earlier_index_holds() -> None:
    """As in the registry itself: whoever could tell a later one would make a forgery valid again."""
    early = Act(LogAct.KEY_COMPROMISED, AT + DAY, key=ADDED.key, from_index=2)
    for marks in ((early, replace(early, from_index=3)), (replace(early, from_index=3), early)):
        assert told(Published((*BASE, *marks)), AT + HOUR, NOW, seen=NOW).reasons[0].code == "compromised_key"


def test_without_a_log_only_the_present_is_told_and_what_is_missing_is_said() -> None:
    found = told(Published(), NOW, log=None)
    assert (found.state, {one.code for one in found.unchecked}) == (P.VALID, {"log_missing"})
    assert said(told(Published(), AT + HOUR, NOW, log=None)) == ("CANNOT_CHECK", {"log_missing"})
    assert said(told(Published(revoked=True), NOW, log=None)) == ("WITHDRAWN", {"revoked"})


def test_without_lists_the_past_is_told_as_far_as_the_log_was_seen() -> None:
    published = Published((*BASE, PAUSED, BACK))
    assert told(published, AT + 2 * DAY + HOUR, NOW, lists={}).state is P.SUSPENDED
    assert told(published, AT + 4 * DAY, NOW, lists={}).state is P.CANNOT_CHECK
    assert told(published, AT + 4 * DAY, NOW, lists={}, seen=NOW).state is P.VALID
    assert told(published, NOW, NOW, lists={}, seen=NOW).state is P.CANNOT_CHECK


def test_nobody_knows_the_future() -> None:
    assert said(told(Published(), NOW + HOUR, NOW)) == ("CANNOT_CHECK", {"in_future"})


def test_a_demonstration_is_worth_nothing_to_outsiders() -> None:
    keys = RegistryKeys(DID, {f"demo-{PAIR.kid}": replace(KEYS.keys[PAIR.kid], kid=f"demo-{PAIR.kid}")})
    method = f"{DID}#demo-{PAIR.kid}"
    credential = add_proof(document(), PAIR.private, method=method, created=AT)
    added = replace(ADDED, key=KeyRef(f"demo-{PAIR.kid}", DIGEST_OF_KEY))
    found = told(Published((added, ACTIVE, issued())), NOW, keys=keys, credentials={1: credential})
    assert (said(found), found.demonstration) == (("CANNOT_CHECK", {"demonstration_key"}), True)


def test_every_state_subject_and_reason_has_its_words() -> None:
    assert set(STATES) == set(PublicState)
    assert set(SUBJECTS) == set(About)
    assert sentence_of(Why("stale")) == (REASONS["stale"], {})
    assert sentence_of(Why("bad_json"))[1] == {"code": "bad_json"}
