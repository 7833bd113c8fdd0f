import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from certification.core.media import images
from certification.core.media.images import Rendered
from certification.core.media.limits import EVIDENCE, MIB, PAPER, PUBLIC, Limits, Output, Profile
from certification.core.media.refusals import IMAGE_SENTENCES, BadImage
from certification.core.media.segments import check_clean
from tests import photographs as make

ONE = Profile("one", (Output(64, "jpeg", (95,)),))
PATIENT = Limits(seconds=30)  # only the drill is about time; a busy machine must not fail the rest


def render(source: bytes | Path, *, limits: Limits = PATIENT, profile: Profile = PUBLIC) -> Rendered:
    return images.render(source, limits=limits, profile=profile)


def refused(source: bytes | Path, limits: Limits = PATIENT) -> BadImage:
    with pytest.raises(BadImage) as caught:
        render(source, limits=limits)
    assert str(caught.value).endswith(".")
    assert "%(" not in str(caught.value)
    return caught.value


def colour(rendered: Rendered, at: tuple[int, int]) -> tuple[int, int, int]:
    found = make.opened(rendered.pictures[0].data).getpixel(at)
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def near(found: tuple[int, int, int], wanted: tuple[int, int, int], by: int = 6) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


class TestSizes:
    def test_a_photograph_becomes_three_sizes_in_two_formats(self) -> None:
        made = render(make.encoded(make.scene(2400, 1800)))
        assert [(one.edge, one.format, one.width, one.height) for one in made.pictures] == [
            (1600, "webp", 1600, 1200),
            (1600, "jpeg", 1600, 1200),
            (800, "webp", 800, 600),
            (800, "jpeg", 800, 600),
            (320, "webp", 320, 240),
            (320, "jpeg", 320, 240),
        ]
        assert (made.format, made.width, made.height) == ("JPEG", 2400, 1800)
        assert [make.opened(one.data).size for one in made.pictures[::2]] == [(1600, 1200), (800, 600), (320, 240)]
        assert {one.content_type for one in made.pictures} == {"image/webp", "image/jpeg"}

    def test_renditions_pair_the_formats_smallest_first(self) -> None:
        sizes = render(make.encoded(make.scene(1700, 900))).renditions()
        assert [(one["webp"].width, one["jpeg"].width) for one in sizes] == [(320, 320), (800, 800), (1600, 1600)]

    def test_nothing_is_enlarged_and_equal_sizes_are_made_once(self) -> None:
        made = render(make.encoded(make.scene(500, 300)))
        assert [(one.edge, one.width, one.height) for one in made.pictures[::2]] == [(800, 500, 300), (320, 320, 192)]
        assert (made.pick(1600, "jpeg").width, made.pick(800, "webp").width, made.pick(320, "jpeg").width) == (500, 500, 320)

    def test_one_pixel_stays_one_pixel(self) -> None:
        made = render(make.encoded(Image.new("RGB", (1, 1)), "PNG"))
        assert [(one.edge, one.width, one.height) for one in made.pictures] == [(320, 1, 1), (320, 1, 1)]

    def test_a_line_keeps_its_one_pixel_of_height(self) -> None:
        assert render(make.encoded(Image.new("RGB", (5000, 1)), "PNG")).pick(320, "webp").height == 1

    def test_page_budgets_hold_even_for_noise(self) -> None:
        made = render(make.encoded(make.noise(2000, 1500), quality=90))
        for one in made.pictures:
            budget = next(out.most_bytes for out in PUBLIC.outputs if (out.edge, out.format) == (one.edge, one.format))
            assert budget is not None
            assert len(one.data) <= budget
        assert all(pair["webp"].width == pair["jpeg"].width for pair in made.renditions())

    def test_evidence_is_one_large_jpeg_and_a_thumbnail(self) -> None:
        made = render(make.encoded(make.scene(4400, 1100), exif=make.located()), profile=EVIDENCE)
        assert [(one.format, one.width, one.height) for one in made.pictures] == [("jpeg", 4000, 1000), ("jpeg", 320, 80)]
        assert make.PLACE not in b"".join(one.data for one in made.pictures)

    def test_the_same_bytes_give_the_same_files(self) -> None:
        data = make.encoded(make.scene(900, 700))
        assert render(data).pictures == render(data).pictures

    def test_a_path_gives_what_its_bytes_give(self, tmp_path: Path) -> None:
        data = make.encoded(make.scene(90, 70))
        (tmp_path / "photo.svg").write_bytes(data)
        assert render(tmp_path / "photo.svg").pictures == render(data).pictures


class TestOrientation:
    CORNERS = ((200, 0, 0), (0, 160, 0), (0, 0, 200), (120, 120, 0))

    @pytest.mark.parametrize(
        ("value", "first", "last"),
        [(1, 0, 3), (2, 1, 2), (3, 3, 0), (4, 2, 1), (5, 0, 3), (6, 2, 1), (7, 3, 0), (8, 1, 2)],
    )
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_all_eight_values_stand_upright(self, value: int, first: int, last: int, kind: str) -> None:
        quarters = Image.new("RGB", (60, 40))
        for at, shade in enumerate(self.CORNERS):
            quarters.paste(shade, (30 * (at % 2), 20 * (at // 2), 30 * (at % 2) + 30, 20 * (at // 2) + 20))
        made = render(make.encoded(quarters, kind, exif=make.located(value)), profile=ONE)
        wide, high = (40, 60) if value >= 5 else (60, 40)
        assert (made.width, made.height) == (wide, high)
        assert (made.pictures[0].width, made.pictures[0].height) == (wide, high)
        assert near(colour(made, (5, 5)), self.CORNERS[first], by=40)
        assert near(colour(made, (wide - 6, high - 6)), self.CORNERS[last], by=40)

    @pytest.mark.parametrize("value", [0, 9, 65535])
    def test_a_value_that_does_not_exist_changes_nothing(self, value: int) -> None:
        assert render(make.encoded(make.scene(60, 40), exif=make.located(value)), profile=ONE).width == 60


class TestMetadata:
    @pytest.mark.parametrize(
        "data",
        [
            make.encoded(make.scene(700, 500), exif=make.located(), xmp=make.xmp(), comment=make.PLACE, icc_profile=make.srgb()),
            make.encoded(make.scene(700, 500), "WEBP", exif=make.located(), xmp=make.xmp(), icc_profile=make.srgb()),
            make.encoded(make.scene(700, 500), "PNG", exif=make.located(), icc_profile=make.srgb()),
            make.png(1, 1, b"x\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00", extra=make.chunk(b"tEXt", b"Comment\x00" + make.PLACE)),
            make.encoded(make.scene(700, 500)) + make.PLACE,
        ],
        ids=["jpeg", "webp", "png", "png text", "behind the end"],
    )
    def test_no_place_or_comment_survives(self, data: bytes) -> None:
        assert make.PLACE in data  # negative control: the canary was there
        made = render(data)
        for one in made.pictures:
            check_clean(one.data, one.format)
            assert make.PLACE not in one.data
            assert not make.opened(one.data).getexif()
            assert not {"exif", "xmp", "icc_profile", "comment", "dpi"} & set(make.opened(one.data).info)

    def test_a_broken_exif_block_does_not_cost_the_picture(self) -> None:
        assert render(make.encoded(make.scene(60, 40), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff"), profile=ONE).width == 60


class TestColour:
    @pytest.mark.parametrize(
        ("image", "kind", "wanted"),
        [
            (Image.new("L", (40, 40), 128), "JPEG", (128, 128, 128)),
            (Image.new("1", (40, 40), 1), "PNG", (255, 255, 255)),
            (Image.new("I;16", (40, 40), 0x8000), "PNG", (128, 128, 128)),
            (Image.new("LA", (40, 40), (0, 0)), "PNG", PAPER),
            (Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "PNG", PAPER),
            (Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "WEBP", PAPER),
            (Image.new("RGBA", (40, 40), (0, 0, 0, 128)), "PNG", (124, 122, 118)),
            (Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        ],
        ids=["gray", "one bit", "16 bit", "gray alpha", "alpha", "alpha webp", "half", "cmyk"],
    )
    def test_every_colour_model_becomes_srgb_on_paper(self, image: Image.Image, kind: str, wanted: tuple[int, int, int]) -> None:
        options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        assert near(colour(render(make.encoded(image, kind, **options), profile=ONE), (20, 20)), wanted)

    def test_a_palette_with_a_transparent_entry_lies_on_paper(self) -> None:
        image = Image.new("P", (40, 40), 1)
        image.putpalette([200, 0, 0, 0, 0, 200])
        image.paste(0, (0, 0, 20, 40))
        made = render(make.encoded(image, "PNG", transparency=1), profile=ONE)
        assert near(colour(made, (5, 20)), (200, 0, 0))
        assert near(colour(made, (35, 20)), PAPER)

    def test_a_wide_gamut_profile_is_converted(self) -> None:
        image = Image.new("RGB", (40, 40), (100, 200, 100))
        plain = colour(render(make.encoded(image, "PNG"), profile=ONE), (20, 20))
        converted = colour(render(make.encoded(image, "PNG", icc_profile=make.wide_gamut()), profile=ONE), (20, 20))
        assert near(plain, (100, 200, 100))
        assert near(converted, (0, 201, 94))

    @pytest.mark.parametrize("profile", [b"no profile", make.wide_gamut()[:200], make.srgb()], ids=["nonsense", "cut", "srgb"])
    def test_an_unreadable_or_plain_profile_leaves_the_numbers(self, profile: bytes) -> None:
        made = render(make.encoded(Image.new("RGB", (40, 40), (100, 200, 100)), "PNG", icc_profile=profile), profile=ONE)
        assert near(colour(made, (20, 20)), (100, 200, 100))

    def test_a_profile_for_another_colour_model_leaves_the_numbers(self) -> None:
        made = render(make.encoded(Image.new("L", (40, 40), 90), "PNG", icc_profile=make.wide_gamut()), profile=ONE)
        assert near(colour(made, (20, 20)), (90, 90, 90))


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            (b"\x00" * 100, "not_an_image"),
            (b"<!DOCTYPE html><script>alert(1)</script>", "not_an_image"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_an_image"),
            (b"%PDF-1.7\n%%EOF", "not_an_image"),
            (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heic"),
            (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "heic"),
            (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", "other_format"),
            (make.animation("GIF"), "other_format"),
            (make.encoded(make.scene(20, 20), "BMP"), "other_format"),
            (make.encoded(make.scene(20, 20), "TIFF"), "other_format"),
            (make.animation("WEBP"), "animated"),
            (make.animation("PNG"), "animated"),
            (b"\xff\xd8\xff", "damaged"),
            (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "damaged"),
            (b"\xff\xd8\xff\xe0<html><script>alert(1)</script>" * 9, "truncated"),
            (make.riff(b"WEBP", [(b"VP8 ", b"<script>alert(1)</script>")]), "damaged"),
            (make.encoded(make.scene(90, 90), "WEBP")[:-20], "truncated"),
            (make.jpeg_of_size(make.encoded(make.scene(64, 64)), 65000, 65000), "too_many_pixels"),
            (make.png(100_000, 100_000, b""), "too_many_pixels"),
            (make.png(0x7FFFFFFF, 0x7FFFFFFF, b""), "too_many_pixels"),
            (make.png(0, 10, b""), "damaged"),
            (make.png(6400, 6400, b""), "too_many_pixels"),
            (make.png_bomb(8000, 8000), "too_many_pixels"),
            (make.riff(b"WEBP", [(b"VP8X", b"\x00" * 4 + b"\xff" * 6)]), "too_many_pixels"),
        ],
    )
    def test_each_says_its_own_sentence(self, data: bytes, code: str) -> None:
        assert refused(data).code == code

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_cut_at_forty_points_is_a_sentence_or_the_whole_picture(self, kind: str) -> None:
        data = make.encoded(make.scene(160, 120), kind)
        whole = render(data, profile=ONE).pictures[0].data
        for cut in range(0, len(data), max(1, len(data) // 40)):
            outcome: object
            try:
                outcome = render(data[:cut], profile=ONE).pictures[0].data
            except BadImage as refusal:
                outcome = refusal.code
            assert outcome in {whole, "empty", "truncated", "damaged", "not_an_image"}

    def test_cut_in_the_middle_is_told_as_incomplete(self) -> None:
        for kind in ("JPEG", "PNG", "WEBP"):
            data = make.encoded(make.scene(160, 120), kind)
            assert refused(data[: len(data) // 2]).code == "truncated"

    def test_a_name_is_never_believed(self, tmp_path: Path) -> None:
        for name, data in (("photo.jpg", b"<html>"), ("photo.jpeg", b"<svg/>"), ("photo.png", b"MZ\x90\x00")):
            (tmp_path / name).write_bytes(data)
            assert refused(tmp_path / name).code == "not_an_image"
            assert [left.name for left in tmp_path.iterdir()] == [name]
            (tmp_path / name).unlink()

    def test_an_archive_behind_a_photograph_does_not_survive(self) -> None:
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("run.sh", "#!/bin/sh")
        polyglot = make.encoded(make.scene(90, 60)) + archive.getvalue()
        assert zipfile.is_zipfile(BytesIO(polyglot))  # negative control
        assert not any(zipfile.is_zipfile(BytesIO(one.data)) for one in render(polyglot).pictures)

    def test_a_file_above_its_limit_is_not_read(self) -> None:
        refusal = refused(make.encoded(make.scene(90, 60)) + bytes(MIB), Limits(seconds=30, file_bytes=MIB))
        assert (refusal.code, refusal.params) == ("too_large_file", {"megabytes": 1})

    def test_the_limit_itself_is_allowed(self) -> None:
        data = make.encoded(make.scene(90, 60))
        assert render(data, limits=Limits(seconds=30, file_bytes=len(data), pixels=90 * 60), profile=ONE).width == 90
        assert refused(data, Limits(seconds=30, pixels=90 * 60 - 1)).code == "too_many_pixels"

    def test_a_compressed_comment_of_gigabytes_costs_a_sentence(self) -> None:
        flood = zlib.compress(bytes(80 * MIB), 9)
        text = make.chunk(b"zTXt", b"Comment\x00\x00" + flood)
        assert refused(make.png(1, 1, b"x\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00", extra=text)).code == "damaged"

    def test_every_sentence_says_what_to_do(self) -> None:
        verbs = ("Elija", "elija", "Guarde", "guárdela", "Suba", "Súbala", "súbala", "Tómela", "Vuelva")
        assert [code for code, sentence in IMAGE_SENTENCES.items() if not any(verb in sentence for verb in verbs)] == []
