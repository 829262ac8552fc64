"""Kling's account looked into, against the pretend vendor: its list by pages, and its costs."""

import json

import pytest

from fakes.vendor import API_KEY, BEGAN_MS, IMAGE, KEY, Clock, order, selling
from framegate.domain.upstream import Costs, RenderStatus, Unreachable, Window
from framegate.outbound import Answer, Outbound
from framegate.upstreams import kling as adapter
from framegate.upstreams.kling import Kling
from framegate.upstreams.login import Login

PAIR = {"access_key": "pretend-access-key", "secret_key": "pretend-secret-key-of-nobody-at-all"}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vendor(tmp_path, clock):
    with selling(tmp_path, clock_ms=clock) as vendor:
        yield vendor


@pytest.fixture
async def door():
    opened = Outbound.to_configured()
    yield opened
    await opened.close()


@pytest.fixture
def open_kling(vendor, door):
    def open_one(**settings):
        usual = {
            "name": "kling",
            "models": frozenset({"kling-3.0-turbo"}),
            "base_url": vendor.url,
            "path_prefix": "",
            "login": Login(api_key=API_KEY, **PAIR, now_s=lambda: BEGAN_MS / 1_000),
            "submit_wait_s": 5,
            "poll_wait_s": 5,
            "queries_per_s": 1_000,
            "operator_door": door,
            "public_door": door,
        }
        return Kling(**usual | settings)

    return open_one


@pytest.fixture
def kling(open_kling):
    return open_kling()


@pytest.fixture
def buy(vendor, clock, door):
    async def buy_one(external_id=""):
        clock.pass_s(1)
        answer = await door.post(
            vendor.url + IMAGE,
            body=json.dumps(order(external_id)).encode(),
            headers=KEY | {"Content-Type": "application/json"},
            wait_s_max=5,
            answer_bytes_max=100_000,
        )
        return json.loads(answer.body)["data"]["id"]

    return buy_one


def window(**changes):
    usual = {"since_ms": BEGAN_MS, "until_ms": BEGAN_MS + 3_600_000, "rows_max": 100}
    return Window(**usual | changes)


async def test_what_was_sold_is_listed_newest_first(kling, buy):
    older, newer = await buy("biz-1"), await buy()
    found = await kling.tasks(window())
    assert [task.ticket for task in found.tasks] == [newer, older]
    assert [task.external_id for task in found.tasks] == ["", "biz-1"]
    assert found.tasks[1].created_ms == BEGAN_MS + 1_000
    assert not found.has_more


async def test_an_empty_account_has_an_empty_list(kling):
    found = await kling.tasks(window())
    assert (found.tasks, found.has_more) == ((), False)


async def test_moments_and_status_are_asked_for(kling, buy):
    await buy()
    first = await buy()
    await buy()
    found = await kling.tasks(window(since_ms=BEGAN_MS + 2_000, until_ms=BEGAN_MS + 2_000))
    assert [task.ticket for task in found.tasks] == [first]
    failed = await kling.tasks(window(status=RenderStatus.FAILED))
    assert failed.tasks == ()
    assert len((await kling.tasks(window(status=RenderStatus.SUCCEEDED))).tasks) == 3


@pytest.mark.parametrize(("rows_max", "has_more"), [(4, True), (5, False), (6, False)])
async def test_pages_are_followed_to_the_limit_and_no_further(
    kling, buy, monkeypatch, rows_max, has_more
):
    monkeypatch.setattr(adapter, "LIST_LIMIT_MAX", 2)
    tickets = [await buy() for _ in range(5)]
    found = await kling.tasks(window(rows_max=rows_max))
    assert [task.ticket for task in found.tasks] == tickets[::-1][:rows_max]
    assert found.has_more is has_more


class Endless:
    """A vendor whose every page says that there is another one, and repeats its task."""

    def __init__(self):
        self.asked = []

    async def post(self, url, *, body, **_):
        self.asked.append(json.loads(body))
        page = {"result": [{"id": "9", "status": "failed"}], "next_cursor": "c", "has_more": True}
        data = {"code": 0, "message": "SUCCEED", "data": page}
        return Answer(status=200, headers={}, body=json.dumps(data).encode())


async def test_a_list_without_an_end_is_given_up_and_said_to_have_more(open_kling):
    vendor = Endless()
    found = await open_kling(operator_door=vendor).tasks(window())
    assert ([task.ticket for task in found.tasks], found.has_more) == (["9"], True)
    assert len(vendor.asked) == adapter.LIST_PAGES_MAX
    assert ("cursor" in vendor.asked[0], vendor.asked[1]["cursor"]) == (False, "c")


async def test_another_gateway_is_asked_under_its_prefix(open_kling):
    asked = []

    class Gateway:
        async def post(self, url, **_):
            asked.append(url)
            return Answer(status=404, headers={}, body=b'{"code":1203,"message":"no such path"}')

    kling = open_kling(operator_door=Gateway(), path_prefix="/kling", base_url="http://gate")
    found = await kling.tasks(window())
    assert found == Unreachable(reason="HTTP 404, code 1203: no such path")
    assert asked == ["http://gate/kling/tasks"]


async def test_a_vendor_that_is_gone_tells_nothing(open_kling):
    gone = open_kling(base_url="http://127.0.0.1:1")
    assert isinstance(await gone.tasks(window()), Unreachable)


async def test_a_bad_key_is_told_in_the_vendors_words(open_kling):
    found = await open_kling(login=Login(api_key="other")).tasks(window())
    assert found == Unreachable(reason="HTTP 401, code 1002: api key not found")


async def test_the_package_and_what_is_left_of_it_are_shown_to_the_key_pair(kling):
    costs = await kling.costs(since_ms=BEGAN_MS, until_ms=BEGAN_MS + 1)
    assert isinstance(costs, Costs)
    assert [package["resource_pack_name"] for package in costs.packages] == ["Pretend package"]


async def test_a_wrong_secret_is_told_in_the_vendors_words(open_kling):
    wrong = Login(api_key=API_KEY, access_key=PAIR["access_key"], secret_key="wrong-" * 6)
    costs = await open_kling(login=wrong).costs(since_ms=1, until_ms=2)
    assert costs == Unreachable(reason="HTTP 401, code 1000: Authorization signature is invalid")
