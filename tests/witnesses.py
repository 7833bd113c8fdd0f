"""A witness as a process of its own, on loopback."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

START = "from certification.outside.witness_commands import witness; witness()"


@dataclass
class Process:
    """``kill`` is kill -9."""

    process: subprocess.Popen[str]
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, body: bytes | None = None, path: str = "/add-checkpoint") -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET" if body is None else "POST", path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def witness_process(folder: Path) -> Iterator[Process]:
    """Serves the witness of a folder until the end of the block."""
    command = [sys.executable, "-c", START, "--folder", str(folder), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        told = re.search(r"listens on 127\.0\.0\.1:(\d+)\.", process.stdout.readline())
        assert told
        try:
            yield Process(process, int(told[1]))
        finally:
            process.kill()
            process.wait()
