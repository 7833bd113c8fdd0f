import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, insert, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import checkpoints, lagging, rotating
from certification.log.keys import KeyProblemError, signing_key
from certification.log.models import LogHead
from certification.log.reading import head
from certification.outside.verify import verify
from certification.registry import fsck, recorded, status, status_bits, tending
from certification.registry.acts import restore, suspend, withdraw
from certification.registry.exporting import export
from certification.registry.histories import verdict_at
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateVersion, RecordedAct, StatusList
from certification.registry.recorded import Records, is_dead, recorded_of
from certification.registry.records import is_sound
from certification.registry.weighing import standing, weigh
from certification.rules.checkpoint import parse_checkpoint
from certification.rules.code import display
from certification.rules.instants import instant_text
from certification.rules.note_keys import VerifierKey
from certification.rules.notes import parse_note
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.signing import Keypair, sign
from certification.rules.verdict import PublicState, Reason, Verdict
from certification.rules.workflow import CertificateAct
from tests import makers
from tests.certification.log.signers import keys_put_back
from tests.certification.registry import truth
from tests.certification.registry.truth import (
    AFTER_THE_END,
    DAY,
    EARLIER,
    OVERDUE,
    WHY,
    changed,
    paused,
    renewed,
    resumed,
    taken,
    visited,
)
from tests.conftest import NOW
from tests.mutations import with_no_guard

P = PublicState
LIFTED = {"suspended_at": None, "suspension_until": None}
DIFFERS = Verdict(P.CANNOT_CHECK, None, Reason.RECORD_DIFFERS)


@pytest.fixture(autouse=True)
def own_keys(app: Flask) -> Iterator[None]:
    with keys_put_back(app):
        yield


@pytest.fixture
def by(session: Session) -> User:
    return makers.user("Celia Decide")


def alter(made: Certificate, **values: Any) -> None:
    """As somebody does who has the database and not us."""
    with unit_of_work() as session:
        session.execute(update(Certificate).where(Certificate.id == made.id).values(values))
    db.session.expire_all()


@contextmanager
def without_triggers() -> Iterator[Session]:
    """The owner of the database may take away what refuses to delete an act."""
    with unit_of_work() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        tables = ("certificate_acts", "certificate_act_leaves")
        dropped: list[str] = []
        for table in tables:
            if sqlite:
                rows = session.execute(
                    text("SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name=:t"), {"t": table}
                )
                for name, made in rows.all():
                    session.execute(text(f"DROP TRIGGER {name}"))
                    dropped.append(made)
            else:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield session
        for made in dropped:
            session.execute(text(made))
        if not sqlite:
            for table in tables:
                session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    db.session.expire_all()


def acted(by: User, *acts: Any) -> Certificate:
    made = makers.certified(by)
    for act in acts:
        with unit_of_work():
            act(made, by)
    return made


def test_what_columns_forgot_the_acts_still_say(by: User) -> None:
    made = acted(by, paused)
    assert standing(made, NOW).state is P.SUSPENDED
    alter(made, **LIFTED)
    assert standing(made, NOW) == DIFFERS


def test_a_pause_that_an_act_ended_is_no_difference(by: User) -> None:
    made = acted(by, paused)
    with unit_of_work():
        restore(made, by=by, at=EARLIER + DAY)
    assert standing(made, NOW).state is P.VALID


def test_what_columns_say_was_lost_stays_lost_whatever_the_acts_say(by: User) -> None:
    made = acted(by)
    alter(made, withdrawn_at=EARLIER)
    assert standing(made, NOW).state is P.WITHDRAWN


def test_an_act_that_was_deleted_is_missed_by_its_leaf(by: User) -> None:
    made = acted(by, paused, taken)
    with without_triggers() as session:
        acts = [act.id for act in made.acts[1:]]
        session.execute(delete(ActLeaf).where(ActLeaf.act_id.in_(acts)))
        session.execute(delete(RecordedAct).where(RecordedAct.id.in_(acts)))
    alter(made, withdrawn_at=None, **LIFTED)
    assert [act.kind for act in made.acts] == [CertificateAct.GRANTED]
    assert standing(made, NOW) == DIFFERS


def forged(made: Certificate, kind: CertificateAct, **details: Any) -> None:
    with unit_of_work() as session:
        row = {"certificate_id": made.id, "kind": kind, "at": EARLIER + DAY, "public_summary": "", "details": details}
        session.execute(insert(RecordedAct).values(row))
    db.session.expire_all()


def test_an_act_that_no_leaf_tells_of_ends_no_pause(by: User) -> None:
    made = acted(by, paused)
    forged(made, CertificateAct.RESTORED)
    alter(made, **LIFTED)
    assert standing(made, NOW) == DIFFERS


def test_a_renewal_that_no_leaf_tells_of_makes_no_term_longer(by: User) -> None:
    made = acted(by)
    forged(made, CertificateAct.RENEWED, term=made.acts[0].details["term"])
    assert standing(made, NOW) == DIFFERS


def test_acts_that_no_registry_records_lead_nowhere(client: FlaskClient, by: User) -> None:
    made, gone = acted(by), acted(by, taken)
    for one in (made, gone):
        forged(one, CertificateAct.GRANTED, term=one.acts[0].details["term"])
    assert standing(made, NOW) == DIFFERS
    assert standing(gone, NOW).state is P.WITHDRAWN
    assert [client.get(f"/v/{one.code}").status_code for one in (made, gone)] == [503, 200]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        pytest.param({}, P.VALID, id="recorded and in the log"),
        pytest.param({"leaves": False}, P.CANNOT_CHECK, id="recorded, and the log knows nothing of it"),
        pytest.param({"acts": ()}, P.CANNOT_CHECK, id="its columns are all there is"),
    ],
)
def test_a_label_that_was_only_written_into_the_database_is_not_believed(
    session: Session, client: FlaskClient, given: dict[str, Any], state: P
) -> None:
    made = makers.certificate(**given)
    assert weigh(made, recorded_of([made])[made.id], None, makers.THEN + DAY, behind=False).state is state
    assert client.get(f"/v/{made.code}").status_code == (200 if state is P.VALID else 503)


def test_a_hundred_are_read_in_one_query(app: Flask, by: User) -> None:
    made = [acted(by), acted(by, paused), acted(by, paused, taken)]
    alter(made[1], **LIFTED)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_rest: asked.append(sql))
    found = recorded_of(made)
    quick = Records(app, db.engine).several(made)
    assert sum("FROM certificate_acts" in sql for sql in asked) == 1  # the quick one runs on the driver's connection
    for one in made:
        without = replace(found[one.id], acts=[act._replace(leaf=None) for act in found[one.id].acts])
        assert (quick[one.id], Records(app, db.engine).one(one)) == (without, without)  # nothing waits, so no leaf is asked for
    states = [weigh(one, found[one.id], None, NOW, behind=False).state for one in made]
    assert states == [P.VALID, P.CANNOT_CHECK, P.WITHDRAWN]
    assert [[act.kind.value for act in found[one.id].acts] for one in made] == [
        ["granted"],
        ["granted", "suspended"],
        ["granted", "suspended", "withdrawn"],
    ]
    assert [act.leaf for act in found[made[2].id].acts] == [leaf.place for leaf in found[made[2].id].leaves]


@pytest.mark.parametrize("signed", [0, 1, 2])
def test_where_acts_wait_for_their_signature_the_quick_one_reads_which_leaf_is_whose(
    app: Flask, by: User, monkeypatch: pytest.MonkeyPatch, signed: int
) -> None:
    made = acted(by, paused, taken)
    places = [leaf.place for leaf in recorded_of([made])[made.id].leaves]
    monkeypatch.setattr(recorded, "signed_size", lambda *_given: places[signed])
    found, quick = recorded_of([made])[made.id], Records(app, db.engine).one(made)
    assert quick == found
    assert [act.leaf for act in quick.signed_acts()] == places[:signed]
    assert [leaf.place for leaf in quick.waiting(NOW)] == places[signed:]


def test_beyond_a_hundred_none_is_taken_for_one_of_which_nothing_was_recorded(
    app: Flask, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [acted(by, taken), acted(by, paused), acted(by, paused, taken)]
    for one in made:
        alter(one, **LIFTED, withdrawn_at=None)
    monkeypatch.setattr(recorded, "MOST", 2)
    monkeypatch.setattr(recorded, "IDS", recorded.IDS[:2])
    monkeypatch.setattr(recorded, "CODES", recorded.CODES[:2])
    found = Records(app, db.engine).several(made)
    assert [weigh(one, found[one.id], None, NOW, behind=False).state for one in made] == [P.CANNOT_CHECK] * 3


@pytest.mark.parametrize(
    ("kid", "leaf", "dead"),
    [("k", 4, False), ("k", 5, True), ("k", 6, True), ("k", None, True), ("other", 9, False), (None, 9, False)],
)
def test_a_compromised_key_counts_below_its_index(kid: str | None, leaf: int | None, *, dead: bool) -> None:
    assert is_dead(kid, leaf, {"k": 5}) is dead


def test_a_version_by_another_key_gives_the_label_back(app: Flask, by: User) -> None:
    made = acted(by)
    place = recorded_of([made])[made.id].leaves[0].place
    rotating.compromise(str(made.versions[0].kid), place, now=lambda: NOW)
    db.session.expire_all()
    assert standing(made, NOW) == Verdict(P.CANNOT_CHECK, None, Reason.COMPROMISED_KEY)
    records = Records(app, db.engine)
    assert records.one(made).is_dead(NOW)
    newer = makers.renewed(made, by, at=NOW, cause="scope")
    assert newer is not None
    assert standing(made, NOW + DAY).state is P.VALID
    assert not records.one(made).is_dead(NOW + DAY)


RECORD = {"page": "text/html", "program": "application/json"}
OTHER_HANDS = "cayó en otras manos"


def test_the_record_names_the_key_in_other_hands_and_is_there_again_with_the_next_version(client: FlaskClient, by: User) -> None:
    """The version before it keeps its reason; the control: a list that was damaged is no matter of keys."""
    made = acted(by)
    place = recorded_of([made])[made.id].leaves[0].place
    rotating.compromise(str(made.versions[0].kid), place, now=lambda: NOW)
    db.session.expire_all()
    page, program = (client.get(f"/c/{made.code}", headers={"Accept": form}) for form in RECORD.values())
    assert OTHER_HANDS in page.text
    assert (program.get_json()["state"], program.get_json()["reason"]) == ("CANNOT_CHECK", "compromised_key")
    assert makers.renewed(made, by, at=NOW, cause="scope") is not None
    with clock.standing_at(NOW + DAY):
        page, program = (client.get(f"/c/{made.code}", headers={"Accept": form}) for form in RECORD.values())
        assert (page.status_code, OTHER_HANDS in page.text, program.get_json()["state"]) == (200, False, "VALID")
        before, since = (client.get(f"/c/{made.code}/versions/{number}", headers={"Accept": "text/html"}) for number in (1, 2))
        assert (before.status_code, OTHER_HANDS in before.text, since.status_code) == (503, True, 200)
        with unit_of_work():
            listed = made.versions[0].places[0].listed
            assert listed.document is not None
            listed.document["credentialSubject"]["encodedList"] = "uH4sIAAAAAAAA_w"
            flag_modified(listed, "document")
        page, program = (client.get(f"/c/{made.code}", headers={"Accept": form}) for form in RECORD.values())
        assert (page.status_code, OTHER_HANDS in page.text, program.status_code) == (503, False, 503)


def by_the_thief(version: CertificateVersion, old: Keypair) -> None:
    """The same version, telling of other goods, with the signature that only the old key can make."""
    version.statement = {**version.statement, "subject": {**version.statement["subject"], "goods": ["Otra cosa"]}}
    version.signature = sign(version.statement, old).signature


def by_nobody(version: CertificateVersion, old: Keypair) -> None:
    """A credential that names the old key over a signature that nobody made."""
    assert version.credential is not None
    assert version.credential.proof is not None
    method = str(version.credential.proof["verificationMethod"]).partition("#")[0] + f"#{old.kid}"
    version.credential.proof = {**version.credential.proof, "verificationMethod": method, "proofValue": "z" + "2" * 88}


@pytest.mark.parametrize(("number", "harm"), [(1, by_the_thief), (1, by_nobody), (2, by_nobody)])
def test_a_key_in_other_hands_excuses_no_damage(
    client: FlaskClient, by: User, number: int, harm: Callable[[CertificateVersion, Keypair], None]
) -> None:
    made, old = acted(by), signing_key()
    rotating.compromise(old.kid, recorded_of([made])[made.id].leaves[0].place, now=lambda: NOW)
    db.session.expire_all()
    makers.renewed(made, by, at=NOW, cause="scope")
    with clock.standing_at(NOW + DAY):
        assert client.get(f"/c/{made.code}").status_code == 200
        assert list(fsck.check(NOW + DAY)) == []
        with with_no_guard():
            harm(made.versions[number - 1], old)
            db.session.flush()
            assert not is_sound(made, NOW + DAY)
            assert [one for one in fsck.faults(NOW + DAY) if f"version {number}" in str(one)] != []


@pytest.mark.parametrize(
    ("acts", "unsigned", "at", "told"),
    [
        pytest.param((), 0, NOW, (P.VALID, Reason.IN_FORCE), id="whatever is signed holds"),
        pytest.param((), 1, NOW, (P.CANNOT_CHECK, Reason.NOT_SIGNED_YET), id="a grant that waits"),
        pytest.param(
            (changed,), 1, NOW, (P.CANNOT_CHECK, Reason.NOT_SIGNED_YET), id="a new version that waits, whose words are shown"
        ),
        pytest.param((changed,), 1, EARLIER, (P.VALID, Reason.IN_FORCE), id="what was, before an act that waits"),
        pytest.param((paused, resumed), 2, EARLIER + 2 * DAY, (P.VALID, Reason.IN_FORCE), id="a pause and its end that wait"),
        pytest.param((renewed,), 0, AFTER_THE_END, (P.VALID, Reason.IN_FORCE), id="a longer term that is signed"),
        pytest.param((renewed,), 1, AFTER_THE_END, (P.CANNOT_CHECK, Reason.NOT_SIGNED_YET), id="a longer term that waits"),
        pytest.param((visited,), 0, OVERDUE + DAY, (P.VALID, Reason.IN_FORCE), id="a visit that is signed"),
        pytest.param((visited,), 1, OVERDUE + DAY, (P.CANNOT_CHECK, Reason.NOT_SIGNED_YET), id="a late visit that waits"),
        pytest.param((paused,), 1, NOW, (P.SUSPENDED, Reason.SUSPENDED_BY_ACT), id="a pause needs no signature to count"),
        pytest.param((paused, resumed), 1, NOW, (P.CANNOT_CHECK, Reason.NOT_SIGNED_YET), id="the end of a pause that waits"),
        pytest.param((taken,), 1, NOW, (P.WITHDRAWN, Reason.WITHDRAWN_BY_ACT), id="a loss needs no signature to count"),
    ],
)
def test_nobody_says_that_a_label_holds_by_acts_that_the_log_has_not_signed(  # noqa: PLR0913 - a row of a table
    by: User,
    monkeypatch: pytest.MonkeyPatch,
    acts: tuple[Callable[[Certificate, User], None], ...],
    unsigned: int,
    at: datetime,
    told: tuple[PublicState, Reason],
) -> None:
    made = truth.acted(*acts)(by)
    places = [leaf.place for leaf in recorded_of([made])[made.id].leaves]
    size = [*places, places[-1] + 1][len(places) - unsigned]
    monkeypatch.setattr(recorded, "signed_size", lambda _leaf, _read, _app: size)
    found = standing(made, at)
    assert (found.state, found.reason) == told


def test_an_act_that_lost_its_leaf_beside_one_that_waits_is_doubted_and_breaks_nothing(
    client: FlaskClient, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = acted(by, paused, resumed)
    leaves = recorded_of([made])[made.id].leaves
    with without_triggers() as session:
        session.execute(delete(ActLeaf).where(ActLeaf.leaf_index == leaves[0].place))
    db.session.expire_all()
    monkeypatch.setattr(recorded, "signed_size", lambda _leaf, _read, _app: leaves[0].place + 1)
    assert standing(made, NOW).state is P.CANNOT_CHECK
    assert client.get(f"/v/{made.code}").status_code == 503


def by_a_stranger(note: bytes) -> bytes:
    return sign_checkpoint(parse_checkpoint(parse_note(note).text), Ed25519PrivateKey.generate()).encode()


def of_a_larger_log(note: bytes) -> bytes:
    """Under the signature of a smaller one."""
    said = parse_checkpoint(parse_note(note).text)
    return note.replace(f"\n{said.size}\n".encode(), f"\n{said.size + 1}\n".encode())


@pytest.mark.parametrize("changed", [lambda _note: b"no note", by_a_stranger, of_a_larger_log])
def test_a_log_whose_head_cannot_be_read_or_is_not_signed_by_us_makes_no_label_hold(
    client: FlaskClient, by: User, changed: Callable[[bytes], bytes]
) -> None:
    made, note = acted(by), head().note
    assert client.get(f"/v/{made.code}").status_code == 200
    assert note is not None
    with unit_of_work() as session:
        session.execute(update(LogHead).values(note=changed(note)))
    db.session.expire_all()
    assert client.get(f"/v/{made.code}").status_code == 503
    assert client.get(f"/api/v1/certificates/{made.code}").get_json()["code"] == "not_signed_yet"


def test_how_far_the_log_is_signed_is_read_once_a_second_and_for_what_lies_beyond(
    app: Flask, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, asked, now = acted(by), list[int](), [1000.0]
    note = head().note

    def read() -> bytes | None:
        asked.append(1)
        return note

    monkeypatch.setattr(app, "testing", False)  # tests look each time
    monkeypatch.setattr("certification.log.lagging.time.monotonic", lambda: now[0])
    monkeypatch.setitem(app.extensions, lagging.SIGNED, lagging.NOTHING)
    size = lagging.signed_size(0, read, app)
    assert (size, len(asked)) == (head().size, 1)
    assert (lagging.signed_size(size - 1, read, app), len(asked)) == (size, 1)
    assert (lagging.signed_size(size, read, app), len(asked)) == (size, 2)
    now[0] += 2
    note = None
    assert (lagging.signed_size(0, read, app), len(asked)) == (0, 3)
    assert made.code


@pytest.mark.parametrize("failure", [KeyProblemError("gone"), OSError("gone"), OperationalError("gone", None, Exception())])
def test_a_head_is_verified_once_a_second_and_believed_again_when_that_can_be_done(
    app: Flask, by: User, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    made, note, tries, now = acted(by), head().note, list[float](), [1000.0]

    def verifiers(origin: str, size: int) -> list[VerifierKey]:
        tries.append(now[0])
        if len(tries) == 1:
            raise failure
        return checkpoints.verifiers(origin, size)

    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setattr("certification.log.lagging.time.monotonic", lambda: now[0])
    monkeypatch.setattr(lagging, "verifiers", verifiers)
    monkeypatch.setitem(app.extensions, lagging.SIGNED, lagging.NOTHING)
    found = []
    for now[0] in (1000.0, 1000.5, 1001.5, 1001.6, 1003.0):
        found.append(lagging.signed_size(0, lambda: note, app))
    assert (found, tries) == ([0, 0, *[head().size] * 3], [1000.0, 1001.5, 1003.0])
    assert made.code


def test_a_database_that_fails_while_the_head_is_verified_is_a_label_that_nobody_can_check(
    client: FlaskClient, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = acted(by)

    def away(_origin: str, _size: int) -> list[VerifierKey]:
        raise OperationalError("gone", None, Exception())

    monkeypatch.setattr(lagging, "verifiers", away)
    monkeypatch.setitem(client.application.extensions, lagging.SIGNED, lagging.NOTHING)
    assert [client.get(f"/{way}/{made.code}").status_code for way in ("v", "c", "api/v1/certificates")] == [503, 200, 503]


@pytest.mark.parametrize(
    ("lang", "said", "drawn"),
    [
        ("", "no es lo que dicen sus actos registrados", "Tejido del sello"),
        ("?lang=en", "is not what its recorded acts say", "Weave of label"),
    ],
)
def test_the_verify_page_says_why_it_cannot_tell(client: FlaskClient, by: User, lang: str, said: str, drawn: str) -> None:
    made = acted(by, paused)
    alter(made, **LIFTED)
    page = client.get(f"/v/{made.code}{lang}")
    assert (page.status_code, said in page.text) == (503, True)
    assert re.findall("<title>([^<]*)</title>", page.text)[1:] == [f"{drawn} {display(made.code)}"]
    record = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).get_json()
    assert record["state"] == "CANNOT_CHECK"


def test_the_api_gives_its_reason_alone_and_among_many(client: FlaskClient, by: User) -> None:
    good, altered, dead = acted(by), acted(by, paused), acted(by)
    alter(altered, **LIFTED)
    place = recorded_of([dead])[dead.id].leaves[0].place
    rotating.compromise(str(dead.versions[0].kid), place, now=lambda: NOW)
    db.session.expire_all()
    alone = [client.get(f"/api/v1/certificates/{one.code}") for one in (good, altered, dead)]
    assert [answer.status_code for answer in alone] == [200, 503, 503]
    assert [answer.get_json().get("code") for answer in alone[1:]] == ["record_differs", "compromised_key"]
    asked = {"codes": [good.code, altered.code, dead.code]}
    said = client.post("/api/v1/verify", json=asked).get_json()["results"]
    assert [(one["state"], one["reason"]) for one in said] == [
        ("VALID", "in_force"),
        ("CANNOT_CHECK", "record_differs"),
        ("CANNOT_CHECK", "compromised_key"),
    ]
    then = client.post("/api/v1/verify", json=asked | {"as_of": EARLIER.isoformat()}).get_json()["results"]
    assert [(one["state"], one["reason"]) for one in then] == [
        ("VALID", "in_force"),
        ("SUSPENDED", "suspended_by_act"),
        ("CANNOT_CHECK", "compromised_key"),
    ]


def test_a_list_that_is_signed_anew_follows_acts_where_columns_forgot_them(by: User) -> None:
    made = acted(by)
    with unit_of_work():
        suspend(made, WHY, until=(NOW + DAY).date(), by=by, at=NOW)
    with unit_of_work():
        withdraw(made, WHY, by=by, at=NOW)
    alter(made, withdrawn_at=None, **LIFTED)
    lapsed: frozenset[int] = frozenset()
    bits = {listed.purpose: status_bits.bits_of(listed, lapsed, NOW)[place] for listed, place in places(made)}
    assert bits == {"revocation": True, "suspension": True}
    assert [status.bit_of(made.versions[0], purpose, NOW) for purpose in status.PURPOSES] == [True, True]


def places(made: Certificate) -> list[tuple[StatusList, int]]:
    return [(one.listed, one.place) for one in made.versions[0].places]


def test_everybody_tells_since_when_a_restored_label_is_valid(client: FlaskClient, by: User, tmp_path: Path) -> None:
    made, when = acted(by, paused, resumed), EARLIER + DAY
    code = made.code
    tending.renew_lists(NOW)
    assert made.valid_from < EARLIER  # which is what columns alone would tell
    assert standing(made, NOW).since == verdict_at(made, NOW).since == when
    api = client.get(f"/api/v1/certificates/{made.code}").get_json()
    then = client.get(f"/api/v1/certificates/{made.code}?as_of={instant_text(NOW)}").get_json()
    record = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).get_json()
    assert {datetime.fromisoformat(one["since"]) for one in (api, then, record)} == {when}
    export(tmp_path, at=NOW)
    assert verify(code, now=NOW, export=tmp_path).attested.since == when
