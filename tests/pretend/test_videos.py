"""The vendor's files: signed addresses, ranges, and every way in which one is no good."""

import httpx2
import pytest

from fakes.tiny_video import tiny_video
from fakes.vendor import IMAGE, KEY, order, selling

DAYS_30_S = 30 * 86_400


async def made(caller):
    """The address of a video."""
    return (await caller.task(await caller.made()))["outputs"][0]["url"]


@pytest.fixture
def fast(opened):
    return opened(pace=0)


async def test_address_gives_the_film_to_whoever_has_it(fast):
    answer = await fast.http.get(await made(fast))
    assert (answer.status_code, answer.content) == (200, tiny_video())
    assert answer.headers["Content-Type"] == "video/mp4"


async def test_range_is_served(fast):
    answer = await fast.http.get(await made(fast), headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, tiny_video()[10:20])


async def test_address_dies_30_days_after_the_end(fast, clock):
    url = await made(fast)
    clock.pass_s(DAYS_30_S)
    assert (await fast.http.get(url)).status_code == 200
    clock.pass_s(1)
    assert (await fast.http.get(url)).status_code == 403


@pytest.mark.parametrize("changed", [("Expires=1", "Expires=2"), ("sig=", "sig=0"), ("?", "?x=")])
async def test_changed_address_is_forbidden(fast, changed):
    assert (await fast.http.get((await made(fast)).replace(*changed))).status_code == 403


async def test_watermarked_film_has_an_address_of_its_own(fast):
    body = order() | {"options": {"watermark_info": {"enabled": True}}}
    task_id = (await fast.create(body)).json()["data"]["id"]
    (output,) = (await fast.task(task_id))["outputs"]
    assert output["watermark_url"] != output["url"]
    assert (await fast.http.get(output["watermark_url"])).status_code == 200


async def test_every_fetch_is_in_the_log(fast):
    await fast.http.get(await made(fast))
    (fetched,) = fast.vendor.log.fetched()
    assert fetched["status"] == 200


# --- faults, on a real socket --------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with selling(tmp_path_factory.mktemp("videos")) as vendor:
        yield vendor


@pytest.fixture
def http():
    with httpx2.Client(trust_env=False, headers=KEY, timeout=30) as client:
        yield client


@pytest.fixture
def url(shop, http):
    task_id = http.post(shop.url + IMAGE, json=order()).json()["data"]["id"]
    (task,) = http.get(f"{shop.url}/tasks?task_ids={task_id}").json()["data"]
    return task["outputs"][0]["url"]


@pytest.mark.parametrize(
    ("fault", "status", "is_the_film"),
    [
        ("not-found", 404, False),
        ("forbidden", 403, False),
        ("html", 200, False),
        ("wrong-content", 200, False),
        ("empty", 200, False),
        ("slow", 200, True),
    ],
)
def test_fault_answers_once_and_then_the_film_is_there(shop, http, url, fault, status, is_the_film):
    shop.faults.next.add("video", [fault])
    answer = http.get(url)
    assert answer.status_code == status
    assert (answer.content == tiny_video()) is is_the_film
    assert http.get(url).content == tiny_video()


def test_half_a_film_breaks_off(shop, http, url):
    shop.faults.next.add("video", ["half"])
    with pytest.raises(httpx2.TransportError):
        http.get(url)


def test_endless_film_goes_on_beyond_any_film(shop, http, url):
    shop.faults.next.add("video", ["endless"])
    got = 0
    with http.stream("GET", url) as answer:
        for part in answer.iter_raw():
            got += len(part)
            if got > 100 * len(tiny_video()) + 10_000_000:
                break
    assert got > 10_000_000


def test_redirect_leads_to_the_film_and_a_loop_nowhere(shop, http, url):
    shop.faults.next.add("video", ["redirect"])
    assert http.get(url, follow_redirects=True).content == tiny_video()
    shop.faults.next.add("video", ["redirect-loop"])
    with pytest.raises(httpx2.TooManyRedirects):
        http.get(url, follow_redirects=True)
