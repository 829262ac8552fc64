"""Read one request body: of a media type we read, within its bytes, within its time.

The dialects call it before anything else looks at a request. It hands back bytes and does not
parse them: `domain.submission` does, from exactly these bytes.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from framegate.errors import BodyTooLarge, MediaTypeWrong, RequestTimedOut

BODY_BYTES_MAX = 1 << 20
"""1 MiB, for every JSON body (contract rule 51)."""

BODY_WAIT_S_MAX = 30
"""From the first look at the body to its last byte; 1 MiB then needs 35 KB/s."""

ECHO_CHARACTERS_MAX = 40


async def read_json(
    request: Request, *, bytes_max: int = BODY_BYTES_MAX, wait_s_max: float = BODY_WAIT_S_MAX
) -> bytes:
    """The body of a JSON request, whole, after the size is judged and then the media type.

    raises   BodyTooLarge, MediaTypeWrong, RequestTimedOut; ClientDisconnect when the caller left
    source   contract rules 33 (size before media type) and 51
    """
    judge_announced_length(request.headers, bytes_max)
    judge_media_type(request.headers)
    return await read(request, bytes_max=bytes_max, wait_s_max=wait_s_max)


async def read(request: Request, *, bytes_max: int, wait_s_max: float = BODY_WAIT_S_MAX) -> bytes:
    """The body of any request, whole.

    The announced length is judged before a byte is read, so that a caller who waits for
    `100 Continue` never sends a body in vain; a chunked body is counted as it comes.
    """
    judge_announced_length(request.headers, bytes_max)
    try:
        async with asyncio.timeout(wait_s_max):
            return await _read_counted(request, bytes_max)
    except TimeoutError as exc:
        message = f"request body did not arrive within {wait_s_max:g} seconds"
        raise RequestTimedOut(message) from exc


def judge_media_type(headers: Headers) -> None:
    """Refuse what is not JSON in UTF-8 as it stands; a missing Content-Type is read as JSON.

    raises   MediaTypeWrong
    source   contract rule 51: any case, charset utf-8 if given, other parameters ignored
    """
    # Every copy of a header is judged: a proxy before us may have obeyed another one than we.
    for encoding in headers.getlist("content-encoding"):
        if encoding.strip().lower() not in ("", "identity"):
            raise MediaTypeWrong(f"Content-Encoding must be identity; got {_echo(encoding)}")
    for content_type in headers.getlist("content-type"):
        _judge_content_type(content_type)


def _judge_content_type(content_type: str) -> None:
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    if media_type.lower() not in ("", "application/json"):
        raise MediaTypeWrong(f"Content-Type must be application/json; got {_echo(media_type)}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() != "utf-8":
            raise MediaTypeWrong(f"Content-Type charset must be utf-8; got {_echo(value)}")


def judge_announced_length(headers: Headers, bytes_max: int) -> None:
    """Refuse a body that says itself that it is too long.

    raises   BodyTooLarge
    """
    announced = headers.get("content-length", "0")
    # The server refuses a length that is no number; a huge one has more digits than any limit.
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > bytes_max:
        raise BodyTooLarge(bytes_max)


async def _read_counted(request: Request, bytes_max: int) -> bytes:
    chunks: list[bytes] = []
    bytes_read = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        bytes_read += len(chunk)
        if bytes_read > bytes_max:
            raise BodyTooLarge(bytes_max)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _echo(text: str) -> str:
    """A caller's word as it may stand in a sentence: short and visible."""
    visible = "".join(character if character.isprintable() else "?" for character in text.strip())
    return visible[:ECHO_CHARACTERS_MAX]
