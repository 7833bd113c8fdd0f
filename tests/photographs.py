"""Image files of our own making for tests, drills and benchmarks: the same bytes on every run."""

import io
import random
import struct
import zlib
from collections.abc import Iterable

from PIL import Image, ImageCms

PLACE = b"17 deg 3 min N Teotitlan"
"""A canary written into every kind of metadata: it must survive nowhere."""


def scene(width: int, height: int, seed: int = 1) -> Image.Image:
    """Something with the spectrum of a photograph: blobs of every size, so that encoders have honest work."""
    dice = random.Random(seed)
    drawn = Image.new("RGB", (width, height), (128, 120, 110))
    for step, cells in enumerate((3, 9, 27, 81, 243, 729)):
        across, down = max(2, cells), max(2, cells * height // width)
        layer = Image.frombytes("RGB", (across, down), dice.randbytes(across * down * 3))
        drawn = Image.blend(drawn, layer.resize((width, height), Image.Resampling.BICUBIC), 0.4 * 0.72**step)
    return drawn


def noise(width: int, height: int, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """What compresses worst."""
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(width * height * len(mode)))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def located(orientation: int = 1) -> Image.Exif:
    """EXIF with an orientation and a place, as a telephone writes it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (17.0, 3.0, 0.0), 3: "W", 4: (96.0, 43.0, 0.0), 27: PLACE})
    return exif


def xmp() -> bytes:
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><place>" + PLACE + b"</place><script>alert(1)</script></x:xmpmeta>"


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def wide_gamut() -> bytes:
    """A matrix profile (ICC.1:2022 §8.3) with the primaries of Adobe RGB (1998), D50, and a plain gamma of 2.2."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \x00\x00\x00\x00" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))

    gamma = b"curv\x00\x00\x00\x00" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\x00\x00"
    text = b"wide gamut for tests\x00"
    description = b"desc\x00\x00\x00\x00" + struct.pack(">I", len(text)) + text + bytes(78)
    description += bytes(-len(description) % 4)
    bodies = {
        b"desc": description,
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
        b"rTRC": gamma,
        b"gTRC": gamma,
        b"bTRC": gamma,
    }
    at = 128 + 4 + 12 * len(bodies)
    table, content = struct.pack(">I", len(bodies)), b""
    for name, body in bodies.items():
        table += struct.pack(">4sII", name, at + len(content), len(body))
        content += body
    head = struct.pack(">I4sI4s4s4s", at + len(content), b"\x00" * 4, 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 11, 21, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\x00") + table + content


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A PNG from raw parts (ISO/IEC 15948 §5): `rows` are already compressed, `extra` are chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb(width: int, height: int) -> bytes:
    """All the zeros that its header promises, in a thousandth of the space."""
    squeeze = zlib.compressobj(9)
    row = bytes(1 + width * 3)
    parts = [squeeze.compress(row) for _ in range(height)]
    return png(width, height, b"".join(parts) + squeeze.flush())


def jpeg_of_size(data: bytes, width: int, height: int) -> bytes:
    """The same JPEG with another size in its frame header."""
    changed = bytearray(data)
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        at = data.find(marker)
        if at >= 0:
            changed[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(changed)


def animation(kind: str, frames: int = 3) -> bytes:
    first, *rest = (scene(40, 30, seed) for seed in range(frames))
    return encoded(first, kind, save_all=True, append_images=rest, duration=100)


def riff(form: bytes, chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    body = form + b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
