"""One drawing of the demonstration as a picture, for processes that do nothing else."""

import os
import signal
from multiprocessing import parent_process
from threading import Thread

from certification.core.media.raster import rasterize
from marketplace.demonstration.illustrations import EVIDENCE_KINDS, evidence, illustrate, place, portrait

GOODS_PX = (640, 800)  # a drawing gains nothing from more, and the first start would take half as long again
SCENE_PX = (800, 600)


def leave_ctrl_c() -> None:
    """Have the threads and processes that this thread begins leave Ctrl-C to the others, from their first moment on."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def follow_parent() -> None:
    """Have this process end when the one that began it does, however that ends, and leave Ctrl-C to it.

    Else it would wait for work for ever, or be gone in the middle of it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after_parent, daemon=True).start()


def _end_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def draw(kind: str, seed: int) -> bytes:
    """PNG bytes; the same for the same kind and seed."""
    size = SCENE_PX if kind in {"place", "portrait", *EVIDENCE_KINDS} else GOODS_PX
    return rasterize(_drawing(kind, seed), *size)


def _drawing(kind: str, seed: int) -> str:
    if kind == "place":
        return place(seed)
    if kind == "portrait":
        return portrait(seed)
    return evidence(kind, seed) if kind in EVIDENCE_KINDS else illustrate(kind, seed)
