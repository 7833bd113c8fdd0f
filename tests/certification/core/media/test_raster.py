import pytest

from certification.core.media.raster import rasterize
from tests import photographs as make

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20"><rect width="10" height="20" fill="#9B1B30"/></svg>'


def test_a_drawing_fits_the_frame_in_its_own_proportions() -> None:
    assert make.opened(rasterize(DRAWING, 100, 200)).size == (100, 200)
    assert make.opened(rasterize(DRAWING, 100, 100)).size == (50, 100)
    assert make.opened(rasterize(DRAWING, 100, 200)).getpixel((50, 100)) == (0x9B, 0x1B, 0x30, 255)


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert rasterize(DRAWING, 30, 60) == rasterize(DRAWING, 30, 60)


def test_what_is_no_drawing_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown token"):
        rasterize("no drawing", 10, 10)
