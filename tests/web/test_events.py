"""Streams as a browser reads them: ids, coming back, and an end in time."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from framegate.domain.ledger import Scope
from framegate.domain.task import TaskStatus
from framegate.store import tasks
from framegate.web import events
from framegate.web.app import app

PATIENCE_S = 10
CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = (
    b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}],'
    b'"settings":{"duration":5}}'
)


class Reader:
    """One open stream, read event by event without a socket."""

    def __init__(self):
        self.sent, self.status, self.is_ended = asyncio.Queue(), None, False
        self.gone = asyncio.Event()
        self._text = ""

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(message["headers"])
        elif message.get("body") or not message.get("more_body"):
            self.sent.put_nowait(message)

    async def block(self):
        """The next block of lines; "" at the end of the stream."""
        async with asyncio.timeout(PATIENCE_S):
            while "\n\n" not in self._text:
                message = await self.sent.get()
                self._text += message["body"].decode()
                if not message.get("more_body"):
                    self.is_ended = True
                    return ""
        block, self._text = self._text.split("\n\n", 1)
        return block

    async def event(self, name="task"):
        """The next event of a name, as (id, data); None at the end of the stream."""
        while block := await self.block():
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            if fields.get("event") == name:
                return int(fields.get("id", 0)), json.loads(fields["data"])
        return None


@asynccontextmanager
async def reading(door, path, key, *, after=None, method="GET"):
    reader = Reader()
    headers = [(b"authorization", f"Bearer {key}".encode())]
    if after is not None:
        headers.append((b"last-event-id", str(after).encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": headers,
    }
    served = asyncio.create_task(app(door.gateway)(scope, reader.receive, reader.send))
    try:
        yield reader
    finally:
        reader.gone.set()
        async with asyncio.timeout(PATIENCE_S):
            await served


async def made(door, key):
    return (await door.post(CREATE, BODY, key=key)).headers["x-framegate-task"]


def moved(door, task_id, status, **changes):
    def move(tx):
        task = tasks.by_id(tx, task_id)
        return tasks.move(
            tx, task, status=status, now_ms=task.created_ms + 1_000, next_ms=0, **changes
        )

    return door.gateway.database.write_now(move)


async def test_stream_of_a_task_tells_its_life_and_ends_with_it(door):
    key = door.key()
    task_id = await made(door, key)
    async with reading(door, f"/api/tasks/{task_id}/events", key) as reader:
        assert [(await reader.event())[1]["state"] for _ in range(2)] == ["sending", "submitted"]
        moved(door, task_id, TaskStatus.FAILED, message="no face")
        _, data = await reader.event()
        assert (data["status"], data["note"], data["task"]) == ("failed", "no face", task_id)
        assert await reader.event() is None
    assert reader.status == 200
    assert reader.headers[b"content-type"] == b"text/event-stream"
    assert "operator_note" not in data


async def test_reader_that_comes_back_misses_nothing_and_hears_nothing_twice(door):
    key = door.key()
    first = await made(door, key)
    async with reading(door, "/api/events", key) as reader:
        await reader.event("open")
        moved(door, first, TaskStatus.PROCESSING)
        seen, _ = await reader.event()
    second = await made(door, key)
    async with reading(door, "/api/events", key, after=seen) as reader:
        heard = [await reader.event() for _ in range(2)]
        moved(door, second, TaskStatus.PROCESSING)
        heard.append(await reader.event())
    assert [event_id for event_id, _ in heard] == [seen + 1, seen + 2, seen + 3]
    assert {data["task"] for _, data in heard} == {second}


async def test_reader_that_was_cut_off_before_anything_happened_has_a_place_to_come_back_to(door):
    key = door.key()
    await made(door, key)
    async with reading(door, "/api/events", key) as reader:
        opened, _ = await reader.event("open")
    task_id = await made(door, key)
    async with reading(door, "/api/events", key, after=opened) as reader:
        assert (await reader.event())[1]["task"] == task_id


async def test_who_comes_back_to_a_task_that_ended_is_told_to_stay_away(door):
    key = door.key()
    task_id = await made(door, key)
    moved(door, task_id, TaskStatus.FAILED, message="m")
    path = f"/api/tasks/{task_id}/events"
    async with reading(door, path, key) as reader:
        heard = []
        while event := await reader.event():
            heard.append(event[0])
    assert len(heard) == 3
    async with reading(door, path, key, after=heard[-1]) as reader:
        pass
    assert reader.status == 204


async def test_who_missed_the_end_of_a_task_hears_of_it(door):
    key = door.key()
    task_id = await made(door, key)
    moved(door, task_id, TaskStatus.FAILED, message="m")
    async with reading(door, f"/api/tasks/{task_id}/events", key, after=1) as reader:
        heard = []
        while event := await reader.event():
            heard.append(event[1]["state"])
    assert heard == ["submitted", "failed"]


async def test_member_hears_of_its_own_account_and_an_operator_of_all(door):
    ours, theirs = door.key("ours"), door.key("theirs")
    admin = door.key("default", scope=Scope.ADMIN)
    async with (
        reading(door, "/api/events", ours) as member,
        reading(door, "/api/events", admin) as operator,
    ):
        for reader in (member, operator):
            await reader.event("open")
        other, own = await made(door, theirs), await made(door, ours)
        assert (await member.event())[1]["task"] == own
        _, data = await operator.event()
    assert data["task"] == other
    assert data["account"]


async def test_anothers_task_is_not_found(door):
    task_id = await made(door, door.key("ours"))
    answer = await door.get(f"/api/tasks/{task_id}/events", key=door.key("theirs"))
    assert (answer.status_code, answer.json()["message"]) == (404, "task not found")


async def test_refused_create_is_an_operators_news_alone(door):
    member = door.key("ours")
    admin = door.key("default", scope=Scope.ADMIN)
    async with (
        reading(door, "/api/events", member) as ours,
        reading(door, "/api/events", admin) as operator,
    ):
        for reader in (ours, operator):
            await reader.event("open")
        task_id = await made(door, member)

        def refuse(tx):
            tx.exec_driver_sql("UPDATE tasks SET status = 'sending'")
            task = tasks.by_id(tx, task_id)
            tasks.move(tx, task, status=TaskStatus.REFUSED, now_ms=task.created_ms, next_ms=0)

        door.gateway.database.write_now(refuse)
        another = await made(door, member)
        told = [(await operator.event())[1]["state"] for _ in range(3)]
        for expected in ("sending", "submitted", "sending"):
            _, data = await ours.event()
            assert data["state"] == expected
    assert told == ["sending", "submitted", "refused"]
    assert data["task"] == another


@pytest.mark.parametrize("sent", ["x", "-1", "1.5", "9" * 19])
async def test_strange_id_is_refused(door, sent):
    answer = await door.get("/api/events", key=door.key(), Last_Event_ID=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)


async def test_silence_is_kept_alive(door, monkeypatch):
    monkeypatch.setattr(events, "KEEP_ALIVE_S", 0.01)
    async with reading(door, "/api/events", door.key()) as reader:
        assert "event: open" in await reader.block()
        assert await reader.block() == ": still here"


async def test_stream_ends_after_its_time_so_that_the_key_is_looked_at_again(door, monkeypatch):
    monkeypatch.setattr(events, "STREAM_S_MAX", 0.01)
    async with reading(door, "/api/events", door.key()) as reader:
        assert await reader.event() is None


async def test_head_has_no_stream(door):
    async with reading(door, "/api/events", door.key(), method="HEAD") as reader:
        assert await reader.block() == ""


async def test_thousand_streams_end_with_the_server(door):
    """200 of an account are many; five accounts have a thousand."""
    keys = [door.key(f"account-{number}") for number in range(5)]
    readers, served, one_app = [], [], app(door.gateway)
    for number in range(1_000):
        reader = Reader()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/events",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {keys[number % 5]}".encode())],
        }
        served.append(asyncio.create_task(one_app(scope, reader.receive, reader.send)))
        readers.append(reader)
    for reader in readers:
        await reader.event("open")
    assert door.gateway.watch.count == 1_000
    assert (await door.get("/api/events", key=keys[0])).status_code == 429
    door.gateway.watch.end()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*served)
    assert door.gateway.watch.count == 0


async def test_reader_that_goes_away_is_forgotten(door):
    async with reading(door, "/api/events", door.key()) as reader:
        await reader.event("open")
        assert door.gateway.watch.count == 1
    assert door.gateway.watch.count == 0
