"""The witness as a process: killed, asked by two at once, and asked by people who mean no good."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from certification.outside import witness_server
from certification.outside.asking import cosignature
from certification.outside.witness import Witness, create
from certification.outside.witness_server import WitnessServer, told
from certification.rules.errors import CannotCheck
from certification.rules.notes import parse_note, parse_signatures, verify_note
from certification.rules.witnessing import Trusted, parse_trusted
from tests.certification.outside.logs import ORIGIN, Log, forked
from tests.conftest import NOW
from tests.witnesses import witness_process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create(tmp_path / "w", "uni.example/witness").add_log(Log().vkey.text)
    return tmp_path / "w"


@pytest.fixture
def serving(folder: Path) -> Iterator[WitnessServer]:
    with WitnessServer(("127.0.0.1", 0), Witness(folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address_of(serving: WitnessServer) -> tuple[str, int]:
    return "127.0.0.1", int(serving.server_address[1])


def test_what_was_cosigned_is_remembered_after_a_kill(folder: Path) -> None:
    witness = Witness(folder)
    with witness_process(folder) as first:
        status, body = first.ask(Log().body(0, 9))
        assert status == 200
        verify_note(parse_note(Log().note(9)).signed_also(parse_signatures(body)), [witness.vkey])
        first.kill()
    with witness_process(folder) as second:
        assert second.ask(Log().body(0, 5)) == (409, b"9\n")
        assert second.ask(forked(3).body(9, 20))[0] == 422
        assert second.ask(Log().body(9, 20))[0] == 200
        status, page = second.ask(path="/")
        assert (status, ORIGIN in page.decode(), "20 actos / acts" in page.decode()) == (200, True, True)
        assert second.ask(path="/other")[0] == 404


def test_killed_amid_requests_it_never_cosigned_what_it_does_not_know(folder: Path) -> None:
    log = Log()
    for start in (0, 60, 120):
        answered = start
        with witness_process(folder) as served, ThreadPoolExecutor(1) as killer:
            for size in range(start + 1, start + 40):
                if size == start + 20:
                    killer.submit(served.kill)
                known = Witness(folder).seen(ORIGIN)
                try:
                    status, _ = served.ask(log.body(known.checkpoint.size if known else 0, size))
                except OSError:
                    break
                if status == 200:
                    answered = size
        left = Witness(folder).seen(ORIGIN)
        assert left
        assert left.checkpoint.size >= answered
        assert left.checkpoint == log.checkpoint(left.checkpoint.size)


def test_of_two_at_once_one_wins(serving: WitnessServer, folder: Path) -> None:
    log, other, port = Log(), forked(2), serving.server_address[1]
    witness = Witness(folder)
    assert witness.add_checkpoint(log.body(0, 1), lambda: 1).status == 200
    bodies = [made.body(1, size) for size in range(4, 20) for made in (log, other)]
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda body: _ask(int(port), body), bodies))
    assert sorted(statuses) == [200] + [409] * (len(bodies) - 1)


def _ask(port: int, body: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        wire.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return int(wire.recv(4096).split()[1])


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 99999999",
        b"Content-Length: -1",
        b"Content-Length: 1e3",
        b"Content-Length: \xd9\xa1",
        b"Transfer-Encoding: chunked",
        b"X: y",
    ],
)
def test_a_body_without_a_moderate_length_is_not_read(serving: WitnessServer, head: bytes) -> None:
    with socket.create_connection(address_of(serving), 10) as wire:
        wire.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n" + head + b"\r\n\r\n")
        assert wire.recv(4096).split()[1] == b"400"


def test_a_connection_stays_open_for_the_next_request(serving: WitnessServer) -> None:
    with socket.create_connection(address_of(serving), 10) as wire:
        for _ in range(2):
            wire.sendall(b"POST /nowhere HTTP/1.1\r\nHost: w\r\nContent-Length: 2\r\n\r\nxx")
            assert wire.recv(4096).split()[1] == b"404"


def test_who_says_nothing_is_not_waited_for(serving: WitnessServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_server, "LONGEST_S", 0.05)
    with socket.create_connection(address_of(serving), 10) as wire:
        wire.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 20\r\n\r\nx")
        assert wire.recv(4096) == b"" or b"400" in wire.recv(4096)


def test_its_page_says_who_it_is_before_it_saw_anything(folder: Path) -> None:
    page = told(Witness(folder))
    assert Witness(folder).vkey.text in page
    assert "todavía nada / nothing yet" in page


def proof(log: Log, size: int, old: int) -> tuple[bytes, ...]:
    return log.proof(old, size)


def trusted(serving: WitnessServer, folder: Path, path: str = "") -> Trusted:
    return parse_trusted(f"{Witness(folder).vkey.text} http://127.0.0.1:{address_of(serving)[1]}{path}")


def test_a_log_gets_its_cosignature_over_the_network(serving: WitnessServer, folder: Path) -> None:
    log = Log()
    for known, size in ((0, 5), (0, 9), (9, 9)):
        line = cosignature(
            trusted(serving, folder), log.note(size), size, known=known, prove=partial(proof, log, size), at=datetime.now(UTC)
        )
        assert line.key == (Witness(folder).name, Witness(folder).vkey.key_hash)


def test_a_fork_gets_none_and_a_wrong_address_neither(serving: WitnessServer, folder: Path) -> None:
    Witness(folder).add_checkpoint(Log().body(0, 9), lambda: 1)
    other = forked(2)
    for witness, why in ((trusted(serving, folder), "refused"), (trusted(serving, folder, "/elsewhere"), "refused")):
        with pytest.raises(CannotCheck) as caught:
            cosignature(witness, other.note(20), 20, known=9, prove=partial(proof, other, 20), at=NOW)
        assert caught.value.code == why
    gone = parse_trusted(f"{Witness(folder).vkey.text} http://127.0.0.1:9")
    with pytest.raises(CannotCheck) as caught:
        cosignature(gone, other.note(20), 20, known=0, prove=partial(proof, other, 20), at=NOW)
    assert caught.value.code == "unreachable"
