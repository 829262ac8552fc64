"""What kind of file some bytes are, told by their beginning and never by a name.

`picture` names the kind in its refusal, so that a caller learns what was sent by mistake: a webp
from a phone, or the HTML page of an expired link.
"""

_BEGINNINGS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"%PDF-", "pdf"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"8BPS", "psd"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
)
# ISO base media files (`ftyp` at byte 4): the first brand tells pictures from films.
_BRANDS = {
    b"avif": "avif",
    b"avis": "avif",
    b"heic": "heic",
    b"heix": "heic",
    b"heim": "heic",
    b"heis": "heic",
    b"hevc": "heic",
    b"hevx": "heic",
    b"mif1": "heic",
    b"msf1": "heic",
    b"qt  ": "mov",
}
_TEXT_BYTES_READ = 1_024
UNKNOWN = "unknown"


def kind_of(data: bytes) -> str:
    """One word for what the bytes are: jpeg, png, webp, gif, bmp, tiff, avif, heic, svg, pdf,
    html and a few more, or `unknown`.
    """  # noqa: D205 - one sentence, longer than a line
    for beginning, kind in _BEGINNINGS:
        if data[: len(beginning)] == beginning:
            return kind
    if data[:4] == b"RIFF":
        return "webp" if data[8:12] == b"WEBP" else UNKNOWN
    if data[4:8] == b"ftyp":
        return _iso_kind(data)
    return _text_kind(data[:_TEXT_BYTES_READ])


def _iso_kind(data: bytes) -> str:
    """`mif1` says only "a picture": the brands that follow say whether it is AVIF after all."""
    kind = _BRANDS.get(data[8:12], "mp4")
    length = min(int.from_bytes(data[:4], "big"), _TEXT_BYTES_READ)
    compatible = {data[at : at + 4] for at in range(16, length, 4)}
    return "avif" if kind == "heic" and b"avif" in compatible else kind


def _text_kind(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "html"
    if text.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")):
        if b"<svg" in text or b"<!doctype svg" in text:
            return "svg"
        return "html" if b"<html" in text else "xml"
    if text.startswith((b"{", b"[")):
        return "json"
    return UNKNOWN
