"""A registry restored from yesterday's backup comes forward from what was published, and says what it lost."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.log import adopting, rotating
from certification.log.adopting import reconcile
from certification.log.checkpoints import place
from certification.log.commands import public_log
from certification.log.keys import signing_key
from certification.log.models import AdoptedLeaf
from certification.log.reading import head, of_certificate
from certification.outside.auditing import audit
from certification.outside.layout import PACK_CALL, pack_of, unwrapped, wrapped
from certification.outside.sources import Folder
from certification.registry import export_records, fsck, reconciling, status
from certification.registry.acts import Why, restore, suspend, withdraw
from certification.registry.exporting import export
from certification.registry.models import Certificate, CertificateVersion, LostPlace, LostVersion, RecordedAct, StatusList
from certification.registry.reissuing import is_doubted
from certification.registry.tending import renew_lists
from certification.registry.validity import facts_of
from certification.registry.verifying import check as check_version
from certification.registry.weighing import standing
from certification.rules.days import DEFAULT_ZONE
from certification.rules.errors import LogConflict
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.leaves import LogAct
from certification.rules.replay import term_of
from certification.rules.statuslist import StatusBits
from certification.rules.verdict import PublicState, Reason, verdict
from certification.rules.workflow import CertificateAct
from certification.schemes.builtin import install
from certification.schemes.models import SchemeVersion
from certification.schemes.versions import lapse
from tests import makers
from tests.certification.log.signers import keys_put_back
from tests.certification.registry.exported import told
from tests.certification.registry.lives import newer_text
from tests.conftest import NOW
from tests.keeping import Kept
from tests.restoring import edited, publish, rows_now

WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
GONE = Why("FALSE_INFORMATION", "No era cierto.", "OL-1")
ZONE = ZoneInfo(DEFAULT_ZONE)
LATER = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Story:
    """Codes: what stood in the backup, and what was granted after it. ``published`` is what the registry showed at its end."""

    codes: dict[str, str]
    published: Path
    size: int
    note: bytes
    back: Callable[[], None]
    forward: Callable[[], None]


_told: dict[str, Any] = {}


@pytest.fixture
def story(app: Flask, session: Session, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The database as it was in the backup, the copy outside as it was at the end; lived once and told to each test."""
    if not _told:
        _told.update(lived(app, tmp_path_factory.mktemp("story")))
    shutil.copytree(_told["published"], tmp_path / "published")
    backup, end = _told["backup"], _told["end"]
    end.begin_again()
    backup.begin_again(beside=False)
    with clock.standing_at(LATER):
        yield Story(
            _told["codes"],
            tmp_path / "published",
            _told["size"],
            _told["note"],
            lambda: backup.begin_again(beside=False),
            lambda: end.begin_again(beside=False),
        )


def lived(app: Flask, folder: Path) -> dict[str, Any]:
    decider = makers.user("Celia Decide")
    made = {name: makers.certified(decider, at=NOW - timedelta(days=3)).code for name in ("kept", "paused", "ended", "returned")}
    with unit_of_work():
        suspend(one(made["returned"]), WHY, until=date(2026, 12, 31), by=decider, at=NOW)
    keeper = makers.user("Rosa Titular")
    makers.member(keeper, one(made["kept"]).holder)
    backup = Kept()
    with unit_of_work():
        suspend(one(made["paused"]), WHY, until=date(2026, 12, 31), by=decider, at=LATER)
        withdraw(one(made["ended"]), GONE, by=decider, at=LATER)
        restore(one(made["returned"]), by=decider, at=LATER)
    made |= {name: makers.certified(decider, at=LATER).code for name in ("lost", "lost_ended")}
    with unit_of_work():
        withdraw(one(made["lost_ended"]), GONE, by=decider, at=LATER)
    found = head()
    published = publish(app, folder)
    return {
        "codes": made,
        "backup": backup,
        "end": Kept(),
        "published": published,
        "size": found.size,
        "note": found.note,
    }


def one(code: str) -> Certificate:
    return db.session.scalars(select(Certificate).where(Certificate.code == code)).one()


def state(code: str) -> PublicState:
    return standing(one(code), LATER).state


def bits(purpose: str) -> StatusBits:
    listed = db.session.scalars(select(StatusList).where(StatusList.purpose == purpose)).one()
    return StatusBits.decode((listed.document or {})["credentialSubject"]["encodedList"])


def test_what_was_done_after_the_backup_is_done_again(session: Session, story: Story) -> None:
    assert one(story.codes["ended"]).withdrawn_at is None  # what an old backup would have everybody believe
    assert state(story.codes["ended"]) is PublicState.CANNOT_CHECK
    done = reconcile([Folder(story.published)], at=LATER)
    assert (done.after, done.adopted, done.applied) == (story.size, 6, 3)
    assert head().note == story.note
    told = {name: state(story.codes[name]) for name in ("kept", "paused", "ended", "returned")}
    assert told == {
        "kept": PublicState.VALID,
        "paused": PublicState.SUSPENDED,
        "ended": PublicState.WITHDRAWN,
        "returned": PublicState.VALID,
    }
    act = db.session.scalars(select(RecordedAct).where(RecordedAct.kind == CertificateAct.WITHDRAWN)).one()
    assert (act.by_id, act.reason_code, act.criterion, act.public_summary) == (None, "FALSE_INFORMATION", "OL-1", "")
    assert act.details == {"taken_back": True}
    page = one(story.codes["ended"]).page
    assert ([each["kind"] for each in page["history"]], page["why"]["reason_code"]) == (
        ["granted", "withdrawn"],
        "FALSE_INFORMATION",
    )
    assert list(fsck.check(LATER)) == []


def test_lists_say_what_the_leaves_say_of_known_and_of_lost(session: Session, story: Story) -> None:
    reconcile([Folder(story.published)], at=LATER)
    for name, expected in (("kept", "VALID"), ("paused", "SUSPENDED"), ("ended", "WITHDRAWN"), ("returned", "VALID")):
        found = check_version(one(story.codes[name]).versions[-1], LATER)
        assert found is not None
        assert found.state == expected
    places = {(each.code, each.list_id): each.place for each in db.session.scalars(select(LostPlace))}
    revoked = {code: bits("revocation")[place] for (code, listed), place in places.items() if listed == 1}
    assert revoked == {story.codes["lost"]: False, story.codes["lost_ended"]: True}


def test_a_place_of_a_lost_version_is_nobody_elses(session: Session, story: Story) -> None:
    reconcile([Folder(story.published)], at=LATER)
    taken = next(each.place for each in db.session.scalars(select(LostPlace)) if each.list_id == 1)
    draws = iter([9, taken, 7, 8])  # the first asks how full the list is
    known = one(story.codes["kept"]).versions[0]
    signed = {"kid": known.kid, "signature": known.signature, "signed_at": LATER, "statement": known.statement}
    with unit_of_work() as writing:
        next_one = CertificateVersion(certificate_id=known.certificate_id, number=2, **signed)
        writing.add(next_one)
        writing.flush()
        found = status.take_places(next_one, at=LATER, draw=lambda _size: next(draws))
    assert (found["revocation"].index, found["suspension"].index) == (7, 8)


def test_a_lost_grant_is_never_valid_and_never_unknown(app: Flask, session: Session, story: Story, client: FlaskClient) -> None:
    lost = story.codes["lost"]
    assert client.get(f"/v/{lost}").status_code == 404
    reconcile([Folder(story.published)], at=LATER)
    for path in (f"/v/{lost}", f"/c/{lost}"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 503
        assert "perdió este expediente" in page.text
        assert "Rebozos de algodón teñidos con añil" in page.text
        assert "21 nov 2026" in page.text
        assert "Vigente" not in page.text
    for form in ("application/json", "application/vc", "application/vc+jwt", "application/ld+json"):
        answer = client.get(f"/c/{lost}", headers={"Accept": form})
        assert (answer.status_code, answer.get_json()["state"], answer.get_json()["reason"]) == (
            503,
            "CANNOT_CHECK",
            "record_lost",
        )
        assert answer.get_json()["granted_at"] == LATER.isoformat()
    assert client.get(f"/c/{lost}/versions/1").get_json(force=True)["id"] == f"http://localhost/c/{lost}/versions/1"
    assert client.get(f"/c/{lost}/versions/2").status_code == 503
    assert [entry["index"] for entry in client.get(f"/c/{lost}/proof").get_json()["entries"]] == [story.size - 3]
    assert "This registry was restored" in client.get(f"/v/{lost}?lang=en").text


def test_a_lost_grant_that_was_withdrawn_is_told_truly(session: Session, story: Story, client: FlaskClient) -> None:
    reconcile([Folder(story.published)], at=LATER)
    ended = story.codes["lost_ended"]
    page = client.get(f"/v/{ended}")
    assert (page.status_code, "Retirado" in page.text) == (200, True)
    told = client.get(f"/c/{ended}", headers={"Accept": "application/json"})
    assert (told.status_code, told.get_json()["state"]) == (200, "WITHDRAWN")
    credential = client.get(f"/c/{ended}", headers={"Accept": "application/vc"}).get_json(force=True)
    assert credential["credentialSubject"]["certificateCode"] == ended


def test_without_its_credential_nothing_but_the_leaf_is_told(
    app: Flask, session: Session, story: Story, client: FlaskClient, tmp_path: Path
) -> None:
    story.forward()
    bare = publish(app, tmp_path / "bare", credentials=False)
    story.back()
    reconcile([Folder(bare)], at=LATER)
    page = client.get(f"/v/{story.codes['lost']}")
    assert (page.status_code, "Rebozos" in page.text) == (503, False)
    assert client.get(f"/c/{story.codes['lost']}/versions/1").get_json()["state"] == "CANNOT_CHECK"
    assert db.session.scalars(select(LostPlace)).all() == []
    assert list(fsck.check(LATER)) == []


def test_twice_is_once(session: Session, story: Story) -> None:
    reconcile([Folder(story.published)], at=LATER)
    before = rows_now()
    assert reconcile([Folder(story.published)], at=LATER).adopted == 0
    assert rows_now() == before


def test_who_dies_in_the_middle_leaves_nothing_half(session: Session, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows_now()

    def dies(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "follow_all", dies)
    with pytest.raises(KeyboardInterrupt):
        reconcile([Folder(story.published)], at=LATER)
    assert rows_now() == before
    monkeypatch.undo()
    assert reconcile([Folder(story.published)], at=LATER).adopted == 6


def test_after_it_acts_are_recorded_again(session: Session, story: Story) -> None:
    with pytest.raises(LogConflict) as refused:
        makers.certified(at=LATER)
    assert refused.value.code == "log_behind"
    with pytest.raises(LogConflict):
        renew_lists(NOW + timedelta(hours=13))  # old rows would clear the bits of what was lost since
    reconcile([Folder(story.published)], at=LATER)
    makers.certified(at=LATER)
    assert head().size == story.size + 1
    assert list(fsck.check(LATER)) == []


def test_the_control_without_following_columns_say_valid_of_what_was_withdrawn_and_nobody_is_told_so(
    session: Session, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "_apply", lambda *_given: False)
    reconcile([Folder(story.published)], at=LATER)
    made = one(story.codes["ended"])
    assert verdict(facts_of(made, None), LATER).state is PublicState.VALID
    assert standing(made, LATER).reason is Reason.RECORD_DIFFERS  # the leaf is there, and no act


def visited(code: str) -> tuple[datetime, datetime | None]:
    """A second version, by a visit that passed; until when it is good, and its next visit."""
    made = makers.visited(one(code), decider(), at=LATER)
    return made.valid_until, made.surveillance_due


def decider() -> User:
    return db.session.scalars(select(User).where(User.name == "Celia Decide")).one()


def test_a_renewal_is_applied_where_its_credential_is_found(
    app: Flask, session: Session, story: Story, tmp_path: Path, client: FlaskClient
) -> None:
    story.forward()
    code = story.codes["kept"]
    ends, due = visited(code)
    assert list(fsck.check(LATER)) == []
    published = publish(app, tmp_path / "renewed")
    story.back()
    reconcile([Folder(published)], at=LATER)
    assert (one(code).valid_until, one(code).surveillance_due, len(one(code).versions)) == (ends, due, 1)
    newest = client.get(f"/c/{code}", headers={"Accept": "application/vc"}).get_json(force=True)
    assert newest["id"] == f"http://localhost/c/{code}/versions/2"
    then = (LATER - timedelta(minutes=1)).isoformat().replace("+", "%2B")
    earlier = client.get(f"/c/{code}?on={then}", headers={"Accept": "application/vc"}).get_json(force=True)
    assert earlier["id"] == f"http://localhost/c/{code}/versions/1"
    assert client.get(f"/v/{code}").status_code == 200
    older = check_version(one(code).versions[0], LATER)
    assert older is not None
    assert older.state is PublicState.WITHDRAWN  # the bit of a version that a newer one followed
    assert [client.get(f"/c/{code}", headers={"Accept": form}).status_code for form in ("text/html", "application/json")] == [
        200,
        200,
    ]
    assert list(fsck.check(LATER)) == []


def copied_without_a_renewal(app: Flask, story: Story, folder: Path, *, credentials: bool = True) -> tuple[Path, str, datetime]:
    """An export of a registry that lost a renewal and came forward from what was published; the code, and until when it is good."""
    story.forward()
    code = story.codes["kept"]
    ends, _due = visited(code)
    published = publish(app, folder / "renewed", credentials=credentials)
    story.back()
    reconcile([Folder(published)], at=LATER)
    export(folder / "copy", at=LATER)
    return folder / "copy", code, ends


def test_a_copy_of_a_registry_that_lost_a_renewal_holds_the_credential_that_was_found(
    app: Flask, session: Session, story: Story, tmp_path: Path
) -> None:
    copy, code, ends = copied_without_a_renewal(app, story, tmp_path)
    assert audit(Folder(copy), now=LATER).faults == []
    found = told(copy, code, None, LATER)
    assert (found.state, found.version, term_of(found.document or {}).valid_until) == (PublicState.VALID, 2, ends)
    before = told(copy, code, (LATER - timedelta(minutes=1)).isoformat(), LATER)
    assert (before.state, before.version) == (PublicState.VALID, 1)


def test_a_copy_that_lacks_a_lost_credential_is_told_as_such_and_a_reader_cannot_check_it(
    app: Flask, session: Session, story: Story, tmp_path: Path
) -> None:
    copy, code, _ends = copied_without_a_renewal(app, story, tmp_path, credentials=False)
    assert [f"{pack_of(code)} {code}: credential_missing"] == audit(Folder(copy), now=LATER).faults
    found = told(copy, code, None, LATER)
    assert (found.state, [why.code for why in found.reasons]) == (PublicState.CANNOT_CHECK, ["credential_missing"])
    assert b"lost_versions" not in (copy / pack_of(code)).read_bytes()


@pytest.mark.parametrize(
    ("what", "change", "faults"),
    [
        ("its token, which no source need have had", lambda one: one["versions"]["2"].pop(VC_JWT, None), []),
        ("the token of the version that is recorded", lambda one: one["versions"]["1"].pop(VC_JWT), ["unreadable"]),
        ("the record of its version", lambda one: one["record"].update(versions=[]), ["versions/1 record_missing"]),
        ("that it was lost", lambda one: one["record"].pop("lost_versions"), ["versions/2 record_missing"]),
        ("the credential that was found", lambda one: one["versions"].pop("2"), ["credential_missing"]),
        ("every credential", lambda one: one["versions"].clear(), ["credential_missing"]),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_was_found_again_excuses_nothing_else(
    app: Flask,
    session: Session,
    story: Story,
    tmp_path: Path,
    what: str,
    change: Callable[[dict[str, Any]], object],
    faults: list[str],
) -> None:
    copy, code, _ends = copied_without_a_renewal(app, story, tmp_path)
    file = copy / pack_of(code)
    said = unwrapped(PACK_CALL, file.read_bytes())
    change(said["certificates"][code])
    file.write_bytes(wrapped(PACK_CALL, said))
    found = [one for one in audit(Folder(copy), now=LATER).faults if one.startswith("c/")]
    assert [one.partition(": ")[2] for one in found] == faults


def test_a_copy_of_before_gets_what_was_found_again_without_being_made_whole(
    app: Flask, session: Session, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(export_records, "_found_again", lambda _lost: {})
        copy, code, _ends = copied_without_a_renewal(app, story, tmp_path)
        assert f"{pack_of(code)} {code}: credential_missing" in audit(Folder(copy), now=LATER).faults
    export(copy, at=LATER)
    assert audit(Folder(copy), now=LATER).faults == []


@pytest.mark.parametrize(("on", "code"), [("", 200), ("2020-01-01", 404), ("ayer", 422), ("2999-01-01", 422)])
def test_the_credential_of_a_lost_grant_as_of_a_day(
    session: Session, story: Story, client: FlaskClient, on: str, code: int
) -> None:
    reconcile([Folder(story.published)], at=LATER)
    found = client.get(f"/c/{story.codes['lost_ended']}?on={on}", headers={"Accept": "application/vc"})
    assert (found.status_code, "proof" in found.get_json(force=True)) == (code, code == 200)


def test_without_its_credential_the_version_before_a_renewal_stands_with_its_own_term(
    app: Flask, session: Session, story: Story, tmp_path: Path
) -> None:
    before = one(story.codes["kept"]).surveillance_due
    story.forward()
    visited(story.codes["kept"])
    published = publish(app, tmp_path / "renewed", credentials=False)
    story.back()
    done = reconcile([Folder(published)], at=LATER)
    assert (done.adopted, done.applied) == (7, 3)
    found = check_version(one(story.codes["kept"]).versions[0], LATER)
    assert found is not None
    assert (one(story.codes["kept"]).surveillance_due, found.state) == (before, PublicState.VALID)
    assert list(fsck.check(LATER)) == []


def test_after_a_renewal_that_was_taken_back_the_next_version_has_the_next_number(
    app: Flask, session: Session, story: Story, tmp_path: Path, client: FlaskClient
) -> None:
    story.forward()
    code = story.codes["kept"]
    makers.renewed(one(code), decider(), at=LATER, cause="scope", goods="Chales", subject_refs=["prod2"], techniques="Pedal")
    published = publish(app, tmp_path / "renewed")
    story.back()
    reconcile([Folder(published)], at=LATER)
    back = one(code)
    assert (back.goods, back.page["techniques"], back.newest, len(back.versions)) == ("Chales", "Pedal", 2, 1)
    assert list(fsck.check(LATER)) == []
    assert "Chales" in client.get(f"/v/{code}").text
    row = next(each for each in client.get("/register.json").get_json()["certificates"] if each["code"] == code)
    assert (row["version"], row["goods"], row["credential"]) == (2, "Chales", f"http://localhost/c/{code}/versions/2")
    told = client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()
    assert [(act["kind"], act["version"]) for act in told["acts"]] == [("granted", 1), ("renewed", 2)]
    made = makers.visited(back, decider(), at=LATER + timedelta(days=1))
    assert [each.number for each in made.versions] == [1, 3]
    assert made.versions[-1].statement["subject"]["goods"] == ["Chales"]
    states = [check_version(each, LATER + timedelta(days=1)) for each in made.versions]
    assert [each and each.state for each in states] == [PublicState.WITHDRAWN, PublicState.VALID]
    place = db.session.scalars(select(LostPlace).where(LostPlace.code == code, LostPlace.list_id == 1)).one()
    assert bits("revocation")[place.place]
    assert client.get(f"/c/{code}/versions/2").get_json(force=True)["credentialSubject"]["certificateVersion"] == 2
    proofs = client.get(f"/c/{code}/proof").get_json()["entries"]
    assert len(proofs) == 3
    assert list(fsck.check(LATER + timedelta(days=1))) == []
    makers.renewed(made, decider(), at=LATER + timedelta(days=2), cause="scope")
    assert [each.number for each in made.versions] == [1, 3, 4]
    assert list(fsck.check(LATER + timedelta(days=2))) == []


@pytest.mark.parametrize(
    ("offset", "told"), [(0, PublicState.CANNOT_CHECK), (1, PublicState.VALID)], ids=["at its leaf", "after it"]
)
def test_a_version_that_was_taken_back_counts_no_more_where_its_key_fell_into_other_hands(
    app: Flask, session: Session, story: Story, tmp_path: Path, offset: int, told: PublicState
) -> None:
    story.forward()
    code = story.codes["kept"]
    makers.renewed(one(code), decider(), at=LATER, cause="scope")
    published = publish(app, tmp_path / "renewed")
    story.back()
    reconcile([Folder(published)], at=LATER)
    assert state(code) is PublicState.VALID
    with keys_put_back(app):
        place = next(each.index for each in of_certificate(code) if each.act.act is LogAct.RENEWED)
        rotating.compromise(signing_key().kid, place + offset, now=lambda: LATER)
        session.expire_all()
        assert (state(code), is_doubted(one(code), LATER)) == (told, False)  # what another version has lost is not signed anew


def test_acts_after_a_renewal_that_nobody_has_name_the_version_that_was_lost(
    app: Flask, session: Session, story: Story, tmp_path: Path, client: FlaskClient
) -> None:
    story.forward()
    code = story.codes["kept"]
    visited(code)
    with unit_of_work():
        suspend(one(code), WHY, until=date(2026, 12, 31), by=decider(), at=LATER + timedelta(minutes=1))
    published = publish(app, tmp_path / "renewed", credentials=False)
    story.back()
    then = LATER + timedelta(hours=1)
    reconcile([Folder(published)], at=then)
    assert (standing(one(code), then).state, one(code).newest) == (PublicState.SUSPENDED, 2)
    assert list(fsck.check(then)) == []
    with unit_of_work():
        restore(one(code), by=decider(), at=then)
    makers.visited(one(code), decider(), at=then + timedelta(days=1))
    assert [each.number for each in one(code).versions] == [1, 3]
    with clock.standing_at(then + timedelta(days=1)):
        told = client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()
    expected = [("granted", 1), ("suspended", 2), ("restored", 2), ("renewed", 3)]
    assert [(act["kind"], act["version"]) for act in told["acts"]] == expected
    assert list(fsck.check(then + timedelta(days=1))) == []


def test_a_lost_grant_that_was_withdrawn_keeps_its_bit_though_nobody_has_its_credential(
    app: Flask, session: Session, story: Story, tmp_path: Path
) -> None:
    story.forward()
    ended = one(story.codes["lost_ended"]).versions[0]
    place = next(each.place for each in ended.places if each.listed.purpose == "revocation")
    lists = ["/status/revocation/1", "/status/suspension/1"]
    published = publish(app, tmp_path / "bare", credentials=False, more=lists)
    story.back()
    reconcile([Folder(published)], at=LATER)
    listed = status.find_list("revocation", 1)
    assert listed is not None
    assert StatusBits.decode((listed.document or {})["credentialSubject"]["encodedList"])[place]
    assert (db.session.get_one(LostPlace, (listed.id, place)).code, list(fsck.check(LATER))) == (None, [])
    newer = makers.certified(decider(), at=LATER).versions[0]
    assert {each.listed.number for each in newer.places} == {2}
    assert list(fsck.check(LATER)) == []


def test_a_list_that_is_not_ours_sets_nothing(app: Flask, session: Session, story: Story, tmp_path: Path) -> None:
    story.forward()
    published = publish(app, tmp_path / "bare", credentials=False, more=["/status/revocation/1"])
    edited(published / "status/revocation/1", b'"ttl": 300000', b'"ttl": 300001')
    story.back()
    reconcile([Folder(published)], at=LATER)
    assert db.session.scalars(select(LostPlace)).all() == []


@pytest.mark.parametrize("harm", ["", "other text"])
def test_the_text_of_a_scheme_that_was_lost_comes_back_when_it_is_the_one_that_the_log_names(
    app: Flask, session: Session, story: Story, tmp_path: Path, harm: str
) -> None:
    story.forward()
    code = story.codes["kept"]
    with unit_of_work():
        install(newer_text(), by=None, at=LATER)
    makers.renewed(one(code), decider(), at=LATER, cause="scope")
    published = publish(app, tmp_path / "newer", more=["/schemes/origen-local/1.1"])
    if harm:
        edited(published / "schemes/origen-local/1.1", b'"grace_days": 20', b'"grace_days": 21')
    story.back()
    reconcile([Folder(published)], at=LATER)
    states = {each.version: each.state.value for each in one(code).scheme_version.scheme.versions}
    if harm:
        assert states == {"1.0": "superseded"}
        return
    assert (states, one(code).scheme_version.version) == ({"1.0": "superseded", "1.1": "active"}, "1.1")
    assert list(fsck.check(LATER)) == []


def test_a_copy_outside_that_could_not_be_written_is_written_the_next_time(
    session: Session, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = head().note
    assert first
    place().write_bytes(first)

    def full(_note: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(adopting, "keep_outside", full)
    with pytest.raises(OSError, match="No space"):
        reconcile([Folder(story.published)], at=LATER)
    monkeypatch.undo()
    assert (head().note, place().read_bytes()) == (story.note, first)
    assert reconcile([Folder(story.published)], at=LATER).adopted == 0
    assert place().read_bytes() == story.note


LIES: list[tuple[str, bytes, bytes]] = [
    ("log/tile/entries/000.p/{size}", b"FALSE_INFORMATION", b"FALSE_INFORMATIOM"),
    ("log/tile/entries/000.p/{size}", b'"act":"withdrawn"', b'"act":"wizhdrawn"'),
]


@pytest.mark.parametrize(("path", "old", "new"), LIES)
def test_a_source_that_lies_is_refused_with_a_sentence(session: Session, story: Story, path: str, old: bytes, new: bytes) -> None:
    edited(story.published / path.format(size=story.size), old, new)
    before = rows_now()
    with pytest.raises(LogConflict, match="no llevan de los de esta base de datos") as refused:
        reconcile([Folder(story.published)], at=LATER)
    assert refused.value.code == "log_no_source"
    assert rows_now() == before


def test_a_liar_first_and_an_honest_source_second_is_enough(session: Session, story: Story, tmp_path: Path) -> None:
    liar = tmp_path / "liar"
    shutil.copytree(story.published, liar)
    edited(liar / f"log/tile/entries/000.p/{story.size}", b"FALSE_INFORMATION", b"FALSE_INFORMATIOM")
    edited(liar / f"c/{story.codes['lost']}/versions/1", b"Rebozos", b"Rebozas")
    assert reconcile([Folder(liar), Folder(story.published)], at=LATER).adopted == 6
    kept = db.session.scalars(select(LostVersion).where(LostVersion.code == story.codes["lost"])).one()
    assert kept.document
    assert "Rebozas" not in str(kept.document)


def test_a_credential_that_the_leaf_does_not_name_is_not_kept(session: Session, story: Story) -> None:
    edited(story.published / f"c/{story.codes['lost']}/versions/1", b"Rebozos", b"Rebozas")
    reconcile([Folder(story.published)], at=LATER)
    kept = db.session.scalars(select(LostVersion).where(LostVersion.code == story.codes["lost"])).one()
    assert kept.document is None


def test_a_checkpoint_of_somebody_else_is_no_target(session: Session, story: Story) -> None:
    (story.published / "log/checkpoint").write_bytes(b"localhost/log\n900\nAAAA\n\n\xe2\x80\x94 localhost/log AAAA\n")
    assert reconcile([Folder(story.published)], at=LATER).after == story.size  # the copy outside says how far


def test_a_later_checkpoint_of_a_source_counts_too(session: Session, story: Story) -> None:
    older = place().read_bytes()
    now = head().note
    assert now
    place().write_bytes(now)  # the copy outside came from the same backup
    assert reconcile([Folder(story.published)], at=LATER).after == story.size
    assert place().read_bytes() == older


def test_the_end_of_a_scheme_is_taken_back(
    app: Flask, session: Session, story: Story, tmp_path: Path, client: FlaskClient
) -> None:
    story.forward()
    owner = makers.user("Olga Dueña")
    makers.role(owner, Role.SCHEME_OWNER, "origen-local")
    with unit_of_work():
        lapse(one(story.codes["kept"]).scheme_version, by=owner, at=LATER, reason="El esquema terminó")
    ended = publish(app, tmp_path / "ended")
    story.back()
    reconcile([Folder(ended)], at=LATER)
    assert state(story.codes["kept"]) is PublicState.SCHEME_LAPSED
    lost = client.get(f"/c/{story.codes['lost']}", headers={"Accept": "application/json"})
    version = db.session.scalars(select(SchemeVersion).where(SchemeVersion.lapsed_at.is_not(None))).one()
    assert (version.lapsed_at, lost.get_json()["state"]) == (LATER, "SCHEME_LAPSED")
    assert list(fsck.check(LATER)) == []


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_the_copy_outside_comes_back_only_with_a_source_that_agrees(
    app: Flask, session: Session, story: Story, tmp_path: Path, harm: str
) -> None:
    story.forward()
    if harm == "gone":
        place().unlink()
    else:
        place().write_bytes(b"x")
    with pytest.raises(LogConflict, match=r"log_outside|--trust-database|dañada"):
        reconcile([Folder(story.published)], at=LATER)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(LogConflict) as refused:
        reconcile([Folder(empty)], at=LATER, trust_database=True)
    assert refused.value.code == "log_nobody_agrees"
    reconcile([Folder(story.published)], at=LATER, trust_database=True)
    assert place().read_bytes() == story.note
    assert list(fsck.check(LATER)) == []


def test_a_database_that_signed_another_history_is_not_trusted(session: Session, story: Story) -> None:
    place().unlink()
    reconcile_target = head().note
    assert reconcile_target
    place().write_bytes(reconcile_target)
    makers.certified(at=LATER)  # the control: signed over the restored backup
    place().unlink()
    with pytest.raises(LogConflict) as refused:
        reconcile([Folder(story.published)], at=LATER, trust_database=True)
    assert refused.value.code == "log_no_source"


def test_the_command_tells_what_it_did(app: Flask, session: Session, story: Story, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    wrong = runner.invoke(public_log, ["reconcile", "--from", str(tmp_path / "nowhere")], obj=lambda: app)
    assert (wrong.exit_code, "neither a folder nor an address" in wrong.output) == (1, True)
    done = runner.invoke(public_log, ["reconcile", "--from", str(story.published)], obj=lambda: app)
    assert done.output == (
        f"6 acts taken back: from {story.size - 6} to {story.size}. With records again: 3; "
        "with records lost, as their codes say: 3.\n"
    )
    again = runner.invoke(public_log, ["reconcile", "--from", str(story.published)], obj=lambda: app)
    assert (again.exit_code, again.output) == (0, f"{story.size} acts; nothing was missing.\n")
    assert db.session.query(AdoptedLeaf).count() == 6


def test_whoever_acts_on_a_restored_registry_is_told_in_a_sentence(
    session: Session, story: Story, client_of: Callable[[User], FlaskClient]
) -> None:
    keeper = db.session.scalars(select(User).where(User.name == "Rosa Titular")).one()
    code = story.codes["kept"]
    said = {"reason_code": "HOLDER_REQUEST", "public_summary": "", "confirmed": "yes", "version": "1"}
    answer = client_of(keeper).post(f"/c/{code}/act/surrender", data=said)
    assert answer.status_code == 409
    assert "parece restaurada de un respaldo viejo" in answer.text
    assert state(code) is PublicState.CANNOT_CHECK
    assert head().size == story.size - 6


def test_a_copy_of_what_came_back_is_well_and_its_register_has_no_row_of_a_lost_label(
    session: Session, story: Story, tmp_path: Path
) -> None:
    reconcile([Folder(story.published)], at=LATER)
    export(tmp_path / "copy", at=LATER)
    file, lost = tmp_path / "copy" / "register.jsonl", story.codes["lost"]
    rows = file.read_bytes()
    assert (audit(Folder(tmp_path / "copy"), now=LATER).faults, lost.encode() in rows) == ([], False)
    first = rows.splitlines()[0]
    file.write_bytes(rows + first.replace(json.loads(first)["code"].encode(), lost.encode()) + b"\n")
    told = f"register.jsonl {lost}: code is of a certificate whose record was lost"
    assert [told] == [one for one in audit(Folder(tmp_path / "copy"), now=LATER).faults if lost in one]
