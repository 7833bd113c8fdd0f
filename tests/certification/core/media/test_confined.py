import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from certification.core.media import confined, wire
from certification.core.media.confined import Busy, Outcome, Workshop
from certification.core.media.images import render
from certification.core.media.limits import MIB, PUBLIC, Limits, Output, Profile
from certification.core.media.refusals import BadImage
from tests import photographs as make

SMALL = Profile("small", (Output(32, "jpeg", (80,)),))
LARGE_PNG = make.png_bomb(6000, 6000)


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    own = Workshop()
    yield own
    own.close()


class Answering(Workshop):
    """An image process that was taken over: it answers what it likes."""

    def __init__(self, answer: bytes, status: int | None = 0, *, late: bool = False) -> None:
        super().__init__()
        self.outcome = Outcome(answer, status, late, 0)

    def run(self, message: bytes, limits: Limits) -> Outcome:
        return self.outcome


def code_of(workshop: Workshop, data: bytes = make.encoded(make.scene(64, 48)), **limits: float) -> str:
    with pytest.raises(BadImage) as caught:
        render(data, limits=Limits(**limits), profile=SMALL, workshop=workshop)  # type: ignore[arg-type]  # floats and ints by name
    return caught.value.code


class TestTheChildsDeath:
    def test_a_late_child_is_stopped_and_told_as_a_sentence(self, workshop: Workshop) -> None:
        assert code_of(workshop, LARGE_PNG, seconds=0.05) == "timeout"

    def test_a_child_without_memory_is_told_as_a_sentence(self, workshop: Workshop) -> None:
        assert code_of(workshop, LARGE_PNG, memory_bytes=160 * MIB, seconds=30) == "memory"

    def test_the_same_picture_passes_within_the_limits(self, workshop: Workshop) -> None:
        made = render(LARGE_PNG, limits=Limits(seconds=30), profile=SMALL, workshop=workshop)
        assert made.pictures[0].width == 32
        assert 0 < made.peak_bytes < 1024 * MIB

    @pytest.mark.parametrize(
        ("status", "late", "code"),
        [
            (signal.SIGSEGV, False, "crashed"),
            (signal.SIGABRT, False, "crashed"),
            (signal.SIGSYS, False, "crashed"),
            (signal.SIGKILL, False, "timeout"),
            (signal.SIGXCPU, False, "timeout"),
            (signal.SIGKILL, True, "timeout"),
            (1 << 8, False, "crashed"),
            (None, False, "crashed"),
        ],
    )
    def test_every_way_to_die_has_its_code(self, status: int | None, late: bool, code: str) -> None:  # noqa: FBT001 - a row of the table
        assert code_of(Answering(b"", status, late=late)) == code

    def test_a_dead_process_is_replaced_by_the_next_image(self, workshop: Workshop) -> None:
        render(make.encoded(make.scene(64, 48)), workshop=workshop)
        first = workshop._process
        assert first is not None
        first.kill()
        first.wait()
        assert render(make.encoded(make.scene(64, 48)), workshop=workshop).width == 64
        assert workshop._process is not None
        assert workshop._process.pid != first.pid

    def test_a_stuck_process_is_a_timeout_and_is_replaced(self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(confined, "_GRACE_SECONDS", 0.1)
        render(make.encoded(make.scene(64, 48)), workshop=workshop)
        assert workshop._process is not None
        workshop._process.send_signal(signal.SIGSTOP)
        assert code_of(workshop, seconds=0.1) == "timeout"
        assert render(make.encoded(make.scene(64, 48)), workshop=workshop).width == 64

    def test_no_child_and_no_descriptor_is_left_behind(self, workshop: Workshop) -> None:
        render(make.encoded(make.scene(64, 48)), workshop=workshop)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - descriptors, not paths
        for data in (b"\xff\xd8\xff", LARGE_PNG[:5000], make.animation("WEBP")):
            code_of(workshop, data)
        code_of(workshop, LARGE_PNG, seconds=0.05)
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
        assert workshop._process is not None
        assert Path(f"/proc/{workshop._process.pid}/task/{workshop._process.pid}/children").read_text() == ""

    def test_closing_ends_the_process(self) -> None:
        own = Workshop()
        render(make.encoded(make.scene(64, 48)), workshop=own)
        process = own._process
        own.close()
        assert process is not None
        assert process.returncode == 0


class TestAChildTakenOver:
    CLEAN = make.encoded(Image.new("RGB", (4, 4)))

    def answer(self, data: bytes, **row: object) -> bytes:
        entry = {"edge": 32, "format": "jpeg", "width": 4, "height": 4, "bytes": len(data)} | row
        return wire.frame({"confined": True, "source": {"format": "PNG", "width": 4, "height": 4}, "files": [entry]}) + data

    def test_control_a_clean_answer_is_taken(self) -> None:
        assert render(self.CLEAN, profile=SMALL, workshop=Answering(self.answer(self.CLEAN))).pictures[0].data == self.CLEAN

    @pytest.mark.parametrize(
        "data",
        [
            make.encoded(make.scene(9, 9), exif=make.located()),
            make.encoded(make.scene(9, 9), comment=make.PLACE),
            make.encoded(make.scene(9, 9), icc_profile=make.srgb()),
            CLEAN + b"PK\x05\x06",
            CLEAN[:-2],
            b"<script>alert(1)</script>",
            b"",
        ],
        ids=["exif", "comment", "icc", "trailing", "cut", "script", "nothing"],
    )
    def test_a_file_that_is_no_bare_picture_is_not_kept(self, data: bytes) -> None:
        assert code_of(Answering(self.answer(data))) == "crashed"

    def test_more_bytes_than_announced_are_not_kept(self) -> None:
        assert code_of(Answering(self.answer(self.CLEAN) + b"x")) == "crashed"

    def test_fields_of_the_wrong_shape_are_not_kept(self) -> None:
        assert code_of(Answering(self.answer(self.CLEAN, width="wide"))) == "crashed"
        assert code_of(Answering(self.answer(self.CLEAN, format="svg+xml"))) == "crashed"
        assert code_of(Answering(wire.frame({"refused": "no such code"}))) == "crashed"
        assert code_of(Answering(self.answer(self.CLEAN, width=9000))) == "crashed"
        assert code_of(Answering(self.answer(self.CLEAN, height=0))) == "crashed"
        assert code_of(Answering(self.answer(self.CLEAN, edge=33))) == "crashed"
        assert code_of(Answering(self.answer(self.CLEAN, width=float("inf")))) == "crashed"
        odd: list[object] = [[], 5, None, "refused", {"refused": []}, {"files": 1}, {"files": [[]]}]
        for answer in odd:
            assert code_of(Answering(wire.frame(answer))) == "crashed"
        assert code_of(Answering((100_000).to_bytes(4, "big") + b"[" * 100_000)) == "crashed"
        assert code_of(Answering(b"\x00\x00\x00\x05hello")) == "crashed"


class TestTurns:
    def test_without_a_free_turn_the_person_is_asked_to_wait(self) -> None:
        assert code_of(Workshop(turns=0), wait_seconds=0.01) == "busy"

    def test_a_refusal_gives_its_turn_back(self, workshop: Workshop) -> None:
        for _ in range(3):
            code_of(workshop, b"\xff\xd8\xff", wait_seconds=0.5)
        assert render(make.encoded(make.scene(64, 48)), workshop=workshop).width == 64

    def test_eight_threads_get_their_own_pictures(self, workshop: Workshop) -> None:
        found: dict[int, int] = {}

        def draw(width: int) -> None:
            found[width] = render(make.encoded(make.scene(width, 50)), profile=SMALL, workshop=workshop).width

        threads = [threading.Thread(target=draw, args=(width,)) for width in range(40, 48)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {width: width for width in range(40, 48)}

    def test_busy_is_raised_before_anything_is_started(self) -> None:
        idle = Workshop(turns=0)
        with pytest.raises(Busy):
            idle.run(b"", Limits(wait_seconds=0.0))
        assert idle._process is None


class TestTheWalls:
    ATTEMPTS = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
from certification.core.media import sandbox
spare = os.dup(1)
if sys.argv[2] == "confined":
    sandbox.become_nobody()
    sandbox.confine(memory_bytes=256 << 20, cpu_seconds=5)
def attempt(name, act):
    try:
        act()
        os.write(1, f"{name} done\\n".encode())
    except (OSError, MemoryError) as refusal:
        os.write(1, f"{name} {type(refusal).__name__}\\n".encode())
attempt("socket", socket.socket)
attempt("read", lambda: os.open("/etc/hostname", os.O_RDONLY))
attempt("write", lambda: os.open("/dev/null", os.O_WRONLY))
attempt("fork", lambda: os.fork() or os._exit(0))
attempt("exec", lambda: os.execv("/nowhere", ["x"]))
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("memory", lambda: bytearray(400 << 20))
attempt("compute", lambda: sum(range(1000)))
os._exit(0)
"""

    def attempts(self, mode: str) -> dict[str, str]:
        root = str(Path(confined.__file__).parents[3])
        ran = subprocess.run([sys.executable, "-I", "-c", self.ATTEMPTS, root, mode], capture_output=True, check=True, text=True)
        return dict(line.split() for line in ran.stdout.splitlines())

    @pytest.mark.skipif(sys.platform != "linux", reason="the system-call filter is Linux's")
    def test_a_confined_process_reaches_nothing_and_can_still_compute(self) -> None:
        outcome = self.attempts("confined")
        refused = {"socket", "read", "write", "fork", "exec", "signal"}
        assert {name for name, result in outcome.items() if result == "PermissionError"} == refused
        assert outcome["memory"] == "MemoryError"
        assert outcome["compute"] == "done"

    def test_control_an_unconfined_process_reaches_it_all(self) -> None:
        outcome = self.attempts("free")
        assert {name for name, result in outcome.items() if result == "done"} == set(outcome) - {"exec"}

    @pytest.mark.skipif(sys.platform != "linux", reason="the system-call filter is Linux's")
    def test_the_filter_stands_while_pictures_are_opened(self) -> None:
        assert render(make.encoded(make.scene(64, 48))).confined is True

    def test_the_process_inherits_no_environment_and_no_descriptor(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SECRET_KEY", "must not be inherited")
        with socket.socket() as listening:
            os.set_inheritable(listening.fileno(), True)  # noqa: FBT003 - the standard library's own signature
            render(make.encoded(make.scene(64, 48)), workshop=workshop)
            assert workshop._process is not None
            lines = Path(f"/proc/{workshop._process.pid}/environ").read_bytes().split(b"\x00")
            assert [line for line in lines if line] == [b"LC_ALL=C.UTF-8"]
            held = {str(link.readlink()) for link in Path(f"/proc/{workshop._process.pid}/fd").iterdir()}
            assert f"socket:[{os.fstat(listening.fileno()).st_ino}]" not in held


def test_a_fork_of_the_server_starts_a_process_of_its_own(workshop: Workshop) -> None:
    render(make.encoded(make.scene(64, 48)), workshop=workshop)
    process = workshop._process
    assert process is not None
    workshop.forget()
    assert workshop._process is None
    assert process.wait(timeout=10) == 0  # the last copy of its control socket is gone
    assert render(make.encoded(make.scene(64, 48)), workshop=workshop).width == 64


def test_messages_keep_their_shape() -> None:
    assert wire.ORDER.size == struct.calcsize("!dQ") == 16
    order, image = wire.unframe(wire.frame({"a": 1}) + b"rest")
    assert (order, bytes(image)) == ({"a": 1}, b"rest")
    with pytest.raises(ValueError, match="cut short"):
        wire.unframe(wire.frame({"a": 1})[:-1])


def test_the_public_profile_pairs_webp_and_jpeg_at_three_edges() -> None:
    assert sorted((output.edge, output.format) for output in PUBLIC.outputs) == [
        (edge, kind) for edge in (320, 800, 1600) for kind in ("jpeg", "webp")
    ]
