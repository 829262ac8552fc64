"""The one envelope: every JSON answer is `{code, message, request_id, data}`, in this order.

The dialects build their answers here and `web.edge` turns refusals into them. It knows no task,
no account and no upstream; a relayed upstream answer passes by it, as the bytes that came.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from framegate.errors import Refusal

SUCCESS_MESSAGE = "SUCCEED"

Headers = Iterable[tuple[str, str]]


class Envelope(msgspec.Struct):
    """The wire's outer object; msgspec writes the fields in this order, without spaces."""

    code: int
    message: str
    request_id: str
    data: Any


# Answers hold balances and signed links: no cache may keep them. The policy is for the day when
# somebody opens an answer in a browser tab: nothing in it may load or be framed.
ENVELOPE_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # `web.edge` gives these to every answer of the app; what the connection itself refuses never
    # comes that far.
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_encoder = msgspec.json.Encoder()


def request_id_of(request: Request) -> str:
    """Our id of this request, made by `web.edge`: the one in `X-Request-Id`."""
    return str(request.state.request_id)


def success(data: Any, request_id: str, headers: Headers = ()) -> Response:
    """Answer 200 with code 0.

    data     anything that msgspec writes as a JSON object (or a list, for the vendor's queries)
    headers  more headers, such as ("X-Framegate-Task", "task_...")
    """
    envelope = Envelope(code=0, message=SUCCESS_MESSAGE, request_id=request_id, data=data)
    return answer(envelope, http_status=200, headers=headers)


def refusal(error: Refusal, request_id: str, headers: Headers = ()) -> Response:
    """Answer as the error's class says; `data` is `{}`, or `{"errors": [...]}` for field errors.

    source   contract rules 31 and 32: 401 carries WWW-Authenticate and 405 Allow, which the
             error brings along; Retry-After is whole seconds, at least 1
    """
    envelope = Envelope(
        code=error.code,
        # A caller's text may be part of the sentence, and a lone surrogate has no UTF-8 form.
        message=error.message.encode("utf-8", "replace").decode("utf-8"),
        request_id=request_id,
        data={"errors": error.errors} if error.errors else {},
    )
    return answer(
        envelope,
        http_status=error.http_status,
        headers=(*error.headers, *_retry_after(error), *headers),
    )


def answer(envelope: Envelope, *, http_status: int, headers: Headers = ()) -> Response:
    """Write any envelope under any status, for the few answers that are neither of the above."""
    return Response(
        content=_encoder.encode(envelope),
        status_code=http_status,
        headers={**ENVELOPE_HEADERS, **dict(headers)},
    )


def _retry_after(error: Refusal) -> Headers:
    if error.retry_after_s is None:
        return ()
    return (("Retry-After", str(max(1, error.retry_after_s))),)
