"""The witness on HTTP: ``POST /add-checkpoint`` for logs, and ``/`` in plain words for whoever comes by."""

import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from certification.core import clock
from certification.outside.sockets import ended_after
from certification.outside.witness import Answer, Witness, WitnessError
from certification.rules.witnessing import MAX_SUBMISSION_BYTES

AT_ONCE = 64
IDLE_S = 10.0
LONGEST_S = 60.0
FAILED = Answer(500, b"this witness can't answer now; its operator finds out why in its log\n")


class WitnessServer(ThreadingHTTPServer):
    """Answers a bounded number of connections at once; each has a bounded time and a bounded body."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        """Raises OSError where the address can't be listened on."""
        self.witness = witness
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a turn; the queue of the system holds those behind."""
        self._turns.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._turns.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection."""
        try:
            with ended_after(request, LONGEST_S):
                super().process_request_thread(request, client_address)
        finally:
            self._turns.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """A connection that broke off is nobody's concern."""
        print("a connection ended early:", sys.exc_info()[1], file=sys.stderr)  # noqa: T201 - the witness's log is its stderr


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    wbufsize = -1  # an answer is sent whole
    server_version, sys_version = "tianguis-witness", ""

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        if self.path != "/":
            self._answer(Answer(404, b"not found\n"))
            return
        try:
            self._answer(Answer(200, told(self.server.witness).encode()))
        except (OSError, WitnessError) as error:
            self.log_error("%s", error)
            self._answer(FAILED)

    def do_POST(self) -> None:  # noqa: N802 - the library's name
        body = self._body()
        if body is None:
            self.close_connection = True
            self._answer(Answer(400, b"a body of known and moderate length is needed\n"))
        elif self.path != "/add-checkpoint":
            self._answer(Answer(404, b"not found\n"))
        else:
            self._answer(self._added(body))

    def _added(self, body: bytes) -> Answer:
        try:
            return self.server.witness.add_checkpoint(body, lambda: int(clock.now().timestamp()))
        except (OSError, WitnessError) as error:
            self.log_error("%s", error)
            return FAILED

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit() and len(length) < 10):  # noqa: PLR2004
            return None
        if int(length) > MAX_SUBMISSION_BYTES:
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(answer.body)


def told(witness: Witness) -> str:
    """Who this is and what it saw last, in both languages. Raises WitnessError, OSError."""
    lines = [
        f"{witness.name}: testigo de registros públicos / witness of public logs",
        "",
        "Guarda lo último que vio de cada registro y firma solo lo que lo continúa. Nadie puede mostrarle dos pasados distintos.",
        "It keeps what it saw last of each log and cosigns only what carries on from it. Nobody can show it two different pasts.",
        "",
        f"Su llave / its key: {witness.vkey.text}",
    ]
    for origin in sorted(witness.logs()):
        found = witness.seen(origin)
        lines += ["", origin]
        if found is None:
            lines.append("  todavía nada / nothing yet")
        else:
            when = datetime.fromtimestamp(found.time, UTC).isoformat(" ")
            root = found.checkpoint.root.hex()
            lines.append(f"  {found.checkpoint.size} actos / acts, {when}, raíz / root {root}")
    return "\n".join(lines) + "\n"
