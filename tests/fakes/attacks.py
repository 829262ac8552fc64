"""What nobody should send, by class: the corpora of the hostile tests and of `bench/hostile.py`."""

import json
import struct
import zlib
from collections.abc import Iterator

from processes import CREATE

FRAME = '{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}'
GOOD = f'{{"contents":[{FRAME}]}}'


def with_settings(text: str) -> str:
    """An order with these settings."""
    return f'{{"contents":[{FRAME}],"settings":{text}}}'


def with_options(text: str) -> str:
    """An order with these options."""
    return f'{{"contents":[{FRAME}],"options":{text}}}'


def with_url(url: str) -> str:
    """An order with this first frame."""
    return json.dumps({"contents": [{"type": "first_frame", "url": url}]})


BODIES = {
    "nothing": "",
    "a space": " ",
    "a NUL": b"\x00",
    "null": "null",
    "an array": f"[{GOOD}]",
    "a string": '"contents"',
    "a number": "1e999",
    "half an object": GOOD[:-1],
    "two objects": GOOD + GOOD,
    "a comment": "/**/" + GOOD,
    "a trailing comma": GOOD[:-1] + ",}",
    "single quotes": GOOD.replace('"', "'"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "invalid UTF-8": GOOD.encode().replace(b"cdn", b"\xff\xfe"),
    "an overlong slash": GOOD.encode().replace(b"/a.jpg", b"\xc0\xaf"),
    "a lone surrogate": with_options('{"external_task_id":"\\ud800"}'),
    "a lone surrogate in an unknown key": GOOD[:-1] + ',"\\udfff":1}',
    "a raw line end in a string": GOOD.replace("a.jpg", "a\n.jpg"),
    "the same key twice": f'{{"contents":[],"contents":[{FRAME}]}}',
    "the same key twice, escaped": f'{{"contents":[{FRAME}],"\\u0063ontents":[]}}',
    "the same key twice, deep down": GOOD[:-1] + ',"x":{"y":{"z":1,"z":2}}}',
    "a key in capitals": GOOD[:-1] + ',"Settings":{"duration":3}}',
    "a key with a long s": GOOD[:-1] + ',"\u017fettings":{"duration":3}}',
    "NaN": with_settings('{"duration":NaN}'),
    "Infinity": GOOD[:-1] + ',"x":-Infinity}',
    "duration 5.0": with_settings('{"duration":5.0}'),
    "duration 1e1": with_settings('{"duration":1e1}'),
    "duration in words": with_settings('{"duration":"5"}'),
    "duration true": with_settings('{"duration":true}'),
    "duration of an eternity": with_settings(f'{{"duration":{10**20}}}'),
    "duration of 100,000 digits": with_settings(f'{{"duration":{"9" * 100_000}}}'),
    "duration below zero": with_settings('{"duration":-5}'),
    "settings null": with_settings("null"),
    "settings of another kind": with_settings('{"audio":true}'),
    "resolution 4k": with_settings('{"resolution":"4k"}'),
    "10,000 objects deep": '{"x":' * 10_000 + "1" + "}" * 10_000,
    "1,000,000 arrays deep": "[" * 1_000_000,
    "10,000 bad items": json.dumps({"contents": [{}] * 10_000}),
    "40,000 unknown settings": with_settings(json.dumps({f"k{n}": n for n in range(40_000)})),
    "a prompt that is too long": json.dumps(
        {"contents": [json.loads(FRAME), {"type": "prompt", "text": "a" * 2_501}]}
    ),
    "a picture in the body": with_url("data:image/png;base64,iVBORw0KGgo="),
    "a file's address": with_url("file:///etc/passwd"),
    "this machine": with_url("http://127.0.0.1:8787/a.jpg"),
    "this machine in hex": with_url("http://0x7f.1/a.jpg"),
    "this machine as IPv6": with_url("http://[::ffff:127.0.0.1]/a.jpg"),
    "a metadata service": with_url("http://169.254.169.254/latest/meta-data/"),
    "an address with a password": with_url("https://user:password@cdn.example.com/a.jpg"),
    "an address with a line end": with_url("https://cdn.example.com/a.jpg\r\nHost: x"),
    "a port beyond ports": with_url("https://cdn.example.com:65536/a.jpg"),
    "a megabyte of host": with_url("https://" + "a" * 1_000_000 + ".example/"),
    "one byte too much": b" " * (1 << 20) + b"{}",
    "a callback to this machine": with_options('{"callback_url":"http://localhost.:9@127.1/"}'),
    "an external id that is a number": with_options('{"external_task_id":7}'),
}

HEADERS = {
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "another charset": {"Content-Type": "application/json; charset=utf-16"},
    "a compressed body": {"Content-Encoding": "gzip"},
    "no key": {"Authorization": ""},
    "a key of nobody": {"Authorization": "Bearer fg_" + "A" * 43},
    "an endless key": {"Authorization": "Bearer " + "A" * 30_000},
    "another scheme": {"Authorization": "Basic dXNlcjpwYXNz"},
    "an empty Idempotency-Key": {"Idempotency-Key": ""},
    "an Idempotency-Key with a space": {"Idempotency-Key": "a b"},
    "an Idempotency-Key beyond ASCII": {"Idempotency-Key": "clé".encode()},
    "a long Idempotency-Key": {"Idempotency-Key": "k" * 256},
}


PATHS = (
    "/kling/image-to-video/kling-9.9",
    "/kling/image-to-video/kling-3.0-turbo/",
    "/kling/image-to-video/",
    "/kling/image-to-video/../../etc/passwd",
    "/kling/image-to-video/%00",
    "/kling/image-to-video/%ff%fe",
    "/kling/image-to-video/" + "a" * 30_000,
    "/videos/..%2f..%2fframegate.db",
    "/images/%2e%2e%2fsecret.key?expires=99999999999&signature=00",
    "/videos/vid_1.mp4?expires=" + "9" * 5_000 + "&signature=00",
    "/videos/vid_1.mp4?expires=٣&signature=é",
    "/api/tasks/" + "%F0%9F%8C%8A" * 100,
    "/api/tasks/' OR 1=1 --",
    "/admin.key",
    "/%",
)


def post(authorization: str, *headers: str, body: str = GOOD) -> bytes:
    """A create as bytes, framed by these headers."""
    lines = [
        f"POST {CREATE} HTTP/1.1",
        "Host: gate",
        f"Authorization: {authorization}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", body]).encode("latin-1")


FRAMINGS = {
    "a length that is no number": ("Content-Length: ten",),
    "a length below zero": ("Content-Length: -1",),
    "two lengths": ("Content-Length: 5", "Content-Length: 50"),
    "a length and chunks": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "a chunk that is no number": ("Transfer-Encoding: chunked",),
    "an unknown coding": ("Transfer-Encoding: gzip",),
    "a length beyond every disk": ("Content-Length: 99999999999999999999",),
    "ten gigabytes": ("Content-Length: 10737418240",),
    "a header without a colon": ("Content-Length", ""),
    "a NUL in a header": ("X-A: a\x00b", "Content-Length: 0"),
    "100 KB of headers": ("X-A: " + "a" * 100_000, "Content-Length: 0"),
    "2,000 headers": (*(f"X-{n}: {'a' * 50}" for n in range(2_000)), "Content-Length: 0"),
    "two Idempotency-Keys": (
        "Idempotency-Key: a",
        "Idempotency-Key: b",
        f"Content-Length: {len(GOOD)}",
    ),
    "a chunk that overflows every counter": ("Transfer-Encoding: chunked", "", "FFFFFFFFFFFFFFFFF"),
    "a chunk below zero": ("Transfer-Encoding: chunked", "", "-5"),
    "a coding hidden from some": ("Content-Length: 5", "Transfer-Encoding: \x0bchunked"),
    "the same coding twice": ("Content-Length: 5", "Transfer-Encoding: chunked, chunked"),
    "a length with a plus": ("Content-Length: +5",),
    "a length in hex": ("Content-Length: 0x5",),
    "two lengths in one": ("Content-Length: 5, 50",),
    "a folded header": ("X-A: a", " b", "Content-Length: ten"),
    "a space before the colon": ("Content-Length : 5",),
}

REQUEST_LINES = {
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no path": b"GET\r\n\r\n",
    "HTTP of the future": b"GET / HTTP/9.9\r\n\r\n",
    "a method of a teapot": b"BREW / HTTP/1.1\r\n\r\n",
}


# --- strings that want to be read as something else -------------------------------------------

STRINGS = {
    "a script": "<script>alert(1)</script>",
    "an image": '"><img src=x onerror=alert(1)>',
    "a closed script": "</script><svg/onload=alert(1)>",
    "a template": "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "an address": "javascript:alert(1)//",
    "a log line": '\n{"event": "audit.ok", "level": "info"}',
    "a carriage return": "ok\r\nSet-Cookie: a=b",
    "a terminal's colours": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "C1 controls": "\x9b31m\x85next",
    "a line separator": "a\u2028b\u2029c",
    "the other direction": "\u202egnp.exe",
    "SQL": "'; DROP TABLE tasks; --",
    "a format": "%s%n{0.__class__}{record}",
    "a path": "../../../../etc/passwd",
    "a NUL": "a\x00b",
}

# --- addresses that lead inside ----------------------------------------------------------------

INSIDE = (
    *("127.0.0.1", "127.1", "0177.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001"),
    *("0", "0.0.0.0", "127.0.0.1.", "127.255.255.254", "①②⑦.⓪.⓪.①", "127。0。0。1"),  # noqa: S104
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]"),
    *("[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]"),
    *("[fec0::1]", "[ff02::1]", "[2001:0:7f00:1::]", "[64:ff9b:1::7f00:1]"),
    *("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "198.18.0.1"),
    *("192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "0xa9fea9fe", "2852039166"),
    *("localhost", "LOCALHOST.", "localhost.localdomain", "a.localhost", "metadata"),
)
"""Hosts: this machine, its network and the clouds' metadata service, as people hide them."""


def addresses() -> Iterator[str]:
    """Whole URLs, in more dresses than the host's alone."""
    for host in INSIDE:
        for port in ("", ":80", ":9"):
            yield f"http://{host}{port}/a.jpg"
        yield f"https://{host}/a.jpg"
        yield f"http://cdn.example.com@{host}/a.jpg"
        yield f"http://{host}#@cdn.example.com/"
        yield f"http://{host}\\@cdn.example.com/"


# --- pictures that are more than they seem ----------------------------------------------------


def png(width: int, height: int, *chunks: bytes, pixels: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever its pixels are; grey, 8 bits."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk with its checksum."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def zeros(count: int) -> bytes:
    """So many zeros, deflated: a thousandth of them."""
    deflating = zlib.compressobj(9)
    whole, rest = divmod(count, 1 << 20)
    million = bytes(1 << 20)
    parts = [deflating.compress(million) for _ in range(whole)]
    return b"".join([*parts, deflating.compress(bytes(rest)), deflating.flush()])


def jpeg_claiming(width: int, height: int) -> bytes:
    """The head of a JPEG of any size, and nothing behind it."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def bombs() -> dict[str, bytes]:
    """Small files that want much memory, and files that are no pictures at all."""
    gigabyte = zeros(1 << 30)
    megabytes = zeros(200 << 20)
    return {
        "30,000 x 30,000 in a kilobyte": png(30_000, 30_000, pixels=zeros(1 << 20)),
        "the largest sides that a PNG can claim": png(2**31 - 1, 2**31 - 1),
        "65,500 x 65,500 in the head of a JPEG": jpeg_claiming(65_500, 65_500),
        "a gigabyte behind 400 x 400": png(400, 400, pixels=gigabyte),
        "59 million pixels": png(7_700, 7_700, pixels=zeros(7_700 * 7_701)),
        "200 MB of text": png(
            400, 400, chunk(b"zTXt", b"a\0\0" + megabytes), pixels=zeros(1 << 18)
        ),
        "200 MB of colour profile": png(400, 400, chunk(b"iCCP", b"a\0\0" + megabytes)),
        "a hundred thousand chunks": png(400, 400, *[chunk(b"tEXt", b"a\0b")] * 100_000),
        "a PNG cut in the middle": png(400, 400, pixels=zeros(1 << 18))[:120],
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "a GIF": b"GIF89a" + bytes(400),
        "a WebP": b"RIFF\x00\x01\x00\x00WEBPVP8 " + bytes(400),
        "a BMP": b"BM" + bytes(400),
        "a TIFF": b"II*\x00" + bytes(400),
        "a PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(400),
        "a page": b"<!doctype html><script>alert(1)</script>",
        "a PNG's mark alone": b"\x89PNG\r\n\x1a\n",
        "a JPEG's mark alone": b"\xff\xd8\xff",
        "nothing": b"",
    }
