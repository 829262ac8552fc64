"""Whether a message is one of this gateway's webhooks, for those who receive them.

The signature is Standard Webhooks 1.0.0, as `domain.signature` makes it (rule 62).
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from framegate.client.errors import WebhookRefused
from framegate.domain.signature import WEBHOOK_TOLERANCE_S, is_signed

NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
DIGITS_MAX = 15


def verify_webhook(
    body: bytes, headers: Mapping[str, str], secret: str, *, now_s: float | None = None
) -> dict[str, Any]:
    """The event in a message, once it is known to be ours and fresh.

    body      the exact bytes that came, not JSON that was read and written again
    headers   of the request; upper and lower case are the same
    secret    whsec_..., of this webhook
    now_s     Unix seconds; None reads the clock
    raises    WebhookRefused: do not believe the message, answer 400
    """
    if not isinstance(body, bytes | bytearray):
        raise WebhookRefused(
            "the body is not bytes", "pass the request's body as it came", reason="body"
        )
    given = {name.lower(): text for name, text in headers.items()}
    missing = [name for name in NAMES if name not in given]
    if missing:
        raise WebhookRefused(f"the header {missing[0]} is missing", reason="header")
    message_id, timestamp, signatures = (given[name] for name in NAMES)
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= DIGITS_MAX):
        raise WebhookRefused("the header webhook-timestamp is no number", reason="header")
    try:
        is_ours = is_signed(
            secret,
            message_id=message_id,
            timestamp_s=int(timestamp),
            body=bytes(body),
            signatures=signatures,
        )
    except ValueError:
        raise WebhookRefused(
            "the secret is not whsec_ and Base64",
            "copy the webhook's secret anew",
            reason="secret",
        ) from None
    if not is_ours:
        raise WebhookRefused("the signature is not of this secret and body", reason="signature")
    age_s = (time.time() if now_s is None else now_s) - int(timestamp)
    if abs(age_s) > WEBHOOK_TOLERANCE_S:
        told = "old" if age_s > 0 else "early"
        raise WebhookRefused(
            f"the message is {abs(age_s):.0f} s {told}; at most {WEBHOOK_TOLERANCE_S} s may be",
            "answer 400; check this machine's clock",
            reason="age",
        )
    return _event(bytes(body))


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise WebhookRefused("the body is no JSON object", reason="body")
    return event
