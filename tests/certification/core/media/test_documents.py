import struct
import wave
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from certification.core.media.documents import DEFAULT_CAPS, Kind, accept
from certification.core.media.limits import MIB
from certification.core.media.refusals import DOCUMENT_SENTENCES, BadDocument, BadImage
from certification.core.media.sniff import sniff
from tests import photographs as make

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead" + bytes(200)
MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG-1, 128 kbit/s, 44.1 kHz: 417 bytes
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm" + b"\x18S\x80g" + b"\x86\x85V_VP8" + bytes(300)


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(handler: bytes = b"vide", brand: bytes = b"isom") -> bytes:
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12))), box(b"udta", make.PLACE))
    place = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7+17.0000-096.7200/"), make.PLACE)
    keys = box(b"meta", b"com.apple.quicktime.location.ISO6709", make.PLACE)
    movie = box(b"moov", box(b"mvhd", bytes(100)), track, place, keys)
    media = box(b"mdat", bytes(500))
    return (
        box(b"ftyp", brand, bytes(4), b"isommp42")
        + box(b"free", make.PLACE)
        + movie
        + media
        + box(b"uuid", bytes(16), make.PLACE)
    )


def wav() -> bytes:
    target = BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(1600))
    return target.getvalue()


def archive() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("index.html", "<script>alert(1)</script>")
    return target.getvalue()


def refused(data: bytes | Path, **caps: int) -> str:
    with pytest.raises(BadDocument) as caught:
        accept(data, caps={**DEFAULT_CAPS, **{Kind(name): cap for name, cap in caps.items()}})
    assert str(caught.value).endswith(".")
    assert "%(" not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "kind", "content_type", "suffix"),
    [
        (PDF, Kind.PDF, "application/pdf", ".pdf"),
        (mp4(), Kind.VIDEO, "video/mp4", ".mp4"),
        (mp4(brand=b"qt  "), Kind.VIDEO, "video/quicktime", ".mov"),
        (mp4(b"soun", b"M4A "), Kind.AUDIO, "audio/mp4", ".m4a"),
        (mp4(b"soun", b"3gp4"), Kind.AUDIO, "audio/mp4", ".m4a"),
        (MP3_FRAME * 3, Kind.AUDIO, "audio/mpeg", ".mp3"),
        (b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + MP3_FRAME * 2, Kind.AUDIO, "audio/mpeg", ".mp3"),
        (OGG, Kind.AUDIO, "audio/ogg", ".ogg"),
        (wav(), Kind.AUDIO, "audio/wav", ".wav"),
        (WEBM, Kind.VIDEO, "video/webm", ".webm"),
        (WEBM.replace(b"V_VP8", b"A_OPUS"), Kind.AUDIO, "audio/webm", ".webm"),
        ("Acta de asamblea: 3 < 5 socios, año 2026".encode(), Kind.TEXT, "text/plain; charset=utf-8", ".txt"),
    ],
)
def test_what_a_file_is_comes_from_its_bytes(data: bytes, kind: Kind, content_type: str, suffix: str, tmp_path: Path) -> None:
    (tmp_path / "evil.html").write_bytes(data)
    for source in (data, tmp_path / "evil.html"):
        found = accept(source)
        assert (found.kind, found.content_type, found.suffix) == (kind, content_type, suffix)


def test_text_of_old_editors_is_kept_as_utf_8() -> None:
    assert accept("Señora Ñáñez".encode("cp1252")).content == "Señora Ñáñez".encode()
    assert accept(b"\xef\xbb\xbfhola").content == b"hola"


def test_a_photograph_becomes_a_clean_jpeg_with_thumbnail() -> None:
    found = accept(make.encoded(make.scene(900, 600), "PNG", exif=make.located()))
    assert (found.kind, found.content_type, found.suffix) == (Kind.IMAGE, "image/jpeg", ".jpg")
    assert isinstance(found.content, bytes)
    assert found.content.startswith(b"\xff\xd8")
    assert make.PLACE not in found.content
    assert found.pictures is not None
    assert [one.width for one in found.pictures.pictures] == [900, 320]


def test_a_telephones_heic_gets_the_sentence_of_photographs() -> None:
    with pytest.raises(BadImage) as caught:
        accept(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
    assert caught.value.code == "heic"


def test_places_in_a_video_are_blanked_and_nothing_moves(tmp_path: Path) -> None:
    data = mp4()
    assert data.count(make.PLACE) == 5  # negative control
    (tmp_path / "upload").write_bytes(data)
    for source in (data, tmp_path / "upload"):
        kept = accept(source).content
        clean = kept if isinstance(kept, bytes) else kept.read_bytes()
        assert make.PLACE not in clean
        assert b"+17.0000" not in clean
        assert len(clean) == len(data)
        assert clean.index(b"mdat") == data.index(b"mdat")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (bytes(900), "not_a_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not_a_document"),
        (b"#!AMR\n" + bytes(99), "not_a_document"),
        (b"<!DOCTYPE html><p>hola", "web_page"),
        (b"\n  <svg xmlns='http://www.w3.org/2000/svg'/>", "web_page"),
        (b"<?xml version='1.0'?><svg/>", "web_page"),
        (b"hola <ScRiPt>alert(1)</ScRiPt>", "web_page"),
        (archive(), "archive"),
        (b"MZ\x90\x00", "archive"),
        (b"\x7fELF", "archive"),
        (b"#!/bin/sh\nrm -r /", "archive"),
        (PDF[:-8], "truncated"),
        (b"%PDF-9.x" + PDF[8:], "damaged"),
        (PDF + archive(), "two_in_one"),
        (PDF.replace(b"1 0 obj", b"<html><script>alert(1)</script>1 0 obj"), "two_in_one"),
        (PDF.replace(b"/Type/Catalog", b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "active_pdf"),
        (PDF.replace(b"/Type/Catalog", b"/OpenAction<</S/J#61vaScript/JS(app.alert(1))>>"), "active_pdf"),
        (PDF.replace(b"/Type/Catalog", b"/A<</S/Launch/F(cmd.exe)>>"), "active_pdf"),
        (PDF.replace(b"/Type/Catalog", b"/Names<</EmbeddedFiles 2 0 R>>"), "active_pdf"),
        (mp4()[:-4], "truncated"),
        (mp4() + archive(), "two_in_one"),
        (mp4(b"hint"), "damaged"),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"free"), "truncated"),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"mdat") + box(b"moov", b"\x00\x00\xff\xfftrak"), "damaged"),
        (MP3_FRAME + bytes(500), "damaged"),
        (MP3_FRAME * 2 + archive(), "two_in_one"),
        (b"OggS\x00\x02" + bytes(20) + b"\x01\x13\x80theora" + bytes(99), "not_a_document"),
        (OGG + archive(), "two_in_one"),
        (wav()[:-10], "truncated"),
        (wav() + b"<script>", "two_in_one"),
        (WEBM.replace(b"webm", b"matr"), "not_a_document"),
        (WEBM.replace(b"V_VP8", b"V_XYZ"), "damaged"),
        (b"RIFF\x04\x00\x00\x00AVI ", "not_a_document"),
    ],
)
def test_each_refusal_says_its_own_sentence_and_leaves_the_file_alone(data: bytes, code: str, tmp_path: Path) -> None:
    assert refused(data) == code
    (tmp_path / "acta.pdf").write_bytes(data)
    assert refused(tmp_path / "acta.pdf") == code
    assert [left.name for left in tmp_path.iterdir()] == ["acta.pdf"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (mp4(), "video"),
        (mp4(b"soun"), "audio"),
        (MP3_FRAME * 2, "audio"),
        (OGG, "audio"),
        (wav(), "audio"),
        (WEBM, "video"),
        (b"hola", "text"),
    ],
)
def test_every_kind_has_a_limit_of_its_own(data: bytes, kind: str) -> None:
    assert accept(data, caps={**DEFAULT_CAPS, Kind(kind): len(data)}).kind is Kind(kind)
    assert refused(data, **{kind: len(data) - 1}) == "too_large_file"


def test_a_limit_is_told_in_megabytes() -> None:
    with pytest.raises(BadDocument) as caught:
        accept(b"hola " * MIB, caps={**DEFAULT_CAPS, Kind.TEXT: 2 * MIB})
    assert caught.value.params == {"megabytes": 2}


@pytest.mark.parametrize("cut", range(0, len(mp4()), 37))
def test_a_video_cut_anywhere_is_a_sentence(cut: int) -> None:
    assert refused(mp4()[:cut]) in {"empty", "truncated", "damaged", "not_a_document", "two_in_one"}


def test_an_archive_is_found_behind_a_comment_and_not_in_mere_bytes() -> None:
    commented = archive()[:-2] + b"\x05\x00" + b"hello"
    assert refused(OGG + commented) == "two_in_one"
    assert accept(OGG + b"PK\x05\x06 is only four letters").kind is Kind.AUDIO


def test_every_sentence_says_what_to_do() -> None:
    verbs = ("Suba", "suba", "Súbalo", "súbalo", "Grabe", "Imprímalo")
    assert [code for code, sentence in DOCUMENT_SENTENCES.items() if not any(verb in sentence for verb in verbs)] == []


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "unknown"),
        (b"\xff", "unknown"),
        (b"\xff\xf1\x50\x80", "unknown"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"RIFF", "unknown"),
        (b"\x00\x00\x00\x08ftyp", "unknown"),
    ],
)
def test_short_and_odd_beginnings_are_named_without_failing(head: bytes, kind: str) -> None:
    assert sniff(head) == kind
