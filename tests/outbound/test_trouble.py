"""What went wrong with a request, in a sentence."""

import aiohttp
import pytest

from framegate.errors import AnswerLost, NotSent
from framegate.outbound import Outbound
from framegate.outbound.trouble import sentence

SECRET = "sig=secret"


def said(error, *, has_connection=True):
    return sentence(error, has_connection=has_connection, wait_s_max=0.5)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            aiohttp.ServerDisconnectedError(SECRET),
            "the connection was closed before an answer came",
        ),
        (aiohttp.ClientPayloadError(SECRET), "the answer broke off"),
        (aiohttp.ClientOSError(104, SECRET), "the connection broke"),
        (aiohttp.ClientConnectionResetError(SECRET), "the connection broke"),
        (aiohttp.ClientError(SECRET), "the request went wrong"),
    ],
)
def test_a_sentence_names_the_class_and_repeats_no_text(error, expected):
    assert said(error) == f"{expected} ({type(error).__name__})"


def test_a_timeout_says_whether_anything_left_us_and_how_long_that_was():
    assert said(TimeoutError()) == "no whole answer within 0.5 s (TimeoutError)"
    assert said(TimeoutError(), has_connection=False) == "no connection within 0.5 s (TimeoutError)"


async def post(door, url, wait_s_max=30):
    return await door.post(
        url, body=b"x", headers={}, wait_s_max=wait_s_max, answer_bytes_max=9_999
    )


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("hang_up", "the connection was closed before an answer came (ServerDisconnectedError)"),
        ("half", "the answer broke off (ClientPayloadError)"),
        ("nonsense", "the answer cannot be read as HTTP (ClientResponseError)"),
    ],
)
async def test_what_a_server_does_becomes_a_sentence(site, opened, trouble, expected):
    answers = {"hang_up": site.hang_up, "half": site.half(b"h"), "nonsense": b"nonsense\r\n\r\n"}
    site.answers["/"] = answers[trouble]
    with pytest.raises(AnswerLost) as lost:
        await post(opened(Outbound.to_configured()), site.url())
    assert str(lost.value) == expected


async def test_silence_becomes_a_sentence(site, opened):
    door = opened(Outbound.to_configured())
    site.answers["/first"] = site.reply(b"ok")
    await post(door, site.url("/first"))
    site.answers["/"] = site.stay_silent
    with pytest.raises(AnswerLost, match=r"^no whole answer within 0\.5 s \(TimeoutError\)$"):
        await post(door, site.url(), wait_s_max=0.5)


async def test_nobody_at_the_address_becomes_a_sentence(opened, closed_port):
    door = opened(Outbound.to_configured())
    with pytest.raises(NotSent, match=r"^no connection could be made \(ClientConnectorError\)$"):
        await post(door, f"http://127.0.0.1:{closed_port}/")
