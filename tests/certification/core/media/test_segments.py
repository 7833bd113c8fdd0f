import pytest

from certification.core.media.segments import Unclean, check_clean
from tests import photographs as make

SCENE = make.scene(64, 48)
JPEG, PROGRESSIVE, WEBP = make.encoded(SCENE), make.encoded(SCENE, progressive=True, optimize=True), make.encoded(SCENE, "WEBP")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (JPEG, "jpeg"),
        (PROGRESSIVE, "jpeg"),
        (make.encoded(SCENE, restart_marker_rows=1), "jpeg"),
        (WEBP, "webp"),
        (make.encoded(SCENE, "WEBP", lossless=True), "webp"),
    ],
)
def test_a_bare_picture_is_clean(data: bytes, kind: str) -> None:
    check_clean(data, kind)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (make.encoded(SCENE, exif=make.located()), "jpeg"),
        (make.encoded(SCENE, comment=b"hi"), "jpeg"),
        (make.encoded(SCENE, xmp=make.xmp()), "jpeg"),
        (make.encoded(SCENE, icc_profile=make.srgb()), "jpeg"),
        (JPEG + b"x", "jpeg"),
        (JPEG[:-2], "jpeg"),
        (JPEG[:200], "jpeg"),
        (JPEG[:-2] + b"\xff\xe1\x00\x06exif\xff\xd9", "jpeg"),
        (b"", "jpeg"),
        (WEBP, "jpeg"),
        (make.encoded(SCENE, "WEBP", exif=make.located()), "webp"),
        (make.encoded(SCENE, "WEBP", icc_profile=make.srgb()), "webp"),
        (make.animation("WEBP"), "webp"),
        (WEBP + b"x", "webp"),
        (WEBP[:-2], "webp"),
        (WEBP[:4] + b"\x00\x00\x00\x00" + WEBP[8:], "webp"),
        (b"", "webp"),
        (JPEG, "webp"),
        (b"<svg/>", "svg"),
    ],
)
def test_anything_besides_the_picture_is_told(data: bytes, kind: str) -> None:
    with pytest.raises(Unclean):
        check_clean(data, kind)


def test_no_cut_or_doubled_byte_makes_the_check_fail_otherwise() -> None:
    for at in range(len(PROGRESSIVE)):
        for data in (PROGRESSIVE[:at], PROGRESSIVE[:at] + PROGRESSIVE[at : at + 1] + PROGRESSIVE[at:]):
            try:
                check_clean(data, "jpeg")
            except Unclean:
                continue
