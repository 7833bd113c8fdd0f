import os
import select
import signal
import subprocess
import sys
from io import BytesIO
from multiprocessing import get_context

import pytest
from PIL import Image

from marketplace.demonstration.drawing import draw

DRAWERS = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import getpid
from marketplace.demonstration.drawing import end_with_parent
if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), BEGIN) as drawers:
        print(drawers.submit(getpid).result(), flush=True)
        sys.stdin.read()
"""


@pytest.mark.parametrize(("kind", "size"), [("rebozo", (640, 800)), ("place", (800, 600)), ("portrait", (800, 600))])
def test_a_drawing_fits_its_frame_and_is_the_same_in_another_process(kind: str, size: tuple[int, int]) -> None:
    drawn = draw(kind, 3)
    width, height = Image.open(BytesIO(drawn)).size
    assert width == size[0] or height == size[1]
    assert (width <= size[0], height <= size[1]) == (True, True)
    assert draw(kind, 4) != drawn
    with get_context("spawn").Pool(1) as others:
        assert others.apply(draw, (kind, 3)) == drawn


def test_who_draws_ends_with_whoever_began_it_however_that_ends() -> None:
    assert outlives("end_with_parent") is False
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
