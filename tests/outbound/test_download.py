import asyncio
import gzip
import hashlib
import random

import pytest

from framegate.errors import AddressRefused, AnswerLost, AnswerTooLarge, NotSent
from framegate.outbound import REDIRECTS_MAX, REFUSED_SENTENCE, Downloaded, Outbound

BYTES_MAX = 100_000
WAIT_S = 30


async def download(door, url, to, *, wait_s_max=WAIT_S):
    return await door.download(url, to=to, bytes_max=BYTES_MAX, wait_s_max=wait_s_max)


@pytest.fixture
def to(tmp_path):
    return tmp_path / "picture"


def hops(site, count):
    """Redirects one after the other, and the file at the end."""
    for n in range(count):
        site.answers[f"/{n}"] = site.redirect(f"/{n + 1}")
    site.answers[f"/{count}"] = site.reply(b"film")


async def test_file_is_copied_counted_and_digested(site, door, to):
    content = bytes(range(250)) * 400
    site.answers["/a.mp4"] = site.reply(content, Content_Type="video/mp4")

    got = await download(door, site.url("/a.mp4?sig=%2B"), to)

    digest = hashlib.sha256(content).hexdigest()
    assert got == Downloaded(bytes_count=BYTES_MAX, sha256=digest, media_type="video/mp4")
    assert to.read_bytes() == content
    assert site.seen[0].target == "/a.mp4?sig=%2B"


async def test_empty_file_without_a_type_is_copied_too(site, door, to):
    site.answers["/"] = site.reply(b"")
    got = await download(door, site.url(), to)
    assert (got.bytes_count, got.media_type, to.read_bytes()) == (0, "", b"")


async def test_older_file_is_overwritten(site, door, to):
    to.write_bytes(b"something much longer")
    site.answers["/"] = site.reply(b"new")
    await download(door, site.url(), to)
    assert to.read_bytes() == b"new"


async def test_coded_file_is_kept_plain(site, door, to):
    site.answers["/"] = site.reply(gzip.compress(b"film"), Content_Encoding="gzip")
    assert (await download(door, site.url(), to)).bytes_count == 4
    assert to.read_bytes() == b"film"


@pytest.mark.parametrize("count", [1, REDIRECTS_MAX])
async def test_three_redirects_are_followed(site, door, to, count):
    hops(site, count)
    await download(door, site.url("/0"), to)
    assert [seen.target for seen in site.seen] == [f"/{n}" for n in range(count + 1)]


async def test_fourth_redirect_is_not(site, door, to):
    hops(site, REDIRECTS_MAX + 1)
    with pytest.raises(AnswerLost):
        await download(door, site.url("/0"), to)
    assert len(site.seen) == REDIRECTS_MAX + 1
    assert not to.exists()


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/",
        "//127.0.0.1:{other}/",
        "http://[::1]:{port}/",
        "file:///etc/passwd",
        "http://2130706433:{other}/",
        "http://169.254.169.254/latest",
        "ftp://a.example/",
        "http://[",
        "http://u:p@127.0.0.1:{port}/",
        "data:,x",
        "http://rebound.example:{port}/",
    ],
)
async def test_every_redirect_is_judged_like_the_first_address(site, opened, names, to, location):
    door = opened(Outbound.to_public(allow=frozenset({site.pair}), lookup=names(["127.0.0.1"])))
    place = location.format(port=site.port, other=site.port + 1)
    site.answers["/"] = site.redirect(place)
    with pytest.raises(AddressRefused) as caught:
        await download(door, site.url(), to)
    assert (str(caught.value), len(site.seen), to.exists()) == (REFUSED_SENTENCE, 1, False)


@pytest.mark.parametrize("status", ["404 Not Found", "403 No", "500 Oops", "204 Empty", "206 Part"])
async def test_any_status_but_200_is_an_answer_lost(site, door, to, status):
    site.answers["/"] = site.reply(b"", status=status)
    with pytest.raises(AnswerLost, match=status[:3]):
        await download(door, site.url(), to)
    assert not to.exists()


async def test_redirect_to_nowhere_is_an_answer_lost(site, door, to):
    site.answers["/"] = site.reply(b"", status="302 Found")
    with pytest.raises(AnswerLost):
        await download(door, site.url(), to)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("reset", AnswerLost),
        ("half", AnswerLost),
        ("send_without_end", AnswerTooLarge),
        ("too_long", AnswerTooLarge),
        ("bomb", AnswerTooLarge),
        ("not_gzip", AnswerLost),
        ("half_gzip", AnswerLost),
    ],
)
async def test_file_that_does_not_come_whole_is_removed(site, door, to, trouble, error):
    packed = gzip.compress(bytes(10_000_000))
    answers = {
        "reset": site.reset,
        "half": site.half(),
        "send_without_end": site.send_without_end,
        "too_long": site.reply(bytes(BYTES_MAX + 1)),
        "bomb": site.reply(packed, Content_Encoding="gzip"),
        "not_gzip": site.reply(b"plain", Content_Encoding="gzip"),
        "half_gzip": site.reply(gzip.compress(b"film")[:-6], Content_Encoding="gzip"),
    }
    site.answers["/"] = answers[trouble]
    with pytest.raises(error):
        await download(door, site.url(), to)
    assert not to.exists()


async def test_server_that_dribbles_past_the_deadline_is_left(site, door, to):
    site.answers["/first"] = site.reply(b"the connection is there before the short deadline runs")
    await download(door, site.url("/first"), to)
    site.answers["/"] = site.half_then_silence()
    with pytest.raises(AnswerLost):
        await download(door, site.url(), to, wait_s_max=0.5)
    assert not to.exists()


async def test_cancelled_download_leaves_no_file(site, door, to):
    site.answers["/"] = site.half_then_silence()
    task = asyncio.create_task(download(door, site.url(), to))
    while not to.exists():  # noqa: ASYNC110 - a file system has no event to wait for
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not to.exists()


async def test_refused_connection_means_not_sent(opened, to, closed_port):
    door = opened(Outbound.to_configured())
    with pytest.raises(NotSent):
        await download(door, f"http://127.0.0.1:{closed_port}/", to)
    assert not to.exists()


async def test_trouble_of_our_own_disk_is_told_apart_from_the_servers(site, door, tmp_path):
    site.answers["/"] = site.reply(b"film")
    with pytest.raises(FileNotFoundError):
        await download(door, site.url(), tmp_path / "missing" / "picture")


async def test_names_are_judged_for_downloads_too(site, opened, names, to):
    door = opened(Outbound.to_public(lookup=names(["8.8.8.8", "10.0.0.1"])))
    with pytest.raises(AddressRefused):
        await download(door, f"http://mixed.example:{site.port}/", to)
    assert site.connections == 0


def announcing(length, body=b"film", **headers):
    """A head that promises so many bytes, and the first of them."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    async def send(writer):
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        return False

    return send


async def test_file_that_announces_too_much_is_refused_before_a_byte_is_written(
    site, door, tmp_path
):
    site.answers["/"] = announcing(BYTES_MAX + 1)
    # Where no file can be opened, the length must be what is refused.
    with pytest.raises(AnswerTooLarge, match="100001 bytes are announced; the limit is 100000"):
        await download(door, site.url(), tmp_path / "missing" / "picture")


async def test_answer_that_announces_too_much_is_refused_too(site, door):
    site.answers["/"] = announcing(BYTES_MAX + 1)
    with pytest.raises(AnswerTooLarge, match="100001 bytes are announced"):
        await door.get(site.url(), headers={}, wait_s_max=WAIT_S, answer_bytes_max=BYTES_MAX)


async def test_coded_file_may_announce_more_than_comes_out_of_it(site, door, to):
    """Incompressible bytes grow a little in their coding."""
    content = random.Random(0).randbytes(BYTES_MAX)
    packed = gzip.compress(content)
    assert len(packed) > BYTES_MAX
    site.answers["/"] = site.reply(packed, Content_Encoding="gzip")
    assert (await download(door, site.url(), to)).bytes_count == BYTES_MAX
