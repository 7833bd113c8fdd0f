import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy.orm import Session

from certification.parties.places import catalogue
from certification.parties.places.bringing import update
from certification.parties.places.inegi import CatalogueUnreachable, Service
from certification.parties.places.storing import Report, Tally
from certification.rules.errors import InvalidInput

ANSWERS = {
    "/v2/mgee": [{"cvegeo": "07", "nomgeo": "Chiapas"}, {"cvegeo": "20", "nomgeo": "Oaxaca"}, {"cvegeo": "99", "nomgeo": "Otro"}],
    "/v2/mgem/07": [{"cvegeo": "07089", "nomgeo": "Tapachula"}],
    "/v2/mgem/20": [{"cvegeo": "20208", "nomgeo": "San Juan Mixtepec"}, {"cvegeo": "20209", "nomgeo": "San Juan Mixtepec"}],
    "/v2/localidades/07089": [{"cvegeo": "070890001", "nomgeo": "Tapachula de Córdova y Ordóñez"}],
    "/v2/localidades/20208": [
        {"cvegeo": "202080001", "nomgeo": "San Juan Mixtepec"},
        {"cvegeo": "202080002", "nomgeo": "La Batea"},
    ],
    "/v2/localidades/20209": [{"cvegeo": "202090001", "nomgeo": "San Juan Mixtepec"}],
}


class Inegi(ThreadingHTTPServer):
    """A stand-in on loopback; ``broken`` maps a path to the answers it gives before the right one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.broken: dict[str, list[tuple[int, bytes]]] = {}
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v2"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Inegi)
        server.asked.append(self.path)
        status, body = 200, json.dumps({"datos": ANSWERS.get(self.path), "numReg": 1}).encode()
        if server.broken.get(self.path):
            status, body = server.broken[self.path].pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def inegi() -> Iterator[Inegi]:
    with Inegi() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_municipalities_are_brought_state_by_state(session: Session, inegi: Inegi) -> None:
    told: list[str] = []
    report = update(Service(inegi.address), told=lambda code, _: told.append(code))
    assert (report, told) == (Report(Tally(3)), ["07", "20"])
    assert [m.apart for m in catalogue.municipalities(session, "20")] == ["Distrito 08, Juxtlahuaca", "Distrito 26, Miahuatlán"]
    assert inegi.asked == ["/v2/mgee", "/v2/mgem/07", "/v2/mgem/20"]


def test_localities_come_when_asked_for_and_again_changes_nothing(session: Session, inegi: Inegi) -> None:
    service = Service(f"{inegi.address}/")
    assert update(service, with_localities=True) == Report(Tally(3), Tally(4))
    assert update(service, with_localities=True) == Report(Tally(0, 0, 3), Tally(0, 0, 4))
    assert catalogue.localities(session, "20208") == ("La Batea", "San Juan Mixtepec")


def test_a_stumble_of_the_service_is_waited_out(session: Session, inegi: Inegi) -> None:
    waited: list[float] = []
    inegi.broken = {"/v2/mgee": [(503, b""), (200, b"<html>")]}
    assert update(Service(inegi.address, wait=waited.append)) == Report(Tally(3))
    assert waited == [2.0, 4.0]


@pytest.mark.parametrize(
    ("broken", "asked"),
    [
        ({"/v2/mgee": [(500, b"")] * 3}, 3),
        ({"/v2/mgee": [(200, b'{"datos": null}')] * 3}, 3),
        ({"/v2/mgee": [(404, b"")]}, 1),
        ({"/v2/mgee": [(200, b'{"datos": [{"clave": "20"}]}')]}, 1),
        ({"/v2/mgem/07": [(200, b'{"datos": [{"cvegeo": "7", "nomgeo": "X"}]}')]}, 2),
    ],
)
def test_a_service_that_stays_broken_is_said_in_a_sentence(
    session: Session, inegi: Inegi, broken: dict[str, list[tuple[int, bytes]]], asked: int
) -> None:
    inegi.broken = broken
    with pytest.raises(CatalogueUnreachable) as said:
        update(Service(inegi.address, wait=lambda _: None))
    assert str(said.value).startswith(f"No pudimos leer el catálogo de INEGI en 127.0.0.1:{inegi.server_address[1]}.")
    assert len(inegi.asked) == asked


def test_states_brought_before_the_line_broke_are_kept(session: Session, inegi: Inegi) -> None:
    inegi.broken = {"/v2/mgem/20": [(404, b"")]}
    with pytest.raises(CatalogueUnreachable):
        update(Service(inegi.address))
    assert [m.code for m in catalogue.municipalities(session, "07")] == ["07089"]


def test_nobody_listening_is_said_in_a_sentence(session: Session) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as closed:
        port = closed.server_address[1]
    with pytest.raises(CatalogueUnreachable):
        update(Service(f"http://127.0.0.1:{port}", wait=lambda _: None))


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://inegi", "gaia"])
def test_only_web_addresses_are_asked(address: str) -> None:
    with pytest.raises(InvalidInput):
        Service(address)
