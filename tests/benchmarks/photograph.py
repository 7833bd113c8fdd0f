"""A 12-megapixel photograph to three sizes in WebP and JPEG: the confined upload path against bare Pillow with draft().

    python -m tests.benchmarks.photograph [--short]

Promise: at most 1.3 times the time of the bare library making the same files, median of alternating rounds. Wall
clock, as most of our side runs in another process. The control starts the image process anew for each photograph and
must break the promise. No verdict (exit 2) when the reference itself moves by more than 2 times.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable

from PIL import Image, ImageCms, ImageOps

from certification.core.media.confined import Workshop
from certification.core.media.images import render
from certification.core.media.limits import PUBLIC, Limits
from tests import photographs as make

PROMISE = 1.3
MOST_DRIFT = 2.0
LIMITS = Limits(seconds=30)  # a slow machine changes the figure, not whether there is one
SRGB = ImageCms.createProfile("sRGB")


def bare(data: bytes) -> list[bytes]:
    """The same six files with the library alone: trusted input, no process, no limit."""
    image: Image.Image = Image.open(io.BytesIO(data))
    edges = sorted({output.edge for output in PUBLIC.outputs}, reverse=True)
    image.draft("RGB", fitted(image.size, edges[0]))
    image = image.resize(fitted(image.size, edges[0]), Image.Resampling.LANCZOS)
    image = ImageOps.exif_transpose(image).convert("RGB")
    if profile := image.info.get("icc_profile"):
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, own, SRGB, outputMode="RGB")
        assert converted is not None
        image = converted
    made = []
    for edge in edges:
        image = image.resize(fitted(image.size, edge), Image.Resampling.LANCZOS)
        image.info.clear()
        for output in (one for one in PUBLIC.outputs if one.edge == edge):
            options = {"method": 2} if output.format == "webp" else {"progressive": True, "optimize": True}
            made.append(make.encoded(image, output.format.upper(), quality=output.qualities[0], **options))
    return made


def fitted(size: tuple[int, int], edge: int) -> tuple[int, int]:
    scale = min(1.0, edge / max(size))
    return round(size[0] * scale), round(size[1] * scale)


def ours(data: bytes) -> list[bytes]:
    return [picture.data for picture in render(data, limits=LIMITS).pictures]


def with_a_new_process(data: bytes) -> list[bytes]:
    workshop = Workshop()
    try:
        return [picture.data for picture in render(data, limits=LIMITS, workshop=workshop).pictures]
    finally:
        workshop.close()


def seconds(act: Callable[[bytes], list[bytes]], data: bytes) -> float:
    start = time.perf_counter()
    act(data)
    return time.perf_counter() - start


def compare(name: str, act: Callable[[bytes], list[bytes]], data: bytes, rounds: int) -> tuple[float, float]:
    """Print one row; the median ratio, and how far the reference moved."""
    sizes = [[make.opened(one).size for one in made(data)] for made in (bare, act)]
    if sizes[0] != sizes[1]:
        raise AssertionError(f"the two sides do not make the same files: {sizes}")
    pairs = [(seconds(bare, data), seconds(act, data)) for _ in range(rounds)]
    ratios = [mine / reference for reference, mine in pairs]
    references = [reference for reference, _ in pairs]
    median = statistics.median(ratios)
    print(
        f"{name:<34} {statistics.median(references) * 1000:7.0f} ms {statistics.median(m for _, m in pairs) * 1000:7.0f} ms"
        f"   {median:5.2f} {min(ratios):5.2f} {max(ratios):5.2f}"
    )
    return median, max(references) / min(references)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 0 kept, 1 broken, 2 no verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="7 rounds instead of 21")
    rounds = 7 if parser.parse_args(arguments).short else 21
    picture = make.scene(4000, 3000)
    plain = make.encoded(picture, quality=88)
    phone = make.encoded(picture, quality=88, exif=make.located(6), icc_profile=make.wide_gamut(), progressive=True)
    print(f"{'12 MP to 3 sizes × 2 formats':<34} {'bare':>10} {'ours':>10}   ratio   min   max   ({rounds} rounds)")
    results = [
        compare("JPEG", ours, plain, rounds),
        compare("JPEG, turned, wide gamut, progressive", ours, phone, rounds),
    ]
    control, drift = compare("control: a new process each time", with_a_new_process, plain, 7)
    if max(drift, *(moved for _, moved in results)) > MOST_DRIFT:
        print(f"no verdict: the reference moved by more than {MOST_DRIFT} times")
        return 2
    if control <= PROMISE:
        print(f"the control kept the promise of {PROMISE}: this benchmark proves nothing here")
        return 1
    kept = all(median <= PROMISE for median, _ in results)
    print(f"promise: ratio ≤ {PROMISE}: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
