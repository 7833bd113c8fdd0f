"""The signer is handed nothing, signs only what is recorded and carries on, and whoever was told that it is done can count on it."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.log import asking, listening, signer, signing
from certification.log.asking import HELLO, SIGN
from certification.log.checkpoints import outside_copy
from certification.log.fsck import check
from certification.log.keys import KeyProblemError, following_key, signing_key
from certification.log.listening import MOST, SignerThereError
from certification.log.models import LogHead, LogLeaf
from certification.log.reading import head, signed
from certification.log.signer import begin_record, reply, serve
from certification.registry import status, tending
from certification.registry.acts import Why, restore, suspend, withdraw
from certification.registry.credentials import describe
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateVersion, RecordedAct, StatusList, StatusPlace, VersionCredential
from certification.registry.verifying import faults_of
from certification.rules.credential import unsecured_credential
from certification.rules.errors import LogConflict, NotConfirmed
from certification.rules.instants import read_instant
from certification.rules.merkle import leaf_hash
from certification.rules.signing import Keypair
from certification.rules.statuslist import StatusBits
from certification.rules.verdict import PublicState
from tests import makers
from tests.certification.log.acts import behind_our_back
from tests.certification.log.signers import Answers, folder_of, journal_of, own_process, signing_apart
from tests.certification.registry.outsider import Outsider
from tests.conftest import NOW

WHY = Why("UNDER_INVESTIGATION", "Se revisa.")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def apart(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    with signing_apart(app, monkeypatch) as answers:
        makers.scheme_version()  # first of all the empty log is signed, so that a copy of it can be kept outside
        assert answers == [b"signed 0", b"signed 4"]
        answers.clear()
        yield answers


@pytest.fixture
def away(apart: Answers, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The signer does not answer until this is undone."""
    with monkeypatch.context() as gone:

        def nobody(_path: str, **_named: float) -> int:
            raise ConnectionRefusedError

        gone.setattr(asking, "ask", nobody)
        yield gone


def unconfirmed() -> Certificate:
    with pytest.raises(NotConfirmed) as told:
        makers.certified()
    assert told.value.code == "not_signed"
    return db.session.scalars(select(Certificate).order_by(Certificate.id.desc())).first() or pytest.fail("nothing was kept")


def signed_size() -> int:
    told = signed(head())
    return told.size if told else 0


def answered(app: Flask) -> bytes:
    db.session.rollback()  # in memory there is one connection
    return reply(app, SIGN)


# What it does


def test_an_act_is_signed_by_the_other_process_before_it_is_told(apart: Answers, app: Flask, client: FlaskClient) -> None:
    made = makers.certified()
    assert apart == [b"signed 5"]
    copy, version = outside_copy(None), made.versions[0]
    assert copy is not None
    assert (copy.size, signed_size(), head().size) == (5, 5, 5)
    assert (version.kid, faults_of(version, NOW), check()) == (signing_key().kid, (), [])
    assert Outsider(client).check(made.code, NOW).state is PublicState.VALID
    assert made.page["proof"]["signature"] == version.signature
    last = journal_of(app).last()
    assert last is not None
    assert (last.size, last.root) == (copy.size, copy.root)


def test_next_versions_are_signed_by_it_too(apart: Answers, app: Flask) -> None:
    decider = makers.user("Celia Decide")
    made = makers.certified(decider)
    makers.renewed(made, decider, at=LATER, cause="scope", goods="Chales")
    makers.visited(made, decider, at=LATER + timedelta(days=1))
    assert apart == [b"signed 5", b"signed 6", b"signed 7"]
    assert [(one.kid, faults_of(one, LATER + timedelta(days=1))) for one in made.versions] == [(signing_key().kid, ())] * 3
    lines = (folder_of(app) / "signed.jsonl").read_text().splitlines()
    for number in (2, 3):
        assert (
            sum(f'"signs": "{kind} {made.code}/{number}"' in line for kind in ("statement", "credential") for line in lines) == 2
        )
    assert (made.page["proof"]["signature"], check()) == (made.versions[-1].signature, [])


def test_the_web_process_never_opens_the_key(apart: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever opens it outside the signer's own turn fails."""
    ask, readers = asking.ask, (signing_key, following_key)

    def opened() -> Keypair:
        pytest.fail("the key was read")

    def closed(to: pytest.MonkeyPatch, first: Callable[[], Any], second: Callable[[], Any]) -> None:
        to.setattr(signing, "signing_key", first)
        to.setattr(signing, "following_key", second)

    def by_the_signer(path: str, **named: float) -> int:
        with monkeypatch.context() as turn:
            closed(turn, *readers)
            return ask(path, **named)

    with monkeypatch.context() as web:
        web.setattr(asking, "ask", by_the_signer)
        closed(web, opened, opened)
        assert faults_of(makers.certified().versions[0], NOW) == ()


def test_many_who_wait_are_signed_by_one_head(apart: Answers, away: pytest.MonkeyPatch, app: Flask) -> None:
    made = [unconfirmed() for _ in range(3)]
    assert (signed_size(), head().size, apart) == (4, 7, [])
    away.undo()
    assert (signing.mend(), signing.mend()) == (1, 0)
    assert apart == [b"signed 7"]
    assert [faults_of(one.versions[0], NOW) for one in made] == [()] * 3
    assert check() == []


def test_a_signer_with_nothing_to_do_takes_no_lock_and_writes_nothing(apart: Answers, app: Flask) -> None:
    makers.certified()
    before = (folder_of(app) / "signed.jsonl").read_bytes()
    assert answered(app) == b"signed 5"
    assert (folder_of(app) / "signed.jsonl").read_bytes() == before


def test_what_is_signed_stands_in_its_record_with_digests(apart: Answers, app: Flask) -> None:
    made = makers.certified()
    lines = (folder_of(app) / "signed.jsonl").read_text().splitlines()
    assert sorted(line.partition(",")[0] for line in lines[2:6]) == [
        f'{{"signs": "credential {made.code}/1"',
        '{"signs": "http://localhost/status/revocation/1"',
        '{"signs": "http://localhost/status/suspension/1"',
        f'{{"signs": "statement {made.code}/1"',
    ]
    assert lines[6].startswith('{"checkpoint": "localhost/log')
    assert (folder_of(app) / "signed.jsonl").stat().st_mode & 0o777 == 0o600


# While it is away


@pytest.mark.usefixtures("away")
def test_while_it_is_away_nobody_calls_a_new_label_valid_and_pages_say_what_it_waits_for(client: FlaskClient) -> None:
    code = unconfirmed().code
    for path, status_code in ((f"/c/{code}", 200), (f"/v/{code}", 503)):
        page = client.get(path, headers={"Accept": "text/html"})
        told = page.status_code, "Vigente" in page.text, "no tiene todavía una firma de este registro en la bitácora" in page.text
        assert told == (status_code, False, True), path
    answer = client.get(f"/api/v1/certificates/{code}")
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["code"]) == (503, "CANNOT_CHECK", "not_signed_yet")
    assert answer.headers["Retry-After"] == "10"  # it passes by itself
    for form in ("application/vc", "application/vc+jwt"):
        assert client.get(f"/c/{code}", headers={"Accept": form}).status_code == 503
    assert client.get("/status/revocation/1").status_code == 503
    assert client.get(f"/c/{code}/proof").status_code == 404
    assert client.get("/log/checkpoint").data.splitlines()[1] == b"4"
    assert [client.get(f"/log/tile/entries/000.p/{count}").status_code for count in (4, 5)] == [200, 404]


def test_what_is_served_meanwhile_is_what_was_signed_last(apart: Answers, away: pytest.MonkeyPatch, client: FlaskClient) -> None:
    by = makers.user("Celia Decide")
    away.undo()
    made = makers.certified(by)
    code, outsider = made.code, Outsider(client)
    checkpoint, lists = client.get("/log/checkpoint").data, client.get("/status/suspension/1").data

    def nobody(_path: str, **_named: float) -> int:
        raise TimeoutError

    away.setattr(asking, "ask", nobody)
    with pytest.raises(NotConfirmed), unit_of_work():
        suspend(made, WHY, until=date(2027, 1, 31), by=by, at=NOW)
    assert client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()["state"] == "SUSPENDED"
    assert client.get("/log/checkpoint").data == checkpoint
    assert client.get("/status/suspension/1").data == lists
    assert client.get("/log/tile/entries/000.p/6").status_code == 404
    assert [one["index"] for one in client.get(f"/c/{code}/proof").get_json()["entries"]] == [4]
    page = client.get("/log").text
    assert "esperan su firma: 1" in page
    assert check()[0].startswith("1 act not signed yet; ")
    away.undo()
    assert signing.mend() == 1
    assert outsider.check(code, NOW).state is PublicState.SUSPENDED
    assert check() == []


def test_who_acts_while_it_is_away_is_told_that_it_is_not_confirmed_and_it_is_mended_later(
    apart: Answers, away: pytest.MonkeyPatch, client_of: Callable[[User], FlaskClient], client: FlaskClient
) -> None:
    by = makers.user("Celia Decide")
    away.undo()
    made = makers.certified(by)
    code, browser = made.code, client_of(by)

    def nobody(_path: str, **_named: float) -> int:
        raise ConnectionRefusedError

    away.setattr(asking, "ask", nobody)
    form = {
        "reason_code": WHY.reason_code,
        "public_summary": "Se revisa.",
        "until": "2027-01-31",
        "confirmed": "yes",
        "version": "1",
    }
    told = browser.post(f"/c/{code}/act/suspend", data=form)
    assert (told.status_code, "todavía no se pudo firmar" in told.text) == (503, True)
    assert ("Quedó guardado; falta confirmarlo" in told.text, "Vuelva a intentar" in told.text) == (True, False)
    assert client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()["state"] == "SUSPENDED"
    assert Outsider(client).check(code, NOW).state is PublicState.VALID  # what outsiders see is what was signed last
    again = browser.post(f"/c/{code}/act/suspend", data=form)
    assert "Este sello ya está en pausa. No se guardó nada nuevo." in again.text
    away.undo()
    assert signing.mend() == 1
    assert Outsider(client).check(code, NOW).state is PublicState.SUSPENDED
    acts = db.session.scalars(select(RecordedAct).order_by(RecordedAct.id))
    assert [one.kind.value for one in acts] == ["granted", "suspended"]


def test_the_next_act_mends_what_waits(apart: Answers, away: pytest.MonkeyPatch) -> None:
    first = unconfirmed()
    away.undo()
    second = makers.certified()
    assert [faults_of(one.versions[0], NOW) for one in (first, second)] == [(), ()]
    assert signed_size() == head().size


def test_lists_are_renewed_by_the_signer_when_the_worker_asks(apart: Answers, client: FlaskClient) -> None:
    made = makers.certified(at=NOW)
    assert tending.renew_lists(NOW + status.VALIDITY) == 2
    listed = db.session.scalars(select(StatusList)).all()
    assert [one.waits_since for one in listed] == [None, None]
    assert faults_of(made.versions[0], NOW) == ()


# What it refuses


def refused(app: Flask, code: str) -> None:
    before = signed_size()
    assert answered(app) == b"refused " + code.encode()
    assert signed_size() == before


def test_it_refuses_a_smaller_tree(apart: Answers, app: Flask, session: Session) -> None:
    makers.certified()
    with behind_our_back():
        session.execute(text("DELETE FROM certificate_act_leaves WHERE leaf_index = 4"))
        session.execute(delete(LogLeaf).where(LogLeaf.index == 4))
        session.execute(update(LogHead).values(size=4))
    session.execute(update(StatusList).values(waits_since=NOW))
    session.commit()
    refused(app, "log_behind")


def test_it_refuses_a_tree_that_conflicts_with_its_record(apart: Answers, app: Flask, session: Session) -> None:
    makers.certified()
    with behind_our_back():
        session.execute(update(LogLeaf).where(LogLeaf.index == 4).values(hash=leaf_hash(b"{}")))
        session.execute(update(LogHead).values(root=leaf_hash(b"another")))
    session.execute(update(StatusList).values(waits_since=NOW))
    session.commit()
    refused(app, "log_fork")


def entry_of_no_act(session: Session) -> None:
    session.execute(text("DELETE FROM certificate_act_leaves WHERE leaf_index = 4"))
    session.execute(delete(RecordedAct))


def act_without_leaf(session: Session) -> None:
    session.execute(text("DELETE FROM certificate_act_leaves WHERE leaf_index = 4"))


def act_changed(session: Session) -> None:
    session.execute(update(ActLeaf).values(salt="another"))


def rehook_without_leaf(session: Session) -> None:
    code = session.scalars(select(Certificate.code)).one()
    values = {"at": NOW, "act": "key.retire", "subject_kind": "key", "subject_id": code, "details": {}}
    session.execute(insert(AuditEntry).values(values))


def leaf_changed(session: Session) -> None:
    entry = session.scalars(select(LogLeaf.entry).where(LogLeaf.index == 4)).one()
    session.execute(update(LogLeaf).where(LogLeaf.index == 4).values(entry=entry.replace(b"granted", b"renewed")))


def other_document(session: Session) -> None:
    row = session.scalars(select(VersionCredential)).one()
    document = {**row.document, "validUntil": "2099-01-01T00:00:00Z"}
    session.execute(update(VersionCredential).values(document=document))


def other_statement(session: Session) -> None:
    row = session.scalars(select(CertificateVersion)).one()
    session.execute(update(CertificateVersion).values(statement={**row.statement, "scheme": {"id": "otro"}}))


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (entry_of_no_act, "log_unrecorded"),
        (act_without_leaf, "log_unrecorded"),
        (act_changed, "log_unrecorded"),
        (rehook_without_leaf, "log_unrecorded"),
        (leaf_changed, "log_not_proven"),
        (other_document, "log_unrecorded"),
        (other_statement, "log_unrecorded"),
    ],
)
def test_it_refuses_what_is_not_recorded_or_was_changed(
    apart: Answers, away: pytest.MonkeyPatch, app: Flask, session: Session, harm: Callable[[Session], None], code: str
) -> None:
    unconfirmed()
    with behind_our_back():
        for name in ("certificate_versions_frozen", "version_credentials_frozen"):
            if session.get_bind().dialect.name == "sqlite":
                session.execute(text(f"DROP TRIGGER {name}"))
        harm(session)
    refused(app, code)
    assert session.scalars(select(CertificateVersion.signature)).all() == [None]
    last = journal_of(app).last()
    assert last is not None
    assert last.size == 4


def test_the_control_it_signs_the_same_rows_unharmed(apart: Answers, away: pytest.MonkeyPatch, app: Flask) -> None:
    unconfirmed()
    assert answered(app) == b"signed 5"


def test_without_its_record_it_signs_no_log_that_was_signed(apart: Answers, app: Flask, session: Session) -> None:
    makers.certified()
    (folder_of(app) / "signed.jsonl").unlink()
    session.execute(update(StatusList).values(waits_since=NOW))
    session.commit()
    refused(app, "record_missing")
    assert begin_record(NOW) == 5
    with pytest.raises(LogConflict):
        begin_record(NOW)
    assert answered(app) == b"signed 5"


# Cut short


def test_a_round_that_ended_after_its_record_is_done_again(
    apart: Answers, away: pytest.MonkeyPatch, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = unconfirmed()
    with monkeypatch.context() as cut:

        def killed(*_given: object) -> None:
            raise OSError

        cut.setattr(signer, "sign_head", killed)
        assert answered(app) == b"refused failed"
    assert (signed_size(), last.size if (last := journal_of(app).last()) else None) == (4, 5)
    away.undo()
    assert signing.mend() == 1
    assert (faults_of(made.versions[0], NOW), check()) == ((), [])


def test_a_record_that_was_cut_in_a_line_counts_up_to_there(apart: Answers, app: Flask) -> None:
    makers.certified()
    file = folder_of(app) / "signed.jsonl"
    with file.open("ab") as out:
        out.write(b'{"signs": "statement X/1", "dig')
    last = journal_of(app).last()
    assert last is not None
    assert last.size == 5
    makers.certified()
    assert b"dig\n" not in file.read_bytes()
    assert b'"dig{' not in file.read_bytes()


def test_a_record_that_is_damaged_signs_nothing(apart: Answers, app: Flask, session: Session) -> None:
    makers.certified()
    (folder_of(app) / "signed.jsonl").write_bytes(b"nothing of ours\n")
    session.execute(update(StatusList).values(waits_since=NOW))
    session.commit()
    refused(app, "record_unreadable")


# The socket


def answers(path: Path) -> bool:
    """Whether somebody listens there: the file comes a moment before."""
    try:
        return bool(asking.greet(str(path)))
    except OSError:
        return False


@pytest.fixture
def at_work(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A signer in a thread, that answers by heart."""
    path, stop = tmp_path / "signer.sock", threading.Event()
    monkeypatch.setattr(signer, "reply", lambda _app, word: b"here demo" if word == HELLO else b"signed 7")
    monkeypatch.setattr(listening, "PATIENCE_S", 0.2)
    monkeypatch.setattr(listening, "PAUSE_S", 0.02)
    thread = threading.Thread(target=serve, args=(app, path, stop))
    thread.start()
    while not answers(path):
        stop.wait(0.01)
    yield path
    stop.set()
    thread.join(10)
    assert not path.exists()


def test_two_words_are_answered(at_work: Path) -> None:
    assert asking.ask(str(at_work)) == 7
    assert asking.greet(str(at_work)) == "demo"
    assert at_work.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize(
    "sent", [b"", b"\n", b"sign", b"SIGN\n", b"sign\nsign\n", b"sign \n", b"\x00" * 4000, b"a" * 1_000_000, b"\xff\xfe\n"]
)
def test_anything_else_is_answered_with_nothing_and_the_next_is_served(at_work: Path, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect(str(at_work))
        try:
            line.sendall(sent)
            assert line.recv(100) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert asking.ask(str(at_work)) == 7


@pytest.mark.usefixtures("at_work")
def test_a_second_signer_does_not_take_the_socket_of_the_first(app: Flask, at_work: Path) -> None:
    with pytest.raises(SignerThereError):
        serve(app, at_work, threading.Event())
    assert asking.ask(str(at_work)) == 7


@pytest.fixture
def silent(at_work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[socket.socket]]]:
    """So many who connect and say nothing, where the signer would wait for them long."""
    monkeypatch.setattr(listening, "PATIENCE_S", 60.0)
    lines: list[socket.socket] = []

    def connected(count: int) -> list[socket.socket]:
        for _ in range(count):
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.connect(str(at_work))
            line.settimeout(5)
            lines.append(line)
        return lines

    yield connected
    for line in lines:
        line.close()


def test_who_is_silent_keeps_nobody_waiting(at_work: Path, silent: Callable[[int], list[socket.socket]]) -> None:
    lines = silent(20)
    assert (asking.ask(str(at_work), seconds=5), asking.greet(str(at_work), seconds=5)) == (7, "demo")
    lines[3].sendall(SIGN)
    assert lines[3].recv(100) == b"signed 7\n"  # whoever takes their time is answered all the same


def test_who_asks_while_a_signer_takes_nobody_in_waits_for_a_turn(tmp_path: Path) -> None:
    path = str(tmp_path / "busy.sock")
    with ExitStack() as open_lines, ThreadPoolExecutor(1) as asker:
        busy = open_lines.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        busy.bind(path)
        busy.listen(0)
        busy.settimeout(10)
        first = open_lines.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        first.connect(path)
        with pytest.raises(BlockingIOError):
            asking.ask(path, seconds=0.05)
        asked = asker.submit(asking.ask, path, seconds=20)
        assert wait([asked], timeout=0.2).done == set()
        for _ in range(2):
            taken, _ = busy.accept()
            open_lines.enter_context(taken)
        assert taken.recv(10) == asking.SIGN
        taken.sendall(b"signed 7\n")
        assert asked.result() == 7


def test_of_too_many_who_are_silent_the_first_are_let_go(at_work: Path, silent: Callable[[int], list[socket.socket]]) -> None:
    lines = silent(MOST + 3)
    assert asking.ask(str(at_work), seconds=5) == 7
    assert [line.recv(100) for line in lines[:3]] == [b""] * 3
    lines[-1].sendall(HELLO)
    assert lines[-1].recv(100) == b"here demo\n"


def test_who_spoke_while_another_was_served_is_not_taken_for_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are taken in; the second speaks while the first is served, which takes longer than the signer waits for anybody."""
    passed = [0.0]
    monkeypatch.setattr(listening, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    with listening.listening(tmp_path / "socket") as lines, ExitStack() as open_lines:
        three = [open_lines.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) for _ in range(3)]
        for one in three:
            one.connect(str(tmp_path / "socket"))
            assert list(lines.said()) == []
        three[0].sendall(b"first")
        for _, word in lines.said():
            assert word == b"first"
            three[1].sendall(b"second")
            passed[0] = 100.0
        assert [word for _, word in lines.said()] == [b"second"]
        assert three[2].recv(10) == b""


def test_who_stays_silent_is_let_go_in_the_end(at_work: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect(str(at_work))
        assert line.recv(100) == b""


def test_a_file_that_is_no_socket_is_left_alone(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(SignerThereError):
        serve(app, tmp_path / "mine", threading.Event())
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.file_database
def test_a_real_process_holds_the_key_and_two_web_processes_act_at_once(
    shared: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is moved to where only the signer looks for it: nothing in this process could sign."""
    path = tmp_path / "signer.sock"
    monkeypatch.setitem(shared.config["SETTINGS"].values, "SIGNER", str(path))
    with own_process(shared, path) as process:
        failures: list[Exception] = []

        def web() -> None:
            with shared.app_context():
                try:
                    for _ in range(2):
                        makers.certified()
                except Exception as error:  # noqa: BLE001 - told to the test
                    failures.append(error)
                finally:
                    db.session.remove()

        for name in ("signing_key", "following_key"):
            monkeypatch.setattr(signing, name, lambda: pytest.fail("the key was read here"))
        with shared.app_context():
            makers.scheme_version()
            db.session.remove()
        threads = [threading.Thread(target=web) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(60)
        assert failures == []
        with shared.app_context():
            versions = db.session.scalars(select(CertificateVersion)).all()
            signed_at = [
                read_instant(one.credential.proof["created"]) for one in versions if one.credential and one.credential.proof
            ]
            assert [faults_of(one, max(signed_at)) for one in versions] == [()] * 4
            assert len(signed_at) == sum(one.signature is not None for one in versions) == 4
            assert check() == []
            db.session.remove()
        assert process.poll() is None
    with shared.app_context():
        with pytest.raises(NotConfirmed):
            makers.certified()
        db.session.remove()
    with own_process(shared, path), shared.app_context():
        assert signing.mend() == 1
        assert check() == []
        db.session.remove()


@pytest.mark.parametrize("loss", ["withdrawn", "suspended"])
def test_no_bit_is_cleared_that_no_act_cleared(apart: Answers, app: Flask, session: Session, loss: str) -> None:
    by = makers.user("Celia Decide")
    made, why = makers.certified(by), Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
    with unit_of_work():
        if loss == "withdrawn":
            withdraw(made, why, by=by, at=NOW)
        else:
            suspend(made, why, until=NOW.date(), by=by, at=NOW)

    def bits() -> list[bool]:
        return [check_list(one) for one in db.session.scalars(select(StatusList).order_by(StatusList.id))]

    def check_list(listed: StatusList) -> bool:
        (place,) = db.session.scalars(select(StatusPlace.place).where(StatusPlace.list_id == listed.id))
        return StatusBits.decode((listed.document or {})["credentialSubject"]["encodedList"])[place]

    with behind_our_back():
        session.execute(update(Certificate).values(withdrawn_at=None, suspended_at=None, suspension_until=None))
        session.execute(update(StatusList).values(waits_since=NOW))
    told = bits()
    assert (answered(app), bits()) == (b"signed 6", told)  # the acts still set it
    with behind_our_back():
        session.execute(delete(ActLeaf).where(ActLeaf.leaf_index == 5))
        session.execute(delete(RecordedAct).where(RecordedAct.kind == loss))
        session.execute(update(StatusList).values(waits_since=NOW))
    refused(app, "document_changed")  # and without them its leaf does
    assert sorted(told) == [False, True]


@pytest.mark.parametrize("where", ["nobody", "another"])
def test_no_bit_is_cleared_whose_place_was_taken_away(apart: Answers, app: Flask, session: Session, where: str) -> None:
    """The acts still say that the label is paused; its place in the list is gone, or points to a label that is not."""
    by = makers.user("Celia Decide")
    made, other = makers.certified(by), makers.certified(by)
    with unit_of_work():
        suspend(made, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), until=NOW.date(), by=by, at=NOW)
    mine = StatusPlace.version_id == made.versions[0].id
    with behind_our_back():
        session.execute(delete(StatusPlace).where(StatusPlace.version_id == other.versions[0].id))
        if where == "nobody":
            session.execute(delete(StatusPlace).where(mine))
        else:
            session.execute(update(StatusPlace).where(mine).values(version_id=other.versions[0].id))
        session.execute(update(StatusList).values(waits_since=NOW))
    refused(app, "document_changed")


def test_a_label_that_was_restored_is_free_again(apart: Answers, client: FlaskClient) -> None:
    """The control: the same bit, cleared by an act."""
    by = makers.user("Celia Decide")
    made, why = makers.certified(by), Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
    with unit_of_work():
        suspend(made, why, until=NOW.date(), by=by, at=NOW)
    with unit_of_work():
        restore(made, by=by, at=NOW)
    assert Outsider(client).check(made.code, NOW).state is PublicState.VALID


@pytest.mark.parametrize("way", ["beside", "moved"])
def test_no_empty_list_takes_the_address_of_one_that_credentials_name(
    apart: Answers, app: Flask, session: Session, way: str
) -> None:
    """Where it could, every label that was taken away would be good again for whoever reads lists alone."""
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    with unit_of_work():
        withdraw(made, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), by=by, at=NOW)
    listed = session.scalars(select(StatusList).where(StatusList.purpose == "revocation")).one()
    with behind_our_back():
        session.execute(update(StatusList).where(StatusList.id == listed.id).values(number=77, waits_since=NOW))
        if way == "beside":
            session.execute(update(StatusList).where(StatusList.id == listed.id).values(waits_since=None))
            values = {"purpose": "revocation", "number": 1, "origin": listed.origin, "waits_since": NOW}
            session.execute(insert(StatusList).values(values))
    refused(app, "document_changed")


@pytest.mark.parametrize("form", ["statement", "credential"])
def test_a_version_that_no_act_issued_is_not_signed(apart: Answers, app: Flask, session: Session, form: str) -> None:
    """Rows are easily added: whoever has the web process can put a version beside a label, without act and leaf."""
    made = makers.certified()
    said = made.versions[0].statement
    forged = said | {"certificate": {"code": made.code, "version": 2}, "validity": said["validity"] | {"until": "2099-01-01"}}
    with behind_our_back():
        version = CertificateVersion(certificate_id=made.id, number=2, statement=forged, signed_at=NOW)
        session.add(version)
        session.flush()
        if form == "credential":
            lists = session.scalars(select(StatusList.id)).all()
            session.add_all(StatusPlace(list_id=one, place=7, version_id=version.id) for one in lists)
            session.flush()
            document = unsecured_credential(describe(version, status.slots_of(version)))
            session.add(VersionCredential(version_id=version.id, document=document))
    refused(app, "document_changed")
    assert [(one.signature is not None) for one in made.versions] == [True, False]


@pytest.mark.parametrize("loose", [".", "signed.jsonl", ".."])
def test_a_folder_that_others_could_change_or_replace_signs_nothing(
    apart: Answers, app: Flask, away: pytest.MonkeyPatch, tmp_path: Path, loose: str
) -> None:
    unconfirmed()
    place = folder_of(app) / loose
    mode = place.stat().st_mode & 0o7777
    place.chmod(mode | 0o022)
    try:
        refused(app, "cannot_sign")
        with pytest.raises(KeyProblemError):
            serve(app, tmp_path / "socket", threading.Event())
        assert not (tmp_path / "socket").exists()
    finally:
        place.chmod(mode)
    assert answered(app) == b"signed 5"


def test_a_folder_with_a_link_in_it_signs_nothing(apart: Answers, app: Flask, away: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unconfirmed()
    link = app.config["SETTINGS"].data / "keys" / "elsewhere"
    link.symlink_to(tmp_path)
    try:
        refused(app, "cannot_sign")
    finally:
        link.unlink()
    assert answered(app).startswith(b"signed")
