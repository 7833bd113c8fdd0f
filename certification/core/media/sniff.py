"""What a file is, by its first bytes alone. Names and announced types are never asked."""

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_VIDEO_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"dash", b"MSNV"}
_VIDEO_BRANDS |= {b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"3g2a"}
_AUDIO_BRANDS = {b"M4A ", b"M4B "}
_PREFIXES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"#!AMR", "amr"),
    (b"#!", "program"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\x1aE\xdf\xa3", "matroska"),
)
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg", b"<?xml", b"<?php", b"<!--")
_MP3_MASK, _MP3_SYNC = 0xFFE6, 0xFFE2
HEAD_BYTES = 4096
"""How many bytes from the beginning `sniff` looks at."""


def sniff(head: bytes) -> str:
    """Name the kind of a file from its beginning: "jpeg", "png", "webp", "heic", "pdf", "mp4", … or "unknown".

    Signatures follow each format's own standard; containers are told apart by their brand (ISO/IEC 14496-12 §4.3)
    or form type (RIFF). Whether the rest keeps what the beginning says is for others to find out.
    """
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12], "unknown")
    if head[4:8] == b"ftyp":
        return _iso_kind(head)
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    if starts_mp3_frame(head):
        return "mp3"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    return "markup" if start.startswith(_MARKUP) else "unknown"


def starts_mp3_frame(head: bytes) -> bool:
    """Whether a layer III frame header stands here: eleven bits of sync, layer bits 01 (ISO/IEC 11172-3 §2.4.1.3)."""
    return int.from_bytes(head[:2], "big") & _MP3_MASK == _MP3_SYNC


def _iso_kind(head: bytes) -> str:
    brand = head[8:12]
    length = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = {head[at : at + 4] for at in range(16, length - 3, 4)}
    if brand in _HEIC_BRANDS:
        return "avif" if compatible & _AVIF_BRANDS else "heic"
    if brand in _AVIF_BRANDS:
        return "avif"
    if brand in _AUDIO_BRANDS:
        return "m4a"
    return "mp4" if brand in _VIDEO_BRANDS else "unknown"
