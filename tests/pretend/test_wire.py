"""The envelope, byte for byte, and requests that hang."""

import asyncio
import json

from framegate.pretend.says import CONTENT_POLICY, PROXY_PAGE, SLOTS_FULL
from framegate.pretend.wire import Envelopes, Hanging


class Waiting:
    """A request whose caller hangs up when it is told to."""

    def __init__(self):
        self.is_gone = False

    async def is_disconnected(self):
        return self.is_gone


def test_envelope_has_the_vendors_keys_in_the_vendors_order():
    body = Envelopes(0).body(0, "SUCCEED", data={"a": "é"})
    assert list(json.loads(body)) == ["code", "message", "request_id", "data"]
    assert b": " not in body
    assert "é".encode() in body


def test_request_ids_are_those_of_the_seed():
    first, again, other = (Envelopes(seed).body(0, "") for seed in (1, 1, 2))
    assert first == again != other


def test_data_is_left_out_where_the_vendor_leaves_it_out():
    assert "data" not in json.loads(Envelopes(0).answer(SLOTS_FULL).body)
    assert json.loads(Envelopes(0).answer(CONTENT_POLICY).body)["data"] == {}


def test_page_of_a_proxy_is_a_page():
    answer = Envelopes(0).answer(PROXY_PAGE)
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")


async def test_hanging_request_ends_with_a_release_that_came_after_it():
    hanging, request = Hanging(), Waiting()
    since = hanging.generation
    hanging.release()
    assert await hanging.wait(request, since=since)


async def test_hanging_request_ends_with_its_caller():
    hanging, request = Hanging(), Waiting()
    waiting = asyncio.create_task(hanging.wait(request, since=hanging.generation))
    request.is_gone = True
    assert not await waiting
