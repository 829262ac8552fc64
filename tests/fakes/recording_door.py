"""A way out that leads to a vendor in memory: it takes every order and keeps what it was sent."""

import hashlib
import json

import msgspec

from framegate.gateway import Gateway
from framegate.outbound import Answer
from framegate.settings import Settings

VENDOR = "https://vendor.example"


class RecordingDoor:
    """Stands where `Outbound` stands for an upstream's `post`."""

    def __init__(self):
        self.sent = []  # (url, SHA-256 of the body in hex)
        self.last_body = b""

    async def post(self, url, *, body, headers, wait_s_max, answer_bytes_max):
        self.last_body = body
        self.sent.append((url, hashlib.sha256(body).hexdigest()))
        data = {"id": f"9{len(self.sent):017d}", "status": "submitted"}
        answer = {"code": 0, "message": "SUCCEED", "request_id": "up-1", "data": data}
        return Answer(status=200, headers={}, body=json.dumps(answer).encode())


def gateway_before(door, folder, **upstream):
    """A whole gateway whose one upstream is the vendor, with `door` as the way to it."""
    vendor = {"kind": "kling", "base_url": VENDOR, "api_key": "api-key-kling-test", **upstream}
    tree = {"data": {"dir": str(folder)}, "upstreams": {"vendor": vendor}}
    gateway = Gateway.open(msgspec.convert(tree, Settings))
    gateway.upstreams["vendor"].operator_door = door
    return gateway
