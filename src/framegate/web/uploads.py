"""Receive one picture: the raw body, or the first file of a multipart form.

It is written to a file as it comes, counted, so that many large uploads at once cost no memory.
Whether it is a good picture is judged afterwards, from the file.
"""

import asyncio
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from framegate.errors import BodyMalformed, BodyTooLarge, RequestTimedOut
from framegate.web.body import judge_announced_length

FORM_BYTES_MAX = 65_536
FORM_FIELDS_MAX = 10
UPLOAD_WAIT_S_MAX = 120
COPY_BYTES = 1 << 20


async def receive(request: Request, to: Path, *, bytes_max: int) -> None:
    """Write the picture of a request into the new file `to`.

    raises   BodyTooLarge once more than `bytes_max` came; BodyMalformed for a form without a
             file; RequestTimedOut
    """
    is_form = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
    limit = bytes_max + (FORM_BYTES_MAX if is_form else 0)
    judge_announced_length(request.headers, limit)
    counted = _counted(request, limit=limit, bytes_max=bytes_max)
    try:
        async with asyncio.timeout(UPLOAD_WAIT_S_MAX):
            await (_receive_form if is_form else _receive_raw)(counted, to)
    except TimeoutError as error:
        raise RequestTimedOut(
            f"request body did not arrive within {UPLOAD_WAIT_S_MAX} seconds"
        ) from error


def _counted(request: Request, *, limit: int, bytes_max: int) -> Request:
    seen = 0

    async def receive_and_count() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyTooLarge(bytes_max)
        return message

    return Request(request.scope, receive_and_count)


async def _receive_raw(request: Request, to: Path) -> None:
    with to.open("xb") as file:
        async for chunk in request.stream():
            await asyncio.to_thread(file.write, chunk)


async def _receive_form(request: Request, to: Path) -> None:
    try:
        form = await request.form(
            max_files=1, max_fields=FORM_FIELDS_MAX, max_part_size=FORM_BYTES_MAX
        )
    except HTTPException as error:
        raise BodyMalformed(f"request body is not a readable form: {error.detail}") from error
    try:
        upload = next((part for part in form.values() if isinstance(part, UploadFile)), None)
        if upload is None:
            raise BodyMalformed("the form holds no file; send the picture as a file part")
        with to.open("xb") as file:
            while chunk := await upload.read(COPY_BYTES):
                await asyncio.to_thread(file.write, chunk)
    finally:
        await form.close()
