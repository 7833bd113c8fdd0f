"""The files of the upload drill: many kinds, each sound and then broken in many ways. The same bytes on every run."""

import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PIL import Image

from tests import photographs as make

SIZES = ((37, 23), (640, 480), (2200, 1650))
MIB = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """One file: what it is, what was done to it, and whether it has to be accepted (None: either will do)."""

    kind: str
    fault: str
    data: bytes
    must_pass: bool | None


def uploads() -> Iterator[Upload]:
    """More than a thousand files."""
    for size in SIZES:
        yield from mutated(size)
    yield from impostors()
    yield from small_bombs()
    yield from large_bombs()


def few_uploads() -> Iterator[Upload]:
    """About sixty: every kind sound, every fault once on a kind of its own, and the bombs that are quickly made."""
    everything = list(mutated(SIZES[0]))
    kinds = {upload.kind: number for number, upload in enumerate(one for one in everything if one.fault == "sound")}
    faults = list(FAULTS)
    for upload in everything:
        if upload.fault == "sound" or faults.index(upload.fault) % len(kinds) == kinds[upload.kind]:
            yield upload
    yield from impostors()
    yield from small_bombs()


def mutated(size: tuple[int, int]) -> Iterator[Upload]:
    scene = make.scene(*size)
    other = make.encoded(make.scene(50, 40, seed=9), "PNG")
    for kind, (accepted, save) in KINDS.items():
        data = save(scene)
        yield Upload(kind, "sound", data, accepted)
        for fault, spoil in FAULTS.items():
            dice = random.Random(f"{kind} {fault} {size}")
            yield Upload(kind, fault, spoil(data, dice, other), None)


def impostors() -> Iterator[Upload]:
    """What is no picture at all, or says that it is one."""
    script = b"<script>alert(1)</script>"
    bodies = {
        "nothing": b"",
        "zeros": bytes(5000),
        "page": b"<!DOCTYPE html>" + script,
        "drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "program": b"MZ" + bytes(500),
        "shell": b"#!/bin/sh\nrm -r /",
        "jpeg start": b"\xff\xd8\xff\xe0" + script * 40,
        "png start": b"\x89PNG\r\n\x1a\n" + script * 40,
        "webp start": make.riff(b"WEBP", [(b"VP8 ", script * 40)]),
        "noise": random.Random(5).randbytes(60_000),
        "jpeg noise": b"\xff\xd8\xff\xdb" + random.Random(6).randbytes(60_000),
        "png noise": make.png(300, 300, random.Random(7).randbytes(60_000)),
        "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(500),
    }
    for name, body in bodies.items():
        yield Upload("impostor", name, body, must_pass=False)


def small_bombs() -> Iterator[Upload]:
    """Small to send and costly to open, quick to make."""
    for width, height in ((65_000, 65_000), (65_500, 1000)):
        lie = make.jpeg_of_size(make.encoded(make.scene(64, 64)), width, height)
        yield Upload("bomb", "jpeg header", lie, must_pass=False)
    for side in (40_001, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Upload("bomb", "png header", make.png(side, side, b""), must_pass=False)
    yield Upload("bomb", "webp canvas", make.riff(b"WEBP", [(b"VP8X", bytes(4) + b"\xff" * 6)]), must_pass=False)
    flood = zlib.compress(bytes(100 * MIB), 9)
    for name, head in ((b"zTXt", b"a\x00\x00"), (b"iCCP", b"a\x00\x00"), (b"iTXt", b"a\x00\x01\x00\x00\x00")):
        body = make.png(4, 4, zlib.compress(bytes(52)), extra=make.chunk(name, head + flood))
        yield Upload("bomb", f"png {name.decode()}", body, must_pass=None)
    crowd = make.chunk(b"tEXt", b"a\x00b") * 60_000
    yield Upload("bomb", "png chunks", make.png(4, 4, zlib.compress(bytes(52)), extra=crowd), must_pass=None)
    yield Upload("bomb", "png zeros", make.png_bomb(6400, 6400), must_pass=False)
    yield Upload("bomb", "jpeg scans", scan_bomb(7000, 5000, 500), must_pass=None)


def large_bombs() -> Iterator[Upload]:
    """The costliest that we know, and pictures just within the limit of pixels."""
    for width, height in ((12_000, 12_000), (100_000, 1000), (1, 50_000_000)):
        yield Upload("bomb", "png zeros", make.png_bomb(width, height), must_pass=False)
    yield Upload("bomb", "jpeg scans", scan_bomb(3000, 2000, 400), must_pass=None)
    yield Upload("bomb", "jpeg scans", scan_bomb(7000, 5000, 2000), must_pass=None)
    yield Upload("bomb", "40 MP png", make.png_bomb(8000, 5000), must_pass=None)
    yield Upload("bomb", "40 MP png 16 bit", deep_png(8000, 5000), must_pass=None)
    yield Upload("bomb", "40 MP jpeg", make.encoded(make.scene(8000, 5000), progressive=True), must_pass=None)
    clear = Image.new("RGBA", (8000, 5000), (9, 9, 9, 9))
    yield Upload("bomb", "40 MP webp", make.encoded(clear, "WEBP", method=0), must_pass=None)
    yield Upload("bomb", "noise", make.encoded(make.noise(2500, 2000), quality=95), must_pass=None)


def unlimited_bomb() -> Upload:
    """What takes more than 2 s or 1 GiB of who has no limits."""
    return Upload("bomb", "control", make.png_bomb(17_000, 17_000), must_pass=None)


def scan_bomb(width: int, height: int, scans: int) -> bytes:
    """A flat progressive JPEG whose last scan is repeated: each repetition walks over the whole picture."""
    data = make.encoded(Image.new("RGB", (width, height), (90, 120, 60)), progressive=True)
    last = data.rfind(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + b"\xff\xd9"


def deep_png(width: int, height: int) -> bytes:
    squeeze = zlib.compressobj(1)
    row = bytes(1) + bytes(range(200)) * (width * 8 // 200)
    parts = [squeeze.compress(row) for _ in range(height)]
    return make.png(width, height, b"".join(parts) + squeeze.flush(), depth=16, colour=6)


def _save(kind: str, mode: str = "RGB", /, **options: object) -> Callable[[Image.Image], bytes]:
    return lambda scene: make.encoded(scene.convert(mode), kind, **options)


def _deep(scene: Image.Image) -> bytes:
    return make.encoded(scene.convert("I").point(lambda value: value * 257).convert("I;16"), "PNG")


def _several(kind: str, scene: Image.Image) -> bytes:
    more = [scene.transpose(Image.Transpose.ROTATE_180)]
    return make.encoded(scene, kind, save_all=True, append_images=more)


_PHONE: dict[str, object] = {"exif": make.located(6), "comment": make.PLACE, "xmp": make.xmp(), "icc_profile": make.wide_gamut()}
KINDS: dict[str, tuple[bool, Callable[[Image.Image], bytes]]] = {
    "jpeg": (True, _save("JPEG")),
    "jpeg of a telephone": (True, _save("JPEG", **_PHONE)),
    "jpeg progressive": (True, _save("JPEG", progressive=True, exif=make.located(8))),
    "jpeg gray": (True, _save("JPEG", "L", exif=make.located(3))),
    "jpeg cmyk": (True, _save("JPEG", "CMYK", comment=make.PLACE)),
    "jpeg 4:4:4": (True, _save("JPEG", quality=97, subsampling=0)),
    "jpeg of two pictures": (True, partial(_several, "MPO")),
    "png": (True, _save("PNG", exif=make.located(5))),
    "png alpha": (True, _save("PNG", "RGBA", icc_profile=make.srgb())),
    "png palette": (True, _save("PNG", "P", transparency=3)),
    "png one bit": (True, _save("PNG", "1")),
    "png gray alpha": (True, _save("PNG", "LA")),
    "png 16 bit": (True, _deep),
    "webp": (True, _save("WEBP", exif=make.located(7), xmp=make.xmp())),
    "webp lossless": (True, _save("WEBP", lossless=True, icc_profile=make.wide_gamut())),
    "webp alpha": (True, _save("WEBP", "RGBA")),
    "webp animated": (False, partial(_several, "WEBP")),
    "png animated": (False, partial(_several, "PNG")),
    "gif": (False, _save("GIF")),
    "tiff": (False, _save("TIFF")),
    "bmp": (False, _save("BMP")),
    "jpeg 2000": (False, _save("JPEG2000")),
    "avif": (False, _save("AVIF", speed=10)),
}


def _flip(data: bytes, dice: random.Random, flips: int, first: int = 0) -> bytes:
    changed = bytearray(data)
    for _ in range(flips):
        changed[dice.randrange(min(first, len(data) - 1), len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(data: bytes, dice: random.Random, low: float, high: float) -> bytes:
    return data[: int(len(data) * dice.uniform(low, high))]


def _fill(data: bytes, dice: random.Random, filling: bytes) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + filling + data[at + len(filling) :]


def _insert(data: bytes, dice: random.Random, added: bytes) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + added + data[at:]


def _lie(data: bytes, dice: random.Random, width: int, height: int) -> bytes:
    """Another size wherever the format states one."""
    del dice
    changed = bytearray(make.jpeg_of_size(data, width % 65536, height % 65536))
    if data.startswith(b"\x89PNG"):
        changed[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        changed[29:33] = zlib.crc32(changed[12:29]).to_bytes(4, "big")
    elif data[12:15] == b"VP8":
        changed[24:30] = ((width - 1) % 2**24).to_bytes(3, "little") + ((height - 1) % 2**24).to_bytes(3, "little")
    return bytes(changed)


Fault = Callable[[bytes, random.Random, bytes], bytes]
FAULTS: dict[str, Fault] = {
    "1 bit": lambda data, dice, _: _flip(data, dice, 1),
    "8 bits": lambda data, dice, _: _flip(data, dice, 8),
    "200 bits": lambda data, dice, _: _flip(data, dice, 200),
    "bits of the header": lambda data, dice, _: _flip(data[:64], dice, 6, 12) + data[64:],
    "cut early": lambda data, dice, _: _cut(data, dice, 0.0, 0.3),
    "cut late": lambda data, dice, _: _cut(data, dice, 0.5, 1.0),
    "zeros inside": lambda data, dice, _: _fill(data, dice, bytes(300)),
    "ones inside": lambda data, dice, _: _fill(data, dice, b"\xff" * 300),
    "another inside": _insert,
    "another behind": lambda data, _, other: data + other,
    "script inside": lambda data, dice, _: _insert(data, dice, b"<script>alert(1)</script>" * 3),
    "archive behind": lambda data, _, __: data + b"PK\x05\x06" + bytes(18),
    "huge by its header": lambda data, dice, _: _lie(data, dice, 50_000, 60_000),
    "wrong by its header": lambda data, dice, _: _lie(data, dice, 3000, 2000),
    "half twice": lambda data, _, __: data[: len(data) // 2] * 2,
}
