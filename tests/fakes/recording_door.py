"""A way out that leads to a vendor in memory: it takes every order and keeps its exact bytes."""

import hashlib
import json

from framegate.outbound import Answer
from framegate.upstreams.kling import Kling

VENDOR = "https://vendor.example"


class RecordingDoor:
    """Stands where `Outbound` stands for an upstream's `post`."""

    def __init__(self):
        self.sent = []  # (url, SHA-256 of the body)
        self.last_body = b""

    async def post(self, url, *, body, headers, wait_s_max, answer_bytes_max):
        self.last_body = body
        self.sent.append((url, hashlib.sha256(body).hexdigest()))
        data = {"id": f"9{len(self.sent):017d}", "status": "submitted"}
        answer = {"code": 0, "message": "SUCCEED", "request_id": "up-1", "data": data}
        return Answer(status=200, headers={}, body=json.dumps(answer).encode())


def kling(door, **settings):
    """The vendor's adapter, as the settings alone would make it, behind a door of a test."""
    return Kling(
        name="vendor",
        models=frozenset({"kling-3.0-turbo"}),
        base_url=VENDOR,
        api_key="api-key-kling-test",
        submit_wait_s=60,
        poll_wait_s=10,
        operator_door=door,
        public_door=door,
        **{"path_prefix": "", **settings},
    )
