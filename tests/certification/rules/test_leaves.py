import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.rules.errors import BadLeaf
from certification.rules.leaves import (
    FACTS,
    MAX_LEAF_BYTES,
    Act,
    CertificateRef,
    KeyRef,
    LogAct,
    SchemeRef,
    leaf_bytes,
    parse_leaf,
    whole_milliseconds,
)
from certification.rules.merkle import leaf_hash
from certification.rules.workflow import CertificateAct

CODE, SUCCESSOR = "7QK4M2XD9FQ", "00000000000"
AT = datetime(2026, 11, 21, 16, 32, 5, 250_000, tzinfo=UTC)
CERTIFICATE = CertificateRef(CODE, 1)
SCHEME = SchemeRef("origen-local", "1.0", "ab" * 32)
KEY = KeyRef("demo-kzdvvj2umnduyauf", "cd" * 32)
EXAMPLES: dict[str, Any] = {
    "certificate": CERTIFICATE,
    "scheme": SCHEME,
    "credential": "01" * 32,
    "valid_from": datetime(2026, 11, 21, 6, tzinfo=UTC),
    "valid_until": datetime(2029, 11, 21, 6, tzinfo=UTC),
    "until": datetime(2027, 3, 1, 6, tzinfo=UTC),
    "reason_code": "CRITICAL_NOT_MET",
    "criterion": "OL-1",
    "successor": SUCCESSOR,
    "dossier": "23" * 32,
    "key": KEY,
    "from_index": 0,
    "domain": "otra.example/log",
}
GRANTED_BYTES = (
    b'{"act":"granted","at":"2026-11-21T16:32:05.250Z","certificate":{"code":"7QK4M2XD9FQ","version":1},'
    b'"credential":"0101010101010101010101010101010101010101010101010101010101010101",'
    b'"dossier":"2323232323232323232323232323232323232323232323232323232323232323",'
    b'"scheme":{"digest":"abababababababababababababababababababababababababababababababab","id":"origen-local","version":"1.0"},'
    b'"type":"tianguis/act/1","valid_from":"2026-11-21T06:00:00Z","valid_until":"2029-11-21T06:00:00Z"}'
)


def example(kind: LogAct, *, full: bool = True) -> Act:
    needed, allowed = FACTS[kind]
    return Act(kind, AT, **{name: EXAMPLES[name] for name in (needed | allowed if full else needed)})


GRANTED = example(LogAct.GRANTED)


def test_a_grant_has_these_bytes() -> None:
    assert leaf_bytes(GRANTED) == GRANTED_BYTES
    assert leaf_hash(GRANTED_BYTES).hex() == leaf_hash(leaf_bytes(replace(GRANTED))).hex()


def test_a_suspension_has_these_bytes() -> None:
    said = Act(LogAct.SUSPENDED, AT.replace(microsecond=0), CERTIFICATE, reason_code="ACCESS_REFUSED", until=EXAMPLES["until"])
    assert leaf_bytes(said) == (
        b'{"act":"suspended","at":"2026-11-21T16:32:05Z","certificate":{"code":"7QK4M2XD9FQ","version":1},'
        b'"reason_code":"ACCESS_REFUSED","type":"tianguis/act/1","until":"2027-03-01T06:00:00Z"}'
    )


def test_a_compromised_key_has_these_bytes() -> None:
    assert leaf_bytes(example(LogAct.KEY_COMPROMISED)) == (
        b'{"act":"key_compromised","at":"2026-11-21T16:32:05.250Z","from_index":0,'
        b'"key":{"digest":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","kid":"demo-kzdvvj2umnduyauf"},'
        b'"type":"tianguis/act/1"}'
    )


@pytest.mark.parametrize("full", [True, False], ids=["all facts", "needed facts"])
@pytest.mark.parametrize("before_log", [True, False], ids=["before the log", "in the log"])
@pytest.mark.parametrize("kind", LogAct)
def test_every_act_comes_back_from_its_bytes(kind: LogAct, *, before_log: bool, full: bool) -> None:
    act = replace(example(kind, full=full), before_log=before_log)
    assert parse_leaf(leaf_bytes(act)) == act
    assert len(leaf_bytes(act)) < 1000 < MAX_LEAF_BYTES


def test_every_act_on_a_certificate_has_a_kind_of_leaf() -> None:
    assert {kind.value for kind in CertificateAct} <= {kind.value for kind in LogAct}
    assert set(FACTS) == set(LogAct)


def test_the_same_instant_in_another_zone_has_the_same_bytes() -> None:
    there = timezone(timedelta(hours=-6))
    assert leaf_bytes(replace(GRANTED, at=AT.astimezone(there))) == GRANTED_BYTES


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in LogAct for name in sorted(FACTS[kind][0])])
def test_an_act_without_a_fact_it_needs_is_refused(kind: LogAct, name: str) -> None:
    gone: dict[str, Any] = {name: None}
    with pytest.raises(BadLeaf) as caught:
        replace(example(kind), **gone)
    assert (caught.value.code, caught.value.params) == ("leaf_missing", {"where": name})


@pytest.mark.parametrize("kind", LogAct)
def test_an_act_with_a_fact_of_other_acts_is_refused(kind: LogAct) -> None:
    for name in EXAMPLES.keys() - FACTS[kind][0] - FACTS[kind][1]:
        with pytest.raises(BadLeaf) as caught:
            replace(example(kind), **{name: EXAMPLES[name]})
        assert (caught.value.code, caught.value.params) == ("leaf_unasked", {"where": name})


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("at", AT.replace(tzinfo=None), "at"),
        ("at", AT.replace(microsecond=1), "at"),
        ("at", "2026-11-21T16:32:05Z", "at"),
        ("at", datetime.max.replace(microsecond=0, tzinfo=timezone(timedelta(hours=-6))), "at"),
        ("at", datetime.min.replace(tzinfo=UTC), "at"),
        ("certificate", CertificateRef(CODE.lower(), 1), "certificate.code"),
        ("certificate", CertificateRef("7QK4-M2XD-9F-Q", 1), "certificate.code"),
        ("certificate", CertificateRef("7QK4M2XD9F5", 1), "certificate.code"),
        ("certificate", CertificateRef("Ana López", 1), "certificate.code"),
        ("certificate", CertificateRef(CODE, 0), "certificate.version"),
        ("certificate", CertificateRef(CODE, version=True), "certificate.version"),
        ("certificate", CertificateRef(CODE, 2**53), "certificate.version"),
        ("certificate", {"code": CODE, "version": 1}, "certificate"),
        ("certificate", SCHEME, "certificate"),
        ("scheme", replace(SCHEME, id="Sello de Ana"), "scheme.id"),
        ("scheme", replace(SCHEME, id=""), "scheme.id"),
        ("scheme", replace(SCHEME, version="1.0\n"), "scheme.version"),
        ("scheme", replace(SCHEME, digest="AB" * 32), "scheme.digest"),
        ("credential", "sha-256:" + "01" * 32, "credential"),
        ("credential", "01" * 31, "credential"),
        ("dossier", "Ana López", "dossier"),
        ("dossier", 5, "dossier"),
        ("valid_until", EXAMPLES["valid_from"], "valid_until"),
        ("before_log", 1, "before_log"),
    ],
)
def test_a_fact_of_another_form_is_refused(name: str, value: Any, where: str) -> None:
    with pytest.raises(BadLeaf) as caught:
        replace(GRANTED, **{name: value})
    assert (caught.value.code, caught.value.params) == ("leaf_fact", {"where": where})


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (LogAct.SUSPENDED, "reason_code", "no dejó entrar a Ana"),
        (LogAct.SUSPENDED, "reason_code", "ACCESS REFUSED"),
        (LogAct.SUSPENDED, "reason_code", "X" * 61),
        (LogAct.SUSPENDED, "criterion", "la casa de Ana"),
        (LogAct.SUSPENDED, "criterion", "ñ"),
        (LogAct.SUPERSEDED, "successor", "7QK4M2XD9F5"),
        (LogAct.KEY_ADDED, "key", KeyRef("Ana", "cd" * 32)),
        (LogAct.KEY_ADDED, "key", KeyRef("kzdvvj2umnduyauf", "cd")),
        (LogAct.KEY_COMPROMISED, "from_index", -1),
        (LogAct.DOMAIN_CHANGED, "domain", "https://otra.example"),
        (LogAct.DOMAIN_CHANGED, "domain", "Otra.example"),
        (LogAct.DOMAIN_CHANGED, "domain", "otra.example/Ana López"),
        (LogAct.DOMAIN_CHANGED, "domain", "otra.example/" + "x" * 61),
    ],
)
def test_no_sentence_and_no_name_fits_anywhere(kind: LogAct, name: str, value: Any) -> None:
    with pytest.raises(BadLeaf) as caught:
        replace(example(kind), **{name: value})
    assert caught.value.code == "leaf_fact"


def changed(**facts: object) -> bytes:
    return json.dumps(json.loads(GRANTED_BYTES) | facts, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"\xef\xbb\xbf" + GRANTED_BYTES,
        GRANTED_BYTES + b"\n",
        GRANTED_BYTES.replace(b":", b": ", 1),
        GRANTED_BYTES.replace(b"granted", b"\\u0067ranted", 1),
        GRANTED_BYTES.replace(b'{"act":"granted",', b'{"act":"granted","act":"granted",'),
        json.dumps(dict(reversed(json.loads(GRANTED_BYTES).items())), separators=(",", ":")).encode(),
        changed(type="tianguis/act/2"),
        changed(type=None),
        changed(name="Ana López"),
        changed(before_log=False),
        changed(criterion=None),
        changed(at="2026-11-21T16:32:05.25Z"),
        changed(at="2026-11-21T16:32:05.250+00:00"),
        changed(at="2026-11-21T10:32:05.250-06:00"),
        changed(valid_from="2026-11-21T06:00:00.000Z"),
        b"[" * 60_000,
        b'{"act":' + b"[" * 60_000,
        b'{"type":"' + b"x" * 70_000 + b'"}',
    ],
)
def test_another_spelling_or_another_key_is_no_leaf(entry: bytes) -> None:
    with pytest.raises(BadLeaf) as caught:
        parse_leaf(entry)
    assert caught.value.code == "leaf_form"


@pytest.mark.parametrize(
    "facts",
    [
        {"act": "forgiven"},
        {"act": None},
        {"at": 1_795_000_000},
        {"at": "2026-11-21"},
        {"at": "2026-13-21T16:32:05Z"},
        {"certificate": {"code": CODE}},
        {"certificate": {"code": CODE, "version": 1, "holder": "Ana López"}},
        {"certificate": {"code": CODE, "version": "1"}},
        {"certificate": CODE},
        {"certificate": [CODE, 1]},
        {"scheme": {"id": "a", "version": 1, "digest": "ab" * 32}},
        {"credential": ["01"]},
        {"dossier": {}},
        {"before_log": "yes"},
        {"before_log": 1},
    ],
)
def test_a_leaf_with_a_value_of_another_form_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(BadLeaf) as caught:
        parse_leaf(changed(**facts))
    assert caught.value.code == "leaf_fact"


def test_a_leaf_without_a_needed_fact_or_with_one_too_many_is_refused() -> None:
    said = json.loads(GRANTED_BYTES)
    for name in ("act", "at", "type", "certificate", "scheme", "valid_from", "valid_until"):
        rest = {key: value for key, value in said.items() if key != name}
        with pytest.raises(BadLeaf):
            parse_leaf(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(BadLeaf) as caught:
        parse_leaf(changed(successor=SUCCESSOR))
    assert caught.value.code == "leaf_unasked"


@given(st.binary(max_size=60) | st.integers(0, len(GRANTED_BYTES) - 1).map(lambda at: GRANTED_BYTES[:at]))
def test_garbage_and_pieces_are_refused_as_a_leaf(entry: bytes) -> None:
    with pytest.raises(BadLeaf):
        parse_leaf(entry)


@given(st.integers(0, len(GRANTED_BYTES) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_makes_another_act(at: int, change: int) -> None:
    wrong = bytearray(GRANTED_BYTES)
    wrong[at] ^= change
    try:
        act = parse_leaf(bytes(wrong))
    except BadLeaf:
        return
    assert act != GRANTED
    assert leaf_bytes(act) == wrong


def test_what_is_finer_than_a_millisecond_is_cut_off_beforehand() -> None:
    assert whole_milliseconds(AT.replace(microsecond=250_999)) == AT
    assert whole_milliseconds(AT) == AT
