"""Two accounts on one gateway: whatever route names a thing of the one, the other gets nothing.

The routes are taken from the app itself. One with an id in its path that nobody has said here how
to try fails the walk: a new route cannot be forgotten.
"""

import json
import re

import httpx2
import msgspec
import pytest

from fakes.drawn import picture
from framegate.gateway import Gateway, create_account, new_key, now_ms
from framegate.settings import Settings
from framegate.web.app import app

MODEL = "kling-3.0-turbo"
DEAD = "127.0.0.1:1"
PREFIXES = ("", "/kling", "/proxy/kling")
PARAMETER = re.compile(r"\{(\w+)\}")

# Which of the first account's things an id in a path names.
NAMES = {
    **{
        f"/api/tasks/{{task_id}}{verb}": "task"
        for verb in ("", "/request", "/answer", "/events", "/cancel")
    },
    **{f"/api/keys/{{id}}{verb}": "key" for verb in ("", "/limits", "/revoke")},
    **{
        f"{prefix}/{kind}/{{model}}/{{task_id}}": "task"
        for prefix in PREFIXES
        for kind in ("image-to-video", "text-to-video")
    },
    **{
        f"/api/webhooks/{{id}}{verb}": "webhook"
        for verb in (
            *("", "/deliveries", "/test", "/rotate"),
            *("/redeliver", "/disable", "/enable"),
        )
    },
    "/api/deliveries/{id}": "delivery",
    "/api/deliveries/{id}/redeliver": "delivery",
    # Behind a signature or a token of their own; no key opens them, not even the owner's.
    "/images/{name}": "picture",
    "/videos/{name}": "picture",
    "/callbacks/{task_id}/{token}": "task",
    # An operator's: what is named is the gateway's own.
    **{
        f"/api/upstreams/{{name}}/{verb}": "upstream"
        for verb in ("test", "pause", "resume", "tasks", "costs")
    },
    **{f"/api/accounts/{{id}}{verb}": "account" for verb in ("", "/topup", "/limits")},
}
# Their path has a parameter, and it is no id.
WITHOUT_IDS = {
    f"{prefix}/{kind}/{{model}}"
    for prefix in PREFIXES
    for kind in ("image-to-video", "text-to-video")
}
NOT_BY_KEY = {"/images/{name}", "/videos/{name}", "/callbacks/{task_id}/{token}"}
BODIES = {"/api/keys/{id}/limits": b'{"rate": 100}', "/api/accounts/{id}/limits": b'{"rate": 100}'}
OPERATORS = {path for path, kind in NAMES.items() if kind in {"upstream", "account"}}


class Town:
    """The gateway, its route table, and what the first account has."""

    def __init__(self, folder):
        sections = {"data": {"dir": str(folder)}, "outbound": {"allow": [DEAD]}}
        self.gateway = Gateway.open(msgspec.convert(sections, Settings))
        self.gateway.prepare()
        # So that a stream tells what was, and ends.
        self.gateway.watch.end()
        self.mine, self.others = self._account("mine"), self._account("others")
        served = app(self.gateway)
        # The console's pages are for sessions; tests/console walks them.
        self.routes = [
            (method, route.path)
            for route in served._app.routes
            for method in sorted(route.methods - {"HEAD"})
            if not route.path.startswith("/console/")
        ]
        transport = httpx2.ASGITransport(served, raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8787")
        self.things = {"upstream": ["local"]}

    def _account(self, name):
        key = new_key()
        self.gateway.database.write_now(
            create_account,
            name=name,
            is_unlimited=False,
            credit_micros=9_000_000,
            key=key,
            now_ms=now_ms(),
        )
        return key

    async def ask(self, method, path, key, content=b""):
        headers = {"Authorization": f"Bearer {key}"}
        return await self.http.request(method, path, content=content, headers=headers)

    async def fill(self):
        """One of each: a webhook, a picture, a task, and the news of it."""
        hook = {"url": f"http://{DEAD}/hooks", "events": ["task.submitted"]}
        webhook = await self._made("/api/webhooks", json.dumps(hook).encode())
        kept = await self._made("/api/images", picture(300, 300))
        order = {
            "contents": [{"type": "first_frame", "url": kept["url"]}],
            "options": {"external_task_id": "my-own-name"},
        }
        answer = await self.ask(
            "POST", f"/image-to-video/{MODEL}", self.mine, json.dumps(order).encode()
        )
        spare = await self._made("/api/keys", b'{"name": "spare"}')
        told = (await self.ask("GET", "/api/deliveries", self.mine)).json()["data"]["result"]
        self.things |= {
            "webhook": [webhook["id"]],
            "key": [spare["id"]],
            "account": [spare["account"]],
            "picture": [kept["id"]],
            "task": [answer.json()["data"]["id"], answer.headers["X-Framegate-Task"]],
            "delivery": [each["id"] for each in told],
        }
        assert all(self.things.values())

    async def _made(self, path, content):
        answer = await self.ask("POST", path, self.mine, content)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def rows(self):
        """Everything that an attempt could have changed."""
        tables = ("tasks", "deliveries", "endpoints", "jobs", "pictures", "holds")
        return self.gateway.database.read_now(
            lambda tx: [tx.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables]
        )


@pytest.fixture
async def town(tmp_path):
    opened = Town(tmp_path)
    await opened.fill()
    yield opened
    await opened.http.aclose()
    await opened.gateway.close()


def named(path, thing):
    """The path with one thing in the place of its id."""
    values = {"model": MODEL, "token": "x" * 43}
    return PARAMETER.sub(lambda found: values.get(found[1], thing), path)


def with_ids(town):
    return [
        (method, path)
        for method, path in town.routes
        if PARAMETER.search(path) and path not in WITHOUT_IDS
    ]


async def test_every_route_with_an_id_is_known_to_this_walk(town):
    assert {path for _, path in with_ids(town)} == set(NAMES)


async def test_route_with_an_id_of_another_account_answers_as_if_there_were_no_such_thing(town):
    before = town.rows()
    for method, path in with_ids(town):
        for thing in town.things[NAMES[path]]:
            body = BODIES.get(path, b"{}")
            answer = await town.ask(method, named(path, thing), town.others, body)
            never = await town.ask(method, named(path, "never-was"), town.others, body)
            said = f"{method} {path}: {answer.text}"
            assert answer.status_code in (403, 404), said
            assert answer.json()["message"] == never.json()["message"], said
            assert answer.json()["data"] == never.json()["data"] == {}, said
    assert town.rows() == before


async def test_owner_is_answered_on_each_of_these_routes(town):
    """Otherwise the walk would prove nothing."""
    for method, path in with_ids(town):
        if path in NOT_BY_KEY | OPERATORS:
            continue
        # One of its names is enough: a task is cancelled once.
        thing = town.things[NAMES[path]][-1]
        answer = await town.ask(method, named(path, thing), town.mine, BODIES.get(path, b"{}"))
        assert answer.status_code == 200, f"{method} {path}: {answer.text}"


async def test_no_list_shows_a_thing_of_another_account(town):
    """Every route without an id, asked for whatever it gives, and for ours by name."""
    things = [thing for kind, each in town.things.items() if kind != "upstream" for thing in each]
    asked = ",".join(town.things["task"])
    seen_by_owner = ""
    for method, path in town.routes:
        if PARAMETER.search(path) and path not in WITHOUT_IDS:
            continue
        for query in ("", f"?task_ids={asked}", "?external_task_ids=my-own-name"):
            answer = await town.ask(method, named(path, "") + query, town.others, b"{}")
            assert [each for each in (*things, "my-own-name") if each in answer.text] == [], path
            seen_by_owner += (
                await town.ask(method, named(path, "") + query, town.mine, b"{}")
            ).text
    assert all(
        thing in seen_by_owner
        for kind in ("task", "webhook", "delivery", "key")
        for thing in town.things[kind][:1]
    )


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key.swapcase(),
        lambda key: key.removeprefix("fg_"),
        lambda _: "fg_" + "A" * 43,
        lambda _: "fg_",
    ],
    ids=[
        "without its end",
        "with one more",
        "one character off",
        "in the other case",
        "without its mark",
        "another of the same length",
        "the mark alone",
    ],
)
async def test_guess_that_is_nearly_right_learns_no_more_than_one_that_is_not(town, spoilt):
    """Keys are looked up by their SHA-256: how near a guess is cannot be seen, nor timed."""
    near = await town.ask("GET", "/api/account", spoilt(town.mine))
    wild = await town.ask("GET", "/api/account", "fg_nothing-like-it")

    def said(answer):
        kept = {name: text for name, text in answer.headers.items() if name != "x-request-id"}
        return answer.status_code, kept, answer.json() | {"request_id": ""}

    assert said(near) == said(wild)
    assert near.status_code == 401
