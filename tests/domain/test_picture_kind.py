import pytest

from framegate.domain.picture_kind import kind_of


def iso(brand, *compatible):
    content = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return (len(content) + 4).to_bytes(4, "big") + content + b"avif"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", "unknown"),
        (b"GIF87a", "gif"),
        (b"BM\x00", "bmp"),
        (b"MM\x00*", "tiff"),
        (b"II+\x00", "tiff"),
        (iso(b"avif"), "avif"),
        (iso(b"avis"), "avif"),
        (iso(b"mif1", b"avif"), "avif"),
        (iso(b"mif1", b"heic"), "heic"),
        (iso(b"heic", b"mif1"), "heic"),
        (iso(b"isom", b"mp42"), "mp4"),
        (iso(b"qt  "), "mov"),
        (b"\xff\x0a", "jxl"),
        (b"PK\x03\x04", "zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.4", "pdf"),
        (b"  <svg/>", "svg"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- x --><svg/>", "svg"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "xml"),
        (b"<?xml version='1.0'?><html/>", "html"),
        (b"\n<!DOCTYPE HTML>", "html"),
        (b"<HTML>", "html"),
        (b'{"error":"expired"}', "json"),
        (b"", "unknown"),
        (b"\x00\x00\x00\x00ftyp", "mp4"),
        (b"\xff", "unknown"),
    ],
)
def test_kind_is_told_by_the_first_bytes(data, kind):
    assert kind_of(data) == kind
