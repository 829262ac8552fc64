"""Pages of tasks without a browser: what stands on them, for whom, and what they refuse."""

import hashlib
import html
import re

import pytest

from framegate.domain.task import TaskStatus
from framegate.store import lists, schema
from framegate.web.console import tasks

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = (
    b'{ "contents": [{"type":"first_frame","url":"https://cdn.example.com/a.jpg"},'
    b'{"type":"prompt","text":"a <b>cat</b> walks"}],"settings":{"duration":5} }'
)


async def made(door, key, content=BODY):
    return (await door.post(CREATE, content, key=key)).headers["x-framegate-task"]


def rows_of(text):
    return re.findall(r'<tr id="row-(\w+)"', text)


def names_of_tabs(text):
    return re.findall(r'class="tab"[^>]*>(\w+)', text)


@pytest.fixture
async def member(door, looker):
    """A member's browser, and the key of its account."""
    key = door.key("acme", credit="100")
    await looker.sign_in("acme")
    looker.key = key
    return looker


def as_text(answer):
    return html.unescape(answer.text)


async def test_first_visit_says_what_will_be_here(member):
    text = as_text(await member.get("/console/tasks"))
    assert "No tasks yet" in text
    assert 'href="/console/playground"' in text


async def test_every_task_is_a_row_with_its_link_and_its_id_to_copy(member, door):
    task_id = await made(door, member.key)
    answer = await member.get("/console/tasks")
    assert rows_of(answer.text) == [task_id]
    assert f'href="/console/tasks/{task_id}"' in answer.text
    assert "a &lt;b&gt;cat&lt;/b&gt; walks" in answer.text
    assert "<b>cat</b>" not in answer.text


async def test_address_carries_the_filter_and_the_form_shows_it(member, door):
    task_id = await made(door, member.key)
    text = (await member.get("/console/tasks?text=cat&state=sending,submitted")).text
    assert rows_of(text) == [task_id]
    assert 'value="cat"' in text
    assert '<input type="hidden" form="filters" name="state" value="sending,submitted">' in text


async def test_filter_without_a_find_is_not_a_first_visit(member, door):
    await made(door, member.key)
    text = as_text(await member.get("/console/tasks?text=zeppelin"))
    assert "No task matches" in text
    assert "No tasks yet" not in text


async def test_filter_that_is_none_is_complained_about_with_its_field(member):
    answer = await member.get("/console/tasks?from=yesterday")
    assert answer.status_code == 400
    assert "from must be Unix milliseconds or YYYY-MM-DD" in as_text(answer)


async def test_member_gets_no_operators_filter_and_may_not_use_it(member):
    text = (await member.get("/console/tasks")).text
    assert 'name="upstream"' not in text
    assert "Refused" not in names_of_tabs(text)
    assert (await member.get("/console/tasks?upstream=local")).status_code == 403


async def test_operator_sees_every_account_and_who_it_is(looker, door):
    task_id = await made(door, door.key("acme"))
    await looker.sign_in()
    text = (await looker.get("/console/tasks")).text
    assert rows_of(text) == [task_id]
    assert 'name="upstream"' in text
    assert 'data-copy="acme"' in text


async def test_account_that_is_none_is_complained_about(looker):
    await looker.sign_in()
    answer = await looker.get("/console/tasks?account=nobody")
    assert (answer.status_code, "account not found" in as_text(answer)) == (404, True)


async def test_long_list_goes_on_where_it_ended(member, door):
    made_ids = [await made(door, member.key) for _ in range(tasks.LIMIT + 1)]
    first = (await member.get("/console/tasks?text=cat")).text
    (older,) = re.findall(r'href="([^"]+)" hx-get="[^"]+"[^>]*rel="next"', first)
    second = (await member.get(html.unescape(older))).text
    assert rows_of(first) == made_ids[:0:-1]
    assert rows_of(second) == made_ids[:1]
    assert "text=cat" in older


def test_tabs_count_their_states_and_keep_the_filter():
    page = {
        "counts": {"sending": 1, "processing": 2, "succeeded": 50, "failed": 0},
        "count_max": 50,
    }
    every, running, succeeded, *_ = tasks._tabs(
        {"text": "a", "state": "succeeded"}, page, is_admin=False
    )
    assert (every["count"], every["is_more"]) == (53, True)
    assert (running["count"], running["is_more"]) == (3, False)
    assert (succeeded["is_chosen"], every["is_chosen"]) == (True, False)
    assert running["url"].startswith("/console/tasks?text=a&state=sending")
    assert every["url"] == "/console/tasks?text=a"


def test_tabs_without_counts_say_none():
    tabs = tasks._tabs({}, {"counts": None, "count_max": 9}, is_admin=True)
    assert {tab["count"] for tab in tabs} == {None}


def test_every_status_has_its_word():
    assert set(tasks.STATES) == set(TaskStatus)
    assert {*tasks.RUNNING} == {each for each in TaskStatus if not each.is_terminal}


# --- one task -------------------------------------------------------------------------------------


async def test_task_shows_its_bytes_and_offers_them(member, door):
    task_id = await made(door, member.key)
    answer = await member.get(f"/console/tasks/{task_id}")
    plain = as_text(answer)
    assert f'href="/api/tasks/{task_id}/request"' in answer.text
    assert hashlib.sha256(BODY).hexdigest() in plain
    assert f"#reuse={task_id}" in answer.text
    assert "<b>cat</b>" not in answer.text


async def test_task_of_another_account_is_not_there(member, door):
    other = await made(door, door.key("other"))
    assert (await member.get(f"/console/tasks/{other}")).status_code == 404


async def test_member_sees_nothing_of_the_operators(member, looker, door):
    task_id = await made(door, member.key)
    assert "For operators" not in (await member.get(f"/console/tasks/{task_id}")).text
    await looker.sign_in()
    assert "For operators" in (await looker.get(f"/console/tasks/{task_id}")).text


async def test_cancelled_task_says_that_nothing_was_charged(member, door):
    task_id = await made(door, member.key)
    before = (await member.get(f"/console/tasks/{task_id}")).text
    await door.post(f"/api/tasks/{task_id}/cancel", key=member.key)
    after = (await member.get(f"/console/tasks/{task_id}")).text
    assert ('id="cancel"' in before, 'id="cancel"' in after) == (True, False)
    assert "Nothing was charged." in after
    assert "cancelled by its owner" in after


async def test_task_page_keeps_the_navigation_where_it_came_from(member, door):
    task_id = await made(door, member.key)
    text = (await member.get(f"/console/tasks/{task_id}")).text
    assert re.search(r'href="/console/tasks" aria-current="true"', text)


def copy(door, task_id, count):
    """So many older tasks of the same account and state, as rows alone."""
    fresh = {"id": "'old_' || n", "created_ms": "created_ms - n", "ticket": "'old_' || n"}
    names = [column.name for column in schema.tasks.columns]
    values = ", ".join(fresh.get(name, name) for name in names)
    sql = (
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {count})"
        f" INSERT INTO tasks ({', '.join(names)})"
        f" SELECT {values} FROM numbers, tasks WHERE id = '{task_id}'"
    )
    door.gateway.database.write_now(lambda tx: tx.exec_driver_sql(sql))


async def test_search_that_has_not_looked_everywhere_says_how_far_and_goes_on(member, door):
    copy(door, await made(door, member.key), lists.LOOKED_MAX + 5)
    first = (await member.get("/console/tasks?text=zeppelin")).text
    assert "Nothing found so far" in first
    assert "No task matches" not in first
    (further,) = re.findall(r'href="([^"]+cursor[^"]+)"', first)
    last = (await member.get(html.unescape(further))).text
    assert "No task matches" in last
    assert not re.search(r'href="[^"]+cursor', last)
