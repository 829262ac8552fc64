import asyncio

import pytest
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from framegate.errors import BodyTooLarge, MediaTypeWrong, RequestTimedOut
from framegate.web import body

BYTES_MAX = 10


def request_of(*chunks, headers=(), then=None):
    """A request whose body comes in these chunks, and then, if it is not whole, nothing."""
    last = len(chunks) - 1
    coming = [
        {"type": "http.request", "body": chunk, "more_body": then is not None or n < last}
        for n, chunk in enumerate(chunks)
    ]

    async def receive():
        if coming:
            return coming.pop(0)
        return await then()

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


async def silence():
    await asyncio.Event().wait()


async def disconnect():
    return {"type": "http.disconnect"}


async def test_chunks_come_back_as_one_body_in_order():
    assert await body.read(request_of(b"ab", b"", b"cd"), bytes_max=BYTES_MAX) == b"abcd"


async def test_absent_body_is_empty():
    assert await body.read(request_of(b""), bytes_max=BYTES_MAX) == b""


@pytest.mark.parametrize("chunks", [(b"x" * BYTES_MAX,), (b"x",) * BYTES_MAX])
async def test_body_of_exactly_the_limit_is_read(chunks):
    assert len(await body.read(request_of(*chunks), bytes_max=BYTES_MAX)) == BYTES_MAX


@pytest.mark.parametrize("chunks", [(b"x" * (BYTES_MAX + 1),), (b"x",) * (BYTES_MAX + 1)])
async def test_one_byte_more_is_too_large(chunks):
    with pytest.raises(BodyTooLarge, match="at most 10 bytes"):
        await body.read(request_of(*chunks), bytes_max=BYTES_MAX)


async def test_announced_length_is_refused_before_a_byte_is_read():
    async def unread():
        pytest.fail("the body was read")

    request = Request(
        {"type": "http", "method": "POST", "headers": [(b"content-length", b"11")]}, unread
    )
    with pytest.raises(BodyTooLarge):
        await body.read(request, bytes_max=BYTES_MAX)


async def test_announced_length_of_thousands_of_digits_is_too_large():
    request = request_of(b"", headers=[("Content-Length", "9" * 5_000)])
    with pytest.raises(BodyTooLarge):
        await body.read(request, bytes_max=BYTES_MAX)


async def test_body_longer_than_it_was_announced_is_still_counted():
    request = request_of(b"x" * 11, headers=[("Content-Length", "1")])
    with pytest.raises(BodyTooLarge):
        await body.read(request, bytes_max=BYTES_MAX)


async def test_body_that_stops_coming_is_given_up_at_the_deadline():
    with pytest.raises(RequestTimedOut, match=r"within 0\.01 seconds"):
        await body.read(request_of(b"x", then=silence), bytes_max=BYTES_MAX, wait_s_max=0.01)


async def test_caller_who_leaves_in_the_middle_is_not_a_fault():
    with pytest.raises(ClientDisconnect):
        await body.read(request_of(b"x", then=disconnect), bytes_max=BYTES_MAX)


async def test_size_is_judged_before_the_media_type():
    headers = [("Content-Type", "text/plain"), ("Content-Length", "11")]
    with pytest.raises(BodyTooLarge):
        await body.read_json(request_of(b"", headers=headers), bytes_max=BYTES_MAX)


async def test_json_body_passes_through_byte_for_byte():
    raw = b' {"a" :\t1}\n'
    request = request_of(raw, headers=[("Content-Type", "application/json")])
    assert await body.read_json(request) == raw


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/Json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; Charset = Utf-8 ; v=2",
        "application/json; profile=x",
        "",
    ],
)
def test_json_in_any_spelling_is_read(content_type):
    body.judge_media_type(Headers({"Content-Type": content_type}))


def test_missing_content_type_is_read_as_json():
    body.judge_media_type(Headers({}))


@pytest.mark.parametrize(
    ("content_type", "got"),
    [
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("application/jsonx", "application/jsonx"),
        ("application/json, text/plain", "application/json, text/plain"),
        ("a/" + "b" * 90, "a/" + "b" * 38),
        ("text/\x01plain", "text/?plain"),
    ],
)
def test_other_media_type_is_named_in_the_refusal(content_type, got):
    with pytest.raises(MediaTypeWrong) as refused:
        body.judge_media_type(Headers({"Content-Type": content_type}))
    assert refused.value.message == f"Content-Type must be application/json; got {got}"


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-8x", ""])
def test_other_charset_is_refused(charset):
    with pytest.raises(MediaTypeWrong, match="charset must be utf-8; got"):
        body.judge_media_type(Headers({"Content-Type": f"application/json; charset={charset}"}))


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_encoded_body_is_refused(encoding):
    with pytest.raises(MediaTypeWrong, match="Content-Encoding must be identity; got"):
        body.judge_media_type(Headers({"Content-Encoding": encoding}))


def test_identity_encoding_is_read():
    body.judge_media_type(Headers({"Content-Encoding": "Identity"}))


def test_second_content_type_cannot_hide_behind_a_good_first_one():
    raw = [(b"content-type", b"application/json"), (b"content-type", b"text/plain")]
    with pytest.raises(MediaTypeWrong):
        body.judge_media_type(Headers(raw=raw))


async def test_refusals_of_a_body_answer_with_their_own_status(calling):
    async def reading(request):
        await body.read_json(request, bytes_max=BYTES_MAX)
        return Response()

    async with calling(reading) as client:
        large = await client.post("/here", content=b"x" * 11)
        text = await client.post("/here", content=b"x", headers={"Content-Type": "text/plain"})
    assert (large.status_code, text.status_code) == (413, 415)
