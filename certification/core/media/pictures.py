"""From untrusted bytes to clean pictures. Runs only inside the confined child; the one module that decodes images."""

import io
import math
import warnings

from PIL import (
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from certification.core.media.wire import Made, Order, Row

# The child can open no file, so every codec that Pillow would fetch on demand is here before it is shut in.
CODECS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION = 0x0112
_FAR_ABOVE = 2
# EXIF 3.0 §4.6.4 A, tag Orientation: how the stored picture must be turned to stand upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.createProfile("sRGB")


class Refused(Exception):  # noqa: N818 - named for the fact
    """The bytes are no picture that we take; the first argument is the code, the second a note for the record."""


def samples() -> list[bytes]:
    """Tiny pictures of our own in every format and with every kind of extra, to load all codecs by."""
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    profile = ImageCms.ImageCmsProfile(_SRGB).tobytes()
    colour = Image.new("RGBA", (9, 9), (9, 99, 199, 99))
    kinds = (
        (colour.convert("RGB"), "JPEG"),
        (colour.convert("CMYK"), "JPEG"),
        (colour, "PNG"),
        (Image.new("I;16", (9, 9), 999), "PNG"),
        (colour.convert("P"), "PNG"),
        (colour, "WEBP"),
    )
    made = []
    for image, kind in kinds:
        target = io.BytesIO()
        image.save(target, kind, exif=exif, icc_profile=profile)
        made.append(target.getvalue())
    return made


def develop(data: bytes, order: Order) -> tuple[dict[str, object], list[tuple[Made, bytes]]]:
    """Decode `data` and make every picture of the order: upright, sRGB, opaque, without metadata, never enlarged.

    Returns facts about the source (format, upright width and height) and the files. Raises Refused, MemoryError.
    """
    longest = max(output[0] for output in order["outputs"])
    try:
        source, upright, picture = _decode(data, order, longest)
    except (Refused, MemoryError):
        raise
    except Exception as failure:  # noqa: BLE001 - hostile bytes make codecs raise anything; all of it means "damaged"
        raise _refusal(failure) from failure
    files: list[tuple[Made, bytes]] = []
    for edge, rows in _wanted(order, upright).items():
        # Each size is drawn from the one above it: nearly the same pixels at a fraction of the work.
        picture = _shrink(picture, _fit(upright, edge))
        encoded, (width, height) = _encode(picture, rows)
        files += [
            ({"edge": edge, "format": row[1], "width": width, "height": height}, data)
            for row, data in zip(rows, encoded, strict=True)
        ]
    return {"format": source, "width": upright[0], "height": upright[1]}, files


def _wanted(order: Order, upright: tuple[int, int]) -> dict[int, list[Row]]:
    """The outputs by edge, largest first; of edges that a small source makes equal, only the smallest."""
    edges = {_fit(upright, edge): edge for edge in sorted((row[0] for row in order["outputs"]), reverse=True)}
    return {edge: [row for row in order["outputs"] if row[0] == edge] for edge in edges.values()}


def _decode(data: bytes, order: Order, longest: int) -> tuple[str, tuple[int, int], Image.Image]:
    """The source's format, its upright size, and an upright RGB picture of at most `longest` pixels a side."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = order["pixels"]
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        source = "JPEG" if image.format == "MPO" else str(image.format)
        if source != "JPEG" and getattr(image, "is_animated", False):
            raise Refused("animated", source)
        stored = image.size
        if source == "JPEG":
            image.draft(None, _fit(stored, longest))
        image.load()
        profile = image.info.get("icc_profile")
        turn = _orientation(image)
        small = _to_srgb(_shrink(_plain(image), _fit(stored, longest)), profile)
    flat = _flatten(small, order["paper"])
    upright = (stored[1], stored[0]) if turn in {5, 6, 7, 8} else stored
    return source, upright, flat.transpose(_TURNS[turn]) if turn in _TURNS else flat


def _refusal(failure: Exception) -> Refused:
    note = f"{type(failure).__name__}: {failure}"[:300]
    if isinstance(failure, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return Refused("too_many_pixels", note)
    if "out of memory" in note:
        return Refused("memory", note)
    if isinstance(failure, EOFError) or "truncated" in note.lower():
        return Refused("truncated", note)
    return Refused("damaged", note)


def _fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """The size within a square of `edge` pixels, proportions kept, never larger than given, at least 1 × 1."""
    longest = max(size)
    if longest <= edge:
        return size
    return max(1, round(size[0] * edge / longest)), max(1, round(size[1] * edge / longest))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block says nothing; the picture itself may be sound
        return 1
    return value if isinstance(value, int) else 1


def _plain(image: Image.Image) -> Image.Image:
    """The same picture in one of the modes L, RGB, RGBA, CMYK."""
    if image.mode.startswith("I"):
        # Pillow clips 16 bits at 255 instead of scaling them.
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    if image.mode == "RGBA":
        # Premultiplied, so that the colour of what cannot be seen does not bleed into the edges.
        return image.convert("RGBa").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0).convert("RGBA")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _to_srgb(image: Image.Image, profile: object) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(own):
                converted = ImageCms.profileToProfile(image, own, _SRGB, outputMode=mode)
                return converted or image.convert(mode)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # A profile that cannot be read, or belongs to another colour model: the numbers are taken as they are.
            return image.convert(mode)
    return image.convert(mode)


def _flatten(image: Image.Image, paper: tuple[int, int, int]) -> Image.Image:
    """An RGB picture on paper, with nothing carried over: `info` is what Pillow would write into the file."""
    flat = Image.new("RGB", image.size, tuple(paper))
    flat.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return flat


def _encode(picture: Image.Image, rows: list[Row]) -> tuple[list[bytes], tuple[int, int]]:
    """One file for each row, all of the same size in pixels, and that size."""
    encoded = [_best(picture, row) for row in rows]
    while (excess := _excess(encoded, rows)) > 1 and picture.size != (1, 1):
        # Bytes go with the area; a tenth more off, so that the second try fits.
        scale = 0.9 / math.sqrt(excess)
        picture = _shrink(picture, (max(1, int(picture.width * scale)), max(1, int(picture.height * scale))))
        encoded = [_save(picture, kind, qualities[-1]) for _, kind, qualities, _ in rows]
    return encoded, picture.size


def _excess(encoded: list[bytes], rows: list[Row]) -> float:
    return max(len(data) / most if most else 0.0 for (*_, most), data in zip(rows, encoded, strict=True))


def _best(picture: Image.Image, row: Row) -> bytes:
    """The file of the first quality that fits, or of the last; far above the budget the steps between are spared."""
    _, kind, qualities, most = row
    encoded = _save(picture, kind, qualities[0])
    if most is None or len(encoded) <= most:
        return encoded
    left = qualities[1:] if len(encoded) < _FAR_ABOVE * most else qualities[-1:]
    for quality in left:
        encoded = _save(picture, kind, quality)
        if len(encoded) <= most:
            break
    return encoded


def _save(picture: Image.Image, kind: str, quality: int) -> bytes:
    target = io.BytesIO()
    if kind == "webp":
        # Method 2 costs half of the default and about 5 % in size.
        picture.save(target, "WEBP", quality=quality, method=2)
    else:
        picture.save(target, "JPEG", quality=quality, progressive=True, optimize=True)
    return target.getvalue()
