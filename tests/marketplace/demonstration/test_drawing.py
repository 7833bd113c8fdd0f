import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from io import BytesIO
from multiprocessing import get_context
from typing import IO

import pytest
from flask import Flask
from PIL import Image

from certification.core.media.files import Prepared, prepare_photo
from marketplace.demonstration.drawing import draw, follow_parent, leave_ctrl_c
from marketplace.demonstration.studio import Studio

DRAWERS = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import getpid
from marketplace.demonstration.drawing import follow_parent
if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), BEGIN) as drawers:
        print(drawers.submit(getpid).result(), flush=True)
        sys.stdin.read()
"""
MANY = [("rebozo", seed, False) for seed in range(20)]


@pytest.mark.parametrize(("kind", "size"), [("rebozo", (640, 800)), ("place", (800, 600)), ("portrait", (800, 600))])
def test_a_drawing_fits_its_frame_and_is_the_same_in_another_process(kind: str, size: tuple[int, int]) -> None:
    drawn = draw(kind, 3)
    width, height = Image.open(BytesIO(drawn)).size
    assert width == size[0] or height == size[1]
    assert (width <= size[0], height <= size[1]) == (True, True)
    assert draw(kind, 4) != drawn
    with ProcessPoolExecutor(1, get_context("spawn"), follow_parent) as others:
        assert others.submit(draw, kind, 3).result() == drawn


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One for each drawing that was begun to be prepared."""
    begun = list[bool]()

    def counted(stream: IO[bytes], *, private: bool) -> Prepared:
        begun.append(private)
        return prepare_photo(stream, private=private)

    monkeypatch.setattr("marketplace.demonstration.studio.prepare_photo", counted)
    return begun


def test_after_a_drawing_that_fails_no_other_is_begun(app: Flask, prepared: list[bool]) -> None:
    studio = Studio()
    with app.app_context(), pytest.raises(KeyError):
        studio.draw([("a thing that nobody can draw", 1, False), *MANY])
    assert studio.prepared == {}
    assert len(prepared) < len(MANY)


def test_nor_where_whoever_is_told_of_progress_fails(app: Flask, prepared: list[bool]) -> None:
    def told(done: int, of: int) -> None:
        assert (done, of) == (1, len(MANY))
        raise BrokenPipeError

    studio = Studio()
    with app.app_context(), pytest.raises(BrokenPipeError):
        studio.draw(MANY, told)
    assert list(studio.prepared) == [MANY[0]]
    assert len(prepared) < len(MANY)


def test_who_draws_leaves_ctrl_c_to_whoever_began_it() -> None:
    minds = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    for begin, held in ((follow_parent, signal.SIG_IGN), (minds, signal.default_int_handler)):  # the second is the control
        with ProcessPoolExecutor(1, get_context("spawn"), begin) as drawers:
            assert drawers.submit(signal.getsignal, signal.SIGINT).result() == held
            if held is signal.SIG_IGN:
                os.kill(drawers.submit(os.getpid).result(), signal.SIGINT)
            assert drawers.submit(draw, "rebozo", 3).result() == draw("rebozo", 3)


@pytest.mark.parametrize("begin", [leave_ctrl_c, None])
def test_it_does_so_before_it_can_say_anything(begin: Callable[[], None] | None) -> None:
    """A process that begins has what the thread that begins it lets through. Without that, the control, Ctrl-C is not held up."""
    spawning = ProcessPoolExecutor(1, get_context("spawn"))
    with spawning as drawers, ThreadPoolExecutor(1, initializer=begin) as hands:
        held_up = hands.submit(lambda: drawers.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()).result()
    assert (signal.SIGINT in held_up) is (begin is leave_ctrl_c)


def test_who_draws_ends_with_whoever_began_it_however_that_ends() -> None:
    assert outlives("follow_parent") is False
    assert outlives("None") is True  # the control


def outlives(begin: str) -> bool:
    """Whether a process that draws, begun by `begin`, is there after the one that began it was killed."""
    command, pipe = [sys.executable, "-c", DRAWERS.replace("BEGIN", begin)], subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as begun:
        assert begun.stdout is not None
        drawer = os.pidfd_open(int(begun.stdout.readline()))
        begun.kill()
    lives = select.select([drawer], [], [], 20 if begin != "None" else 1)[0] == []
    if lives:
        signal.pidfd_send_signal(drawer, signal.SIGKILL)
    os.close(drawer)
    return lives
