"""A caller's webhooks: what is asked of the server, page by page."""

import pytest

from fakes.scripted_server import ScriptedServer, success
from fakes.serving import serving
from framegate import Framegate
from framegate.cli.own_webhooks import OwnWebhooks


@pytest.fixture
def server():
    return ScriptedServer()


@pytest.fixture
def hooks(server):
    with serving(server.app()) as url, Framegate(url, "fg_key") as client:
        yield OwnWebhooks(client)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        (lambda hooks: hooks.enable("hook_1"), "/api/webhooks/hook_1/enable"),
        (lambda hooks: hooks.disable("hook_1"), "/api/webhooks/hook_1/disable"),
        (lambda hooks: hooks.rotate("hook_1", overlap_s=9), "/api/webhooks/hook_1/rotate"),
        (lambda hooks: hooks.replay("hook_1"), "/api/webhooks/hook_1/redeliver"),
        (lambda hooks: hooks.replay("msg_1"), "/api/deliveries/msg_1/redeliver"),
    ],
)
def test_each_verb_has_its_path(server, hooks, verb, path):
    server.answers.append(success({}))
    verb(hooks)
    assert (server.asked[0].method, server.asked[0].path) == ("POST", path)


def test_deliveries_are_asked_for_until_there_are_enough(server, hooks):
    first = success({"result": [{"id": "msg_2"}], "next_cursor": "c"})
    server.answers.extend([first, success({"result": [{"id": "msg_1"}], "next_cursor": ""})])
    found = hooks.deliveries("hook_1", status="failed", limit=9)
    assert [each["id"] for each in found] == ["msg_2", "msg_1"]
    assert {asked.path for asked in server.asked} == {"/api/webhooks/hook_1/deliveries"}


def test_no_more_than_wanted_are_asked_for(server, hooks):
    server.answers.append(success({"result": [{"id": "msg_1"}], "next_cursor": "c"}))
    assert len(hooks.deliveries(None, status=None, limit=1)) == 1
    assert [asked.path for asked in server.asked] == ["/api/deliveries"]
