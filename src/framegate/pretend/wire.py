"""The vendor's envelope, and answers that break on their way.

A broken answer needs the server's help: whoever serves the app puts a function that resets the
connection under `BREAK` into the extensions of the request's scope, as `web.breakable` does.
"""

import asyncio
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from framegate.pretend.says import Manner, Says

BREAK = "framegate.break"
HANG_S_MAX = 60
LOOK_EVERY_S = 0.02
HALF_BYTES = 15
JSON_TYPE = "application/json"


class Envelopes:
    """Makes envelopes; the request ids are those of the seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}/request")  # noqa: S311 - repeatable on purpose

    def ok(self, data: Any) -> Response:
        """HTTP 200, code 0."""
        return Response(self.body(0, "SUCCEED", data=data), media_type=JSON_TYPE)

    def body(self, code: int, message: str, **data: Any) -> bytes:
        """The JSON, compact, with a fresh request id and its keys in the vendor's order."""
        request_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return msgspec.json.encode(
            {"code": code, "message": message, "request_id": request_id, **data}
        )

    def answer(self, says: Says) -> Response:
        """An answer that is not the usual one, whole."""
        if says.raw is not None:
            is_page = says.raw.startswith(b"<")
            return Response(
                says.raw, says.status, media_type="text/html" if is_page else "text/plain"
            )
        data: dict[str, Any] = {"data": {}} if says.has_data else {}
        return Response(
            self.body(says.code or 0, says.message, **data), says.status, media_type=JSON_TYPE
        )


class Hanging:
    """Requests that get no answer until somebody lets them go."""

    def __init__(self) -> None:
        self.generation = 0

    def release(self) -> None:
        """Let everybody go who hangs now; from any thread."""
        self.generation += 1

    async def wait(self, request: Request, *, since: int) -> bool:
        """Hang until the release (True), the caller's goodbye, or the end of all patience.

        since  the generation when the request came: a release after that is meant for it
        """
        waited_s = 0.0
        while since == self.generation and waited_s < HANG_S_MAX:
            if await request.is_disconnected():
                return False
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
        return since != self.generation


class Broken(Response):
    """Nothing, or the first half of another answer, and then the connection is gone."""

    def __init__(self, whole: Response, manner: Manner) -> None:
        super().__init__(status_code=whole.status_code)
        self._whole, self._is_half = whole, manner is Manner.HALF

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is to be sent and reset the connection."""
        del receive
        if self._is_half:
            await send(
                {
                    "type": "http.response.start",
                    "status": self._whole.status_code,
                    "headers": self._whole.raw_headers,
                }
            )
            half = bytes(self._whole.body)[:HALF_BYTES]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await asyncio.sleep(LOOK_EVERY_S)  # A reset would overtake what is not yet written.
        break_off(scope)
        await asyncio.sleep(LOOK_EVERY_S)  # Until the server knows that nobody waits any more.


def break_off(scope: Scope) -> None:
    """Reset the connection of a request, if its server lets us."""
    reset: Callable[[], None] | None = scope.get("extensions", {}).get(BREAK)
    if reset is not None:
        reset()
