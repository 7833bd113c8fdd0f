"""A photograph from outside becomes clean pictures, or a sentence. Nothing here decodes anything: worker.py does."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certification.core.media import segments, wire
from certification.core.media.confined import WORKSHOP, Busy, Outcome, Workshop
from certification.core.media.limits import MIB, PUBLIC, Limits, Profile
from certification.core.media.refusals import IMAGE_SENTENCES, BadImage
from certification.core.media.sniff import HEAD_BYTES, sniff

_OTHER_PICTURES = {"gif", "bmp", "tiff", "avif"}


@dataclass(frozen=True)
class Picture:
    """One finished file. `edge` is the long edge asked for, `width` and `height` the true pixels."""

    edge: int
    format: str
    width: int
    height: int
    data: bytes

    @property
    def content_type(self) -> str:
        """The media type to keep in the database and to serve."""
        return f"image/{self.format}"


@dataclass(frozen=True)
class Rendered:
    """What became of one upload: its pictures, largest first, and facts about the source.

    `width` and `height` are the upright source's pixels; `format` is "JPEG", "PNG" or "WEBP". Sizes that the source
    does not reach are left out, as it is never enlarged: the last one then has the source's own size.
    `confined` says whether the system-call filter stood; `peak_bytes` is the child's resident memory.
    """

    pictures: tuple[Picture, ...]
    format: str
    width: int
    height: int
    confined: bool
    peak_bytes: int

    def renditions(self) -> list[dict[str, Picture]]:
        """The pictures by size, smallest first; each entry maps formats to pictures of equal width and height."""
        edges = sorted({picture.edge for picture in self.pictures})
        return [{picture.format: picture for picture in self.pictures if picture.edge == edge} for edge in edges]

    def pick(self, edge: int, kind: str) -> Picture:
        """The picture made for `edge` in the format "webp" or "jpeg"; the largest, when the source was smaller."""
        ascending = [picture for picture in reversed(self.pictures) if picture.format == kind]
        return next((picture for picture in ascending if picture.edge >= edge), ascending[-1])


def render(
    source: Path | bytes, *, limits: Limits | None = None, profile: Profile = PUBLIC, workshop: Workshop = WORKSHOP
) -> Rendered:
    """Decode an untrusted JPEG, PNG or WebP in the confined process and return the profile's pictures.

    They are upright (EXIF orientation), sRGB, opaque on the profile's paper, and hold no metadata; the same bytes
    give the same files. Raises BadImage with a sentence; RuntimeError when the image process cannot be started.
    Call it outside of any database transaction: it takes up to `limits.seconds`, and `wait_seconds` before that.
    """
    limits = limits or Limits()
    data = _read(source, limits)
    _check_kind(data)
    order: wire.Order = {
        "pixels": limits.pixels,
        "paper": profile.paper,
        "outputs": [(one.edge, one.format, list(one.qualities), one.most_bytes) for one in profile.outputs],
    }
    try:
        outcome = workshop.run(wire.frame(order) + data, limits)
    except Busy as busy:
        raise BadImage("busy") from busy
    try:
        answer, files = wire.unframe(outcome.answer)
    except (ValueError, RecursionError) as broken:
        raise _ended_early(outcome) from broken
    if isinstance(answer, dict) and "refused" in answer:
        raise _refused(answer, limits)
    try:
        return _accept(answer, files, outcome, profile)
    except (KeyError, TypeError, ValueError, OverflowError, segments.Unclean) as broken:
        # Only a child that was taken over answers like this.
        raise BadImage("crashed", detail=f"bad answer: {broken}") from broken


def _read(source: Path | bytes, limits: Limits) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size == 0:
        raise BadImage("empty")
    if size > limits.file_bytes:
        raise BadImage("too_large_file", megabytes=limits.file_bytes // MIB)
    return source if isinstance(source, bytes) else source.read_bytes()


def _check_kind(data: bytes) -> None:
    kind = sniff(data[:HEAD_BYTES])
    if kind in {"jpeg", "png", "webp"}:
        if kind == "webp" and int.from_bytes(data[4:8], "little") + 8 > len(data):
            raise BadImage("truncated", detail="RIFF size")
        return
    if kind == "heic":
        raise BadImage("heic")
    raise BadImage("other_format" if kind in _OTHER_PICTURES else "not_an_image", detail=kind)


def _refused(answer: dict[str, Any], limits: Limits) -> BadImage:
    code = str(answer["refused"])
    code = code if code in IMAGE_SENTENCES else "crashed"
    detail = str(answer.get("detail", ""))
    if code == "too_many_pixels":
        return BadImage(code, detail=detail, megapixels=limits.pixels // 1_000_000)
    return BadImage(code, detail=detail)


def _ended_early(outcome: Outcome) -> BadImage:
    status = outcome.status
    if outcome.late:
        return BadImage("timeout", detail="wall clock")
    if status is None:
        return BadImage("crashed", detail="the image process is gone")
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        # The processor limit ends in SIGKILL, as does the kernel when memory runs out.
        return BadImage("timeout" if name in {"SIGXCPU", "SIGKILL"} else "crashed", detail=name)
    return BadImage("crashed", detail=f"exit status {os.waitstatus_to_exitcode(status)}")


def _accept(answer: dict[str, Any], files: memoryview, outcome: Outcome, profile: Profile) -> Rendered:
    asked = {(output.edge, output.format) for output in profile.outputs}
    pictures = []
    at = 0
    for row in answer["files"]:
        picture = _picture(row, bytes(files[at : at + int(row["bytes"])]))
        asked.remove((picture.edge, picture.format))
        pictures.append(picture)
        at += len(picture.data)
    if at != len(files) or not pictures:
        raise ValueError("files do not fill the answer")
    source = answer["source"]
    return Rendered(
        tuple(pictures),
        str(source["format"]),
        int(source["width"]),
        int(source["height"]),
        answer["confined"] is True,
        outcome.peak_bytes,
    )


def _picture(row: dict[str, Any], data: bytes) -> Picture:
    made = Picture(int(row["edge"]), str(row["format"]), int(row["width"]), int(row["height"]), data)
    if not (1 <= made.width <= made.edge and 1 <= made.height <= made.edge):
        raise ValueError("a size that nobody asked for")
    segments.check_clean(data, made.format)
    return made
