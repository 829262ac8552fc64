"""What was checked is handed on as it came."""

import pytest
from starlette.responses import Response

from fakes.scripted_server import Dropped, ScriptedServer
from fakes.serving import serving
from framegate.cli.forward import Forward
from framegate.cli.receiver import Message
from framegate.errors import SettingsInvalid

MESSAGE = Message(
    headers={"webhook-id": "msg_1", "content-type": "application/json", "cookie": "mine"},
    body=bytes(range(256)),
)


@pytest.fixture
def server():
    return ScriptedServer()


@pytest.fixture
def forward(server):
    with serving(server.app()) as url, Forward(f"{url}/hooks") as made:
        yield made


def test_the_bytes_and_the_headers_of_a_webhook_go_on(server, forward):
    server.answers.append(Response(b"", 202))
    assert forward(MESSAGE) == 202
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/hooks", MESSAGE.body)
    assert (asked.headers["webhook-id"], asked.headers.get("cookie")) == ("msg_1", None)


def test_a_redirect_is_an_answer_and_not_followed(server, forward):
    server.answers.append(Response(b"", 302, {"Location": "http://127.0.0.1:9/"}))
    assert forward(MESSAGE) == 302


def test_an_answer_that_broke_off_is_none(server, forward):
    server.answers.append(Dropped())
    assert forward(MESSAGE) == 502


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hooks", "http://[v1.a]/hooks"])
def test_nobody_there_is_a_502(url):
    with Forward(url) as forward:
        assert forward(MESSAGE) == 502


@pytest.mark.parametrize(
    "url", ["127.0.0.1:80", "ftp://a/", "http://", "http://[::1", "http://a b"]
)
def test_what_is_no_address_is_a_mistake_of_the_command_line(url):
    with pytest.raises(SettingsInvalid, match="--forward takes an http"):
        Forward(url)
