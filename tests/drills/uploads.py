"""A thousand image files of many kinds and faults through the upload path.

    python -m tests.drills.uploads [--short] [--control]

Promise: no unexpected exception, no crash of the child, nothing above 2 s or 1 GiB, no metadata, script or second file
in what is kept, and every sound file accepted. Then the controls: a bomb without limits must break one, and
a picture saved with its metadata must be caught. `--control` runs the whole drill without limits; it must fail.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from certification.core.media import segments
from certification.core.media.confined import Outcome, Workshop
from certification.core.media.images import Rendered, render
from certification.core.media.limits import MIB, Limits
from certification.core.media.refusals import BadImage
from tests import photographs as make
from tests.drills.upload_files import Upload, few_uploads, unlimited_bomb, uploads

MOST_SECONDS = 2.0
MOST_BYTES = 1024 * MIB
NO_LIMITS = Limits(file_bytes=1024 * MIB, pixels=1 << 40, seconds=120, memory_bytes=12 * 1024 * MIB)


class Watched(Workshop):
    """Remembers what the last child cost, also when it was refused."""

    peak_bytes = 0

    def run(self, message: bytes, limits: Limits) -> Outcome:
        self.peak_bytes = 0
        outcome = super().run(message, limits)
        self.peak_bytes = outcome.peak_bytes
        return outcome


@dataclass
class Row:
    """What became of the files of one kind."""

    count: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    peak_bytes: int = 0


def survivors(made: Rendered) -> list[str]:
    """What is in the finished files besides pictures."""
    found = []
    for picture in made.pictures:
        try:
            segments.check_clean(picture.data, picture.format)
        except segments.Unclean as unclean:
            found.append(str(unclean))
        found += [f"{canary!r}" for canary in (make.PLACE, b"<script", b"PK\x05\x06") if canary in picture.data]
    return found


def send(upload: Upload, limits: Limits, workshop: Watched, row: Row) -> list[str]:
    """Put one file through; returns the broken promises."""
    broken = []
    outcome = "accepted"
    start = time.perf_counter()
    workshop.peak_bytes = 0
    try:
        made = render(upload.data, limits=limits, workshop=workshop)
    except BadImage as refusal:
        outcome = refusal.code
        row.refused[refusal.code] += 1
        if refusal.code == "crashed":
            broken.append(f"crashed: {refusal.detail}")
    except Exception as unexpected:  # noqa: BLE001 - finding any is what the drill is for
        outcome = "exception"
        broken.append(f"unexpected {type(unexpected).__name__}: {unexpected}")
    else:
        row.accepted += 1
        broken += [f"survived: {what}" for what in survivors(made)]
    took = time.perf_counter() - start
    row.count += 1
    row.slowest = max(row.slowest, took)
    row.peak_bytes = max(row.peak_bytes, workshop.peak_bytes)
    if took > MOST_SECONDS:
        broken.append(f"took {took:.2f} s")
    if workshop.peak_bytes > MOST_BYTES:
        broken.append(f"used {workshop.peak_bytes // MIB} MiB")
    if upload.must_pass is not None and upload.must_pass != (outcome == "accepted"):
        broken.append(f"is {'sound' if upload.must_pass else 'no photograph'}, but was told: {outcome}")
    return broken


def drill(files: Iterable[Upload], limits: Limits) -> list[str]:
    """Send all files, print the table, return every broken promise with its file."""
    rows: dict[str, Row] = {}
    broken = []
    workshop = Watched()
    render(make.encoded(make.scene(8, 8)), limits=replace(limits, seconds=30), workshop=workshop)  # starting is not measured
    for upload in files:
        row = rows.setdefault(upload.kind, Row())
        broken += [f"{upload.kind}, {upload.fault}: {what}" for what in send(upload, limits, workshop, row)]
    workshop.close()
    print(f"{'kind':<22} {'files':>5} {'taken':>5} {'slowest':>9} {'peak':>9}   refused")
    for kind, row in rows.items():
        told = ", ".join(f"{code} {count}" for code, count in row.refused.most_common())
        print(f"{kind:<22} {row.count:>5} {row.accepted:>5} {row.slowest:>7.2f} s {row.peak_bytes // MIB:>5} MiB   {told}")
    total = sum(row.count for row in rows.values())
    slowest, peak = max(row.slowest for row in rows.values()), max(row.peak_bytes for row in rows.values())
    print(f"{'all':<22} {total:>5} {sum(row.accepted for row in rows.values()):>5} {slowest:>7.2f} s {peak // MIB:>5} MiB")
    return broken


def controls() -> list[str]:
    """Both detectors must see what they are for; returns those that are blind."""
    blind = []
    workshop = Watched()
    seen = send(unlimited_bomb(), NO_LIMITS, workshop, Row())
    workshop.close()
    if not any(what.startswith(("took", "used")) for what in seen):
        blind.append(f"a bomb without limits broke no limit: {seen}")
    clean = render(make.encoded(make.scene(40, 30)), limits=Limits(seconds=30))
    leaky = replace(clean.pictures[0], data=make.encoded(make.scene(40, 30), exif=make.located()), format="jpeg")
    if survivors(clean) or not survivors(replace(clean, pictures=(leaky,))):
        blind.append("a picture saved with its place was not caught")
    print("controls: " + ("; ".join(blind) or f"both caught ({'; '.join(seen)})"))
    return blind


def main(arguments: list[str] | None = None) -> int:
    """Run the drill; 0 when every promise was kept and every control failed as it must."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="about sixty files")
    parser.add_argument("--control", action="store_true", help="without limits: must fail")
    asked = parser.parse_args(arguments)
    broken = drill(few_uploads() if asked.short else uploads(), NO_LIMITS if asked.control else Limits())
    if not asked.control:
        broken += controls()
    for what in broken:
        print(f"BROKEN  {what}")
    print(f"promise: {'kept' if not broken else f'broken {len(broken)} times'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
