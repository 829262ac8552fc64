# ruff: noqa: S104 - these addresses are judged; none of them is bound.
import asyncio
import gzip
import zlib

import pytest

from framegate.errors import AddressRefused, AnswerLost, AnswerTooLarge, NotSent
from framegate.outbound import REFUSED_SENTENCE, Outbound

WAIT = {"wait_s_max": 30}
LIMITS = {"wait_s_max": 30, "answer_bytes_max": 1_000}
IMPATIENT = {"wait_s_max": 0.5, "answer_bytes_max": 1_000}
JSON = {"Content-Type": "application/json"}


async def post(door, url, *, body=b"{}", headers=JSON, **limits):
    return await door.post(url, body=body, headers=headers, **(limits or LIMITS))


async def get(door, url, **limits):
    return await door.get(url, headers={}, **(limits or LIMITS))


# --- post and get -----------------------------------------------------------------------------


async def test_posted_bytes_arrive_once_and_unchanged(site, door):
    site.answers["/v"] = site.reply(b'{"code":0}', status="201 Created", X_Request_Id="r1")
    body = bytes(range(256)) * 100

    answer = await post(door, site.url("/v?a=%2F&b"), body=body, headers=JSON | {"X-Key": "k"})

    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (
        201,
        b'{"code":0}',
        "r1",
    )
    (seen,) = site.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/v?a=%2F&b", body)
    assert (seen.headers["host"], seen.headers["x-key"]) == (site.pair, "k")
    assert seen.headers["content-type"] == "application/json"
    assert (seen.headers["accept-encoding"], seen.headers["user-agent"]) == (
        "identity",
        "framegate",
    )


async def test_get_brings_the_answer(site, door):
    site.answers["/tasks"] = site.reply(b"[]")
    answer = await get(door, site.url("/tasks?task_ids=1"))
    assert (answer.status, answer.body, site.seen[0].method) == (200, b"[]", "GET")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temp", "308 Perm"])
@pytest.mark.parametrize("ask", [post, get])
async def test_redirect_is_an_answer_and_never_followed(site, door, ask, status):
    site.answers["/"] = site.redirect("/other", status=status)
    answer = await ask(door, site.url())
    assert (answer.status, len(site.seen)) == (int(status[:3]), 1)


@pytest.mark.parametrize("status", ["400 Bad", "429 Many", "500 Oops", "503 Busy"])
async def test_refusal_is_an_answer(site, door, status):
    site.answers["/"] = site.reply(b'{"code":1303}', status=status)
    assert (await post(door, site.url())).status == int(status[:3])


async def test_connections_are_used_again(site, door):
    site.answers["/"] = site.reply(b"ok")
    for _ in range(3):
        await post(door, site.url())
    assert (len(site.seen), site.connections) == (3, 1)


async def test_cookies_are_not_kept(site, opened, names):
    door = opened(Outbound.to_configured(lookup=names(["127.0.0.1"])))
    url = f"http://vendor.example:{site.port}/"
    site.answers["/"] = site.reply(b"ok", Set_Cookie="a=b; Path=/")
    await get(door, url)
    await get(door, url)
    assert "cookie" not in site.seen[1].headers


async def test_proxies_of_the_environment_are_ignored(site, door, monkeypatch, closed_port):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    site.answers["/"] = site.reply(b"ok")
    assert (await get(door, site.url())).body == b"ok"


async def test_closed_door_opens_again_when_it_is_used(site, door):
    site.answers["/"] = site.reply(b"ok")
    await get(door, site.url())
    await door.close()
    await door.close()
    assert (await get(door, site.url())).status == 200
    assert site.connections == 2


@pytest.mark.parametrize("make", [Outbound.to_public, Outbound.to_configured])
async def test_closed_door_gives_its_lookup_back(site, names, make):
    lookup = names(OSError("no such name"))
    door = make(lookup=lookup)
    with pytest.raises(NotSent):
        await get(door, "http://nowhere.example/")
    await door.close()
    assert lookup.closed == 1


# --- nothing left us --------------------------------------------------------------------------


async def test_refused_connection_means_not_sent(opened, closed_port):
    door = opened(Outbound.to_configured())
    with pytest.raises(NotSent):
        await post(door, f"http://127.0.0.1:{closed_port}/")


async def test_name_that_does_not_resolve_means_not_sent(opened, names):
    door = opened(Outbound.to_public(lookup=names(OSError("no such name"))))
    with pytest.raises(NotSent):
        await post(door, "https://nowhere.example/")


async def test_failed_tls_handshake_means_not_sent(site, door):
    with pytest.raises(NotSent):
        await post(door, site.url().replace("http:", "https:"))
    assert site.seen == []


async def test_certificate_that_nobody_signed_means_not_sent(untrusted_site, opened):
    door = opened(Outbound.to_configured())
    with pytest.raises(NotSent):
        await post(door, untrusted_site.url().replace("http:", "https:"))
    assert untrusted_site.seen == []


async def test_deadline_while_the_name_is_looked_up_means_not_sent(opened, names):
    class Slow(names):
        async def resolve(self, *_):
            await asyncio.Event().wait()

    door = opened(Outbound.to_public(lookup=Slow()))
    with pytest.raises(NotSent):
        await post(door, "https://slow.example/", wait_s_max=0.01, answer_bytes_max=1)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nX-B: b"},
        {"X-A": "a\nb"},
        {"X-A": "a\0"},
        {"X-A": "\x7f"},
        {"X-A": "\u4e2d"},
        {"X-A\r\nX-B": "a"},
        {"X A": "a"},
        {"": "a"},
    ],
)
async def test_header_that_could_end_its_line_means_not_sent(site, door, headers):
    with pytest.raises(NotSent):
        await post(door, site.url(), headers=headers)
    assert site.connections == 0


# --- something may have been done -------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["reset", "hang_up"])
async def test_connection_cut_after_the_request_means_answer_lost(site, door, trouble):
    site.answers["/"] = getattr(site, trouble)
    with pytest.raises(AnswerLost):
        await post(door, site.url())
    assert len(site.seen) == 1


async def test_half_an_answer_is_lost(site, door):
    site.answers["/"] = site.half()
    with pytest.raises(AnswerLost):
        await post(door, site.url())


async def test_answer_that_is_not_http_is_lost(site, door):
    site.answers["/"] = b"SSH-2.0-OpenSSH_9.6\r\n\r\n"
    with pytest.raises(AnswerLost):
        await post(door, site.url())


@pytest.mark.parametrize("trouble", ["stay_silent", "half_then_silence"])
async def test_deadline_after_sending_means_answer_lost(site, door, trouble):
    site.answers["/"] = site.half_then_silence() if trouble.startswith("half") else site.stay_silent
    site.answers["/first"] = site.reply(b"the connection is there before the short deadline runs")
    await post(door, site.url("/first"))
    with pytest.raises(AnswerLost):
        await post(door, site.url(), **IMPATIENT)


async def test_post_on_a_connection_that_dies_is_never_sent_twice(site, door):
    """The server reads the second request on a kept connection and goes away without a word."""
    site.answers["/"] = [site.reply(b"ok"), site.hang_up, site.reply(b"bought twice")]
    await post(door, site.url())
    with pytest.raises(AnswerLost):
        await post(door, site.url())
    assert (len(site.seen), site.connections) == (2, 1)


async def test_get_on_a_connection_that_dies_is_repeated_once(site, door):
    site.answers["/"] = [site.reply(b"ok"), site.hang_up, site.reply(b"again")]
    await get(door, site.url())
    assert (await get(door, site.url())).body == b"again"
    assert (len(site.seen), site.connections) == (3, 2)


async def test_cancelled_post_stays_cancelled(site, door):
    site.answers["/"] = site.stay_silent
    task = asyncio.create_task(post(door, site.url()))
    await site.got_request.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_error_does_not_repeat_the_address(site, door):
    site.answers["/"] = site.reset
    with pytest.raises(AnswerLost) as caught:
        await get(door, site.url("/?signature=secret"))
    assert "secret" not in str(caught.value)


# --- limits -----------------------------------------------------------------------------------


async def test_answer_of_exactly_the_limit_is_read(site, door):
    site.answers["/"] = site.reply(bytes(1_000))
    assert len((await post(door, site.url())).body) == 1_000


async def test_answer_one_byte_longer_is_too_large(site, door):
    site.answers["/"] = site.reply(bytes(1_001))
    with pytest.raises(AnswerTooLarge):
        await post(door, site.url())


async def test_answer_without_end_is_too_large(site, door):
    site.answers["/"] = site.send_without_end
    with pytest.raises(AnswerTooLarge):
        await get(door, site.url())


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_coded_answer_is_undone_and_counted_as_it_comes_out(site, door, coding, pack):
    site.answers["/small"] = site.reply(pack(bytes(1_000)), Content_Encoding=coding)
    site.answers["/bomb"] = site.reply(pack(bytes(50_000_000)), Content_Encoding=coding)
    assert (await get(door, site.url("/small"))).body == bytes(1_000)
    with pytest.raises(AnswerTooLarge):
        await get(door, site.url("/bomb"))


async def test_coding_that_nobody_asked_for_is_an_answer_lost(site, door):
    site.answers["/"] = site.reply(b"\x0b\x02\x80ok\x03", Content_Encoding="br")
    with pytest.raises(AnswerLost):
        await get(door, site.url())


# --- tell -------------------------------------------------------------------------------------


async def tell(door, url, *, kept=4):
    return await door.tell(url, body=b"{}", headers=JSON, answer_bytes_kept=kept, **WAIT)


async def test_told_receiver_may_answer_more_than_is_kept(site, door):
    site.answers["/"] = site.send_without_end
    answer = await tell(door, site.url())
    assert (answer.status, answer.body) == (200, bytes(4))


async def test_told_receiver_that_breaks_off_has_still_said_its_status(site, door):
    site.answers["/"] = site.half(b"ha")
    answer = await tell(door, site.url())
    assert (answer.status, answer.body) == (200, b"ha")


async def test_told_receiver_that_dribbles_has_still_said_its_status(site, door):
    site.answers["/"] = site.half_then_silence(b"ha")
    answer = await tell(door, site.url())
    assert (answer.status, answer.body) == (200, b"ha")


async def test_told_receiver_without_an_answer_is_an_answer_lost(site, door):
    site.answers["/"] = site.reset
    with pytest.raises(AnswerLost):
        await tell(door, site.url())


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "１２７.０.０.１",
        "169.254.169.254",
        "0.0.0.0",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
@pytest.mark.parametrize("ask", [post, get])
async def test_literal_address_that_is_not_public_is_refused_unasked(
    site, opened, names, ask, host
):
    lookup = names()
    door = opened(Outbound.to_public(lookup=lookup))
    with pytest.raises(AddressRefused) as caught:
        await ask(door, f"http://{host}:{site.port}/")
    assert (str(caught.value), lookup.asked, site.connections) == (REFUSED_SENTENCE, [], 0)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://u:p@a.example/", "//a.example/", ""])
@pytest.mark.parametrize("make", [Outbound.to_public, Outbound.to_configured])
async def test_what_is_no_plain_http_url_is_refused_in_the_same_words(opened, make, url):
    with pytest.raises(AddressRefused) as caught:
        await get(opened(make()), url)
    assert str(caught.value) == REFUSED_SENTENCE


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"]],
)
async def test_name_with_one_address_that_is_not_public_is_refused(site, opened, names, answer):
    door = opened(Outbound.to_public(lookup=names(answer)))
    with pytest.raises(AddressRefused) as caught:
        await post(door, f"http://rebound.example:{site.port}/")
    assert (str(caught.value), site.connections) == (REFUSED_SENTENCE, 0)


async def test_connection_goes_to_the_address_that_was_judged(site, opened, names):
    """One lookup for one connection: a second answer would have nothing to say."""
    lookup = names(["127.0.0.1"], AssertionError("asked twice"))
    pair = f"hook.example:{site.port}"
    door = opened(Outbound.to_public(allow=frozenset({pair}), lookup=lookup))
    site.answers["/"] = site.reply(b"ok")

    await post(door, f"http://HOOK.example:{site.port}/")

    assert lookup.asked == [("hook.example", site.port)]
    assert site.seen[0].headers["host"] == pair


async def test_name_is_asked_for_again_for_the_next_connection(site, opened, names):
    pair = f"hook.example:{site.port}"
    lookup = names(["127.0.0.1"], ["127.0.0.1"])
    door = opened(Outbound.to_public(allow=frozenset({pair}), lookup=lookup))
    site.answers["/"] = site.reply(b"ok", Connection="close")
    await post(door, f"http://{pair}/")
    await post(door, f"http://{pair}/")
    assert len(lookup.asked) == site.connections == 2


async def test_allow_list_is_exact(site, opened, names):
    door = opened(
        Outbound.to_public(allow=frozenset({f"127.0.0.1:{site.port}"}), lookup=names(["127.0.0.1"]))
    )
    with pytest.raises(AddressRefused):
        await get(door, f"http://localhost:{site.port}/")
    with pytest.raises(AddressRefused):
        await get(door, f"http://127.0.0.1:{site.port + 1}/")


async def test_operators_own_address_may_be_anywhere(site, opened, names):
    door = opened(Outbound.to_configured(lookup=names(["127.0.0.1"])))
    site.answers["/"] = site.reply(b"ok")
    assert (await get(door, f"http://vendor.internal:{site.port}/")).status == 200
    assert (await get(door, site.url())).status == 200
