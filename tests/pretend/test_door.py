"""The control door: other processes steer the vendor with it."""

import asyncio
import json

import httpx2
import pytest

from fakes.vendor import order, until
from framegate.pretend.app import app


async def test_next_answers_and_plans_are_set_by_name(caller):
    await caller.post("/pretend/next", {"create": ["content-policy"], "fate": ["fails"]})
    await caller.post("/pretend/next", {"create": ["maintenance"], "for": "biz-1"})
    codes = [(await caller.create(order(name))).json()["code"] for name in ("biz-1", "a", "b")]
    assert codes == [5001, 1301, 0]


async def test_what_usually_happens_can_be_changed(caller):
    await caller.post("/pretend/usually", {"create": "maintenance"})
    assert [(await caller.create()).json()["code"] for _ in range(2)] == [5001, 5001]


async def test_task_is_finished_now_with_the_fate_that_is_asked_for(caller, clock):
    task_id = await caller.made("biz-1")
    answer = await caller.post("/pretend/finish", {"id": "biz-1", "fate": "fails-pixels"})
    assert answer.json() == {"finished": [task_id]}
    shown = await caller.task(task_id)
    assert (shown["status"], shown["message"]) == ("failed", "Image pixel is invalid")
    assert shown["update_time"] == clock()


async def test_everything_that_runs_is_finished_without_an_id(caller):
    ids = [await caller.made() for _ in range(3)]
    assert (await caller.post("/pretend/finish")).json() == {"finished": ids}
    assert (await caller.post("/pretend/finish")).json() == {"finished": []}


async def test_hanging_request_is_released(caller):
    await caller.post("/pretend/next", {"create": ["hangs"]})
    hanging = asyncio.create_task(caller.create())
    await until(caller.vendor.log.bought)
    await caller.post("/pretend/release")
    assert (await hanging).json()["code"] == 0


async def test_log_and_facts_are_read_over_http(caller):
    await caller.made()
    lines = (await caller.get("/pretend/log")).text.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["sent", "bought", "answered"]
    facts = (await caller.get("/pretend/facts")).json()
    assert (facts["creates"], facts["bought"], facts["running"]) == (1, 1, 1)


async def test_reset_forgets_tasks_and_faults_but_not_the_log(caller):
    await caller.made("biz-1")
    await caller.post("/pretend/usually", {"create": "maintenance"})
    await caller.post("/pretend/reset")
    assert (await caller.create(order("biz-1"))).json()["code"] == 0
    assert len(caller.vendor.log.bought()) == 1
    assert caller.vendor.log_path.read_text().count('"bought"') == 2


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("next", {"create": ["nothing"]}),
        ("next", {"nowhere": ["reset"]}),
        ("usually", {"create": "nothing"}),
        ("rates", {"create": {"reset": 2}}),
        ("finish", {"fate": "nothing"}),
        ("next", ["x"]),
    ],
)
async def test_mistake_is_a_sentence(caller, path, asked):
    answer = await caller.post(f"/pretend/{path}", asked)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_door_is_shut_to_other_machines(caller):
    far = httpx2.ASGITransport(app(caller.vendor), client=("192.0.2.1", 5))
    async with httpx2.AsyncClient(transport=far, base_url="http://vendor") as http:
        assert (await http.post("/pretend/reset")).status_code == 403
        assert (await http.get("/pretend/log")).status_code == 403
