import hashlib
import os
from pathlib import Path

import pytest

from framegate.web import files

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ETAG = f'"{SHA256}"'
LAST_MODIFIED = "Fri, 03 Jul 2026 07:56:28 GMT"


@pytest.fixture
def path(tmp_path):
    stored = tmp_path / "vid_1"
    stored.write_bytes(CONTENT)
    os.utime(stored, (1_783_065_388, 1_783_065_388))
    return stored


@pytest.fixture
def asking(calling, path):
    """Ask for the file: `await asking("GET", Range="bytes=0-9")`."""

    async def ask(method, **headers):
        async with calling(handler(path), methods=["GET"]) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, "/here", headers=named)

    return ask


def handler(path, name="vid_1.mp4", expires_s=1_060):
    async def serve(request):
        return await files.serve(
            request,
            path,
            media_type="video/mp4",
            name=name,
            sha256=SHA256,
            expires_s=expires_s,
            now_s=1_000,
        )

    return serve


async def test_whole_file_comes_with_its_description(asking):
    answer = await asking("GET")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == ETAG
    assert answer.headers["Last-Modified"] == LAST_MODIFIED
    assert answer.headers["Content-Disposition"] == 'inline; filename="vid_1.mp4"'


async def test_cache_may_keep_the_file_as_long_as_the_link_lives(asking):
    answer = await asking("GET")
    assert answer.headers["Cache-Control"] == "private, max-age=60, immutable"


async def test_link_that_died_meanwhile_gives_no_negative_age(calling, path):
    async with calling(handler(path, expires_s=900)) as client:
        answer = await client.get("/here")
    assert answer.headers["Cache-Control"] == "private, max-age=0, immutable"


async def test_head_says_the_length_and_sends_nothing(asking):
    answer = await asking("HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(CONTENT))


async def test_file_that_is_gone_is_not_found(calling, path):
    path.unlink()
    async with calling(handler(path)) as client:
        answer = await client.get("/here")
    assert (answer.status_code, answer.json()["code"]) == (404, 1203)


async def test_folder_is_not_a_file(calling, tmp_path):
    async with calling(handler(tmp_path)) as client:
        answer = await client.get("/here")
    assert answer.status_code == 404


# --- ranges -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "first", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, 10_240),
        ("bytes=-100", 10_140, 10_240),
        ("bytes=10239-10239", 10_239, 10_240),
        ("bytes=0-999999999999999999", 0, 10_240),
        ("bytes=-999999999999999999", 0, 10_240),
        ("BYTES=5-6", 5, 7),
    ],
)
async def test_one_range_is_answered_with_its_bytes(asking, wanted, first, end):
    answer = await asking("GET", Range=wanted)
    assert (answer.status_code, answer.content) == (206, CONTENT[first:end])
    assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/10240"
    assert answer.headers["Content-Length"] == str(end - first)


@pytest.mark.parametrize("wanted", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
async def test_range_beyond_the_end_is_answered_416_with_the_length(asking, wanted):
    answer = await asking("GET", Range=wanted)
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize(
    "wanted",
    ["", "bytes", "bytes=", "bytes=-", "bytes=9-0", "bytes=a-b", "items=0-9", "bytes=0-1,5-9"],
)
async def test_range_that_the_standard_wants_ignored_brings_the_whole_file(asking, wanted):
    answer = await asking("GET", Range=wanted)
    assert (answer.status_code, len(answer.content)) == (200, len(CONTENT))


@pytest.mark.parametrize("validator", [ETAG, LAST_MODIFIED])
async def test_range_of_the_same_file_is_given_under_if_range(asking, validator):
    answer = await asking("GET", Range="bytes=0-9", If_Range=validator)
    assert answer.status_code == 206


@pytest.mark.parametrize("validator", ['"other"', f"W/{ETAG}", "Sat, 04 Jul 2026 07:56:28 GMT"])
@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=99999-"])
async def test_range_of_another_file_brings_the_whole_one(asking, validator, wanted):
    answer = await asking("GET", Range=wanted, If_Range=validator)
    assert (answer.status_code, answer.content) == (200, CONTENT)


# --- conditions -------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"old", {ETAG}', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_caller_who_has_the_file_is_told_so(asking, known, method):
    answer = await asking(method, If_None_Match=known)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == ETAG
    assert "Content-Length" not in answer.headers


async def test_caller_who_has_the_file_needs_no_range_of_it(asking):
    answer = await asking("GET", If_None_Match=ETAG, Range="bytes=0-9")
    assert answer.status_code == 304


@pytest.mark.parametrize("known", ['"old"', SHA256, ""])
async def test_caller_with_another_file_gets_this_one(asking, known):
    answer = await asking("GET", If_None_Match=known)
    assert answer.content == CONTENT


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ('a"; evil="b.mp4', "a_evil_b.mp4"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("ünï\r\ncode.png", "_n_code.png"),
        ("", "file"),
        ("...", "file"),
    ],
)
async def test_name_can_never_break_out_of_its_header(calling, path, name, safe):
    async with calling(handler(path, name=name)) as client:
        answer = await client.get("/here")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{safe}"'


async def test_file_that_the_disk_does_not_give_is_503_and_no_broken_answer(calling):
    """A regular file whose first bytes nobody can read."""
    async with calling(handler(Path("/proc/self/mem")), methods=["GET"]) as client:
        answer = await client.get("/here")
    assert (answer.status_code, answer.json()["code"]) == (503, 5001)
    assert answer.headers["Retry-After"] == "2"


async def test_folder_that_cannot_be_looked_into_is_503(calling):
    async with calling(handler(Path("/" + "a" * 300)), methods=["GET"]) as client:
        assert (await client.get("/here")).status_code == 503
