"""An account's webhooks over HTTP, told for real by the deliver flow."""

import json

import pytest
from standardwebhooks import Webhook

from fakes.receiver import Receiver
from framegate.domain.endpoint import ENABLED_MAX
from framegate.domain.ledger import Scope
from framegate.engine.embedded import Wake

BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
CREATE = "/kling/image-to-video/kling-3.0-turbo"
URL = "https://your-server.example/hooks"
CHANGES = ("rotate", "disable", "enable", "test", "redeliver")


@pytest.fixture
async def receiver():
    async with Receiver() as opened:
        yield opened


@pytest.fixture
def door(new_door, receiver):
    return new_door(outbound={"allow": [receiver.pair]})


@pytest.fixture
def key(door):
    return door.key()


@pytest.fixture
async def hook(door, key, receiver):
    """A webhook of the key's account, with its secret."""
    return await data_of(door.post("/api/webhooks", body(receiver.url), key=key))


def body(url=URL, **more):
    return json.dumps({"url": url, **more}).encode()


async def data_of(answering):
    answer = await answering
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def submitted(door, key, count=1):
    """Create tasks: the embedded renderer takes each at once."""
    for _ in range(count):
        await data_of(door.post(CREATE, BODY, key=key))


async def deliver_all(door):
    """One attempt at everything that is pending."""
    pending = door.gateway.database.read_now(
        lambda tx: (
            tx.exec_driver_sql("SELECT id FROM deliveries WHERE ended_ms = 0").scalars().all()
        )
    )
    for delivery_id in pending:
        await door.gateway.deliver(Wake(subject=delivery_id, now_ms=0))


# --- endpoints --------------------------------------------------------------------------------


async def test_a_new_webhook_shows_its_secret_this_once(door, key, receiver):
    made = await data_of(door.post("/api/webhooks", body(receiver.url), key=key))

    assert made.pop("secret").startswith("whsec_")
    assert made["id"].startswith("hook_")
    assert (made["url"], made["enabled"], made["disabled_why"]) == (receiver.url, True, "")
    assert made["events"] == [
        "task.submitted", "task.processing", "task.succeeded", "task.failed",
    ]  # fmt: skip
    seen = await data_of(door.get(f"/api/webhooks/{made['id']}", key=key))
    assert seen == made | {"recent": {"pending": 0, "retrying": 0, "delivered": 0, "failed": 0}}
    listed = await data_of(door.get("/api/webhooks", key=key))
    assert listed == {"result": [seen], "count": 1}


async def test_every_violation_is_told_with_its_place(door, key):
    content = body("http://10.0.0.1/", events=["task.failed", "task.done"], secret="mine")

    answer = await door.post("/api/webhooks", content, key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    errors = answer.json()["data"]["errors"]
    assert [each["path"] for each in errors] == ["/url", "/events/1", "/secret"]
    assert answer.json()["message"] == errors[0]["message"] == "url must be a public address"
    assert door.count("endpoints") == 0


@pytest.mark.parametrize(
    ("content", "http_status"), [(b"", 400), (b'{"url":1,"url":1}', 400), (b" " * 1_048_577, 413)]
)
async def test_body_is_read_as_strictly_as_a_create(door, key, content, http_status):
    answer = await door.post("/api/webhooks", content, key=key)
    assert (answer.status_code, answer.json()["code"]) == (http_status, 1200)


async def test_one_webhook_too_many_is_a_clear_no(door, key):
    for _ in range(ENABLED_MAX):
        await data_of(door.post("/api/webhooks", body(), key=key))

    answer = await door.post("/api/webhooks", body(), key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    expected = "an account may have at most 10 webhooks enabled; disable one first"
    assert answer.json()["message"] == expected
    assert door.count("endpoints") == ENABLED_MAX


async def test_rotation_shows_a_new_secret_and_until_when_the_old_one_signs(door, key, hook):
    path = f"/api/webhooks/{hook['id']}/rotate"

    made = await data_of(door.post(path, b'{"overlap_s":3600}', key=key))
    assert made["secret"] not in ("", hook["secret"])
    assert made["old_secret_until"] > made["created_at"] + 3_500_000

    again = await data_of(door.post(path, b'{"overlap_s":0}', key=key))
    assert again["old_secret_until"] == 0
    assert "secret" not in await data_of(door.get(f"/api/webhooks/{hook['id']}", key=key))


async def test_rotation_without_a_body_overlaps_by_a_week(door, key, hook):
    made = await data_of(door.post(f"/api/webhooks/{hook['id']}/rotate", key=key))

    overlap_ms = made["old_secret_until"] - made["created_at"]
    assert 7 * 86_400_000 <= overlap_ms < 7 * 86_400_000 + 60_000


async def test_a_webhook_is_disabled_and_enabled(door, key, hook):
    path = f"/api/webhooks/{hook['id']}"

    off = await data_of(door.post(f"{path}/disable", key=key))
    assert (off["enabled"], off["disabled_why"]) == (False, "by its owner")
    assert off["disabled_at"] >= off["created_at"]

    on = await data_of(door.post(f"{path}/enable", key=key))
    assert (on["enabled"], on["disabled_why"], on["disabled_at"]) == (True, "", 0)


async def test_a_webhook_cannot_be_deleted(door, key, hook):
    answer = await door.http.request("DELETE", f"/api/webhooks/{hook['id']}")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_a_test_is_told_at_once_and_answered(door, key, hook, receiver):
    receiver.statuses.append(503)

    said = await data_of(door.post(f"/api/webhooks/{hook['id']}/test", key=key))

    assert (said["delivered"], said["http_status"], said["answer"]) == (False, 503, "thanks")
    (heard,) = receiver.heard
    event = Webhook(hook["secret"]).verify(heard.body, heard.headers)
    assert event["type"] == "webhook.test"
    again = await door.post(f"/api/webhooks/{hook['id']}/test", key=key)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "6")


# --- deliveries -------------------------------------------------------------------------------


async def test_a_delivery_is_shown_with_every_attempt(door, key, hook, receiver):
    receiver.statuses.extend([500, 200])
    await submitted(door, key)
    await deliver_all(door)
    path = f"/api/webhooks/{hook['id']}/deliveries"
    (failed,) = (await data_of(door.get(path, key=key)))["result"]
    await data_of(door.post(f"/api/deliveries/{failed['id']}/redeliver", b"", key=key))
    await deliver_all(door)

    (listed,) = (await data_of(door.get(path, key=key)))["result"]
    shown = await data_of(door.get(f"/api/deliveries/{listed['id']}", key=key))

    first, second = shown.pop("attempts")
    assert shown == listed
    assert (first["http_status"], first["answer"], first["error"]) == (500, "thanks", "")
    assert listed["last_attempt"] == second
    assert (listed["webhook"], listed["event"]) == (hook["id"], "task.submitted")
    assert (listed["status"], listed["attempt_count"]) == ("delivered", 2)
    assert listed["id"] == receiver.heard[0].headers["webhook-id"]


async def test_deliveries_of_callbacks_are_listed_beside_those_of_webhooks(
    door, key, hook, receiver
):
    await submitted(door, key)
    content = json.loads(BODY) | {"options": {"callback_url": receiver.url}}
    task_id = (await data_of(door.post(CREATE, json.dumps(content).encode(), key=key)))["id"]
    task = (await data_of(door.get(f"/api/tasks/{task_id}", key=key)))["task"]
    door.gateway.database.write_now(
        lambda tx: tx.exec_driver_sql("UPDATE tasks SET deadline_ms = 1 WHERE id = ?", (task,))
    )
    door.gateway.database.write_now(
        lambda tx: tx.exec_driver_sql("UPDATE renders SET status = 'processing'")
    )
    await door.gateway.track(Wake(subject=task, now_ms=0))

    everything = await data_of(door.get("/api/deliveries", key=key))
    hooked = await data_of(door.get(f"/api/webhooks/{hook['id']}/deliveries", key=key))

    callbacks = [each for each in everything["result"] if not each["webhook"]]
    assert [(each["event"], each["task"]) for each in callbacks] == [("task.failed", task)]
    assert everything["count"] == hooked["count"] + 1 == 4


async def test_pages_follow_one_another_to_the_end(door, key, hook):
    await submitted(door, key, 5)

    seen, cursor, more = [], "", True
    while more:
        query = f"limit=2&cursor={cursor}"
        page = await data_of(door.get(f"/api/webhooks/{hook['id']}/deliveries?{query}", key=key))
        seen += [each["id"] for each in page["result"]]
        cursor, more = page["next_cursor"], page["has_more"]

    assert cursor == ""
    assert len(seen) == len(set(seen)) == 5


async def test_deliveries_are_listed_by_status(door, key, hook):
    await submitted(door, key)
    await deliver_all(door)
    await submitted(door, key)

    for status in ("pending", "delivered"):
        page = await data_of(door.get(f"/api/deliveries?status={status}", key=key))
        assert [each["status"] for each in page["result"]] == [status]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "status=lost",
            'status must be one of pending, delivered, failed; got string "lost"',
        ),
        ("cursor=1", "cursor must be the next_cursor of an earlier answer"),
        ("limit=0", 'limit must be an integer from 1 to 100; got string "0"'),
        ("limit=101", 'limit must be an integer from 1 to 100; got string "101"'),
        ("limit=%C2%B2", 'limit must be an integer from 1 to 100; got string "\u00b2"'),
    ],
)
async def test_a_page_that_cannot_be_is_a_clear_no(door, key, query, message):
    answer = await door.get(f"/api/deliveries?{query}", key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["message"] == message


async def test_a_failed_delivery_is_sent_again_under_its_own_id(door, key, hook, receiver):
    receiver.statuses.append(410)
    await submitted(door, key)
    await deliver_all(door)
    (failed,) = (await data_of(door.get("/api/deliveries", key=key)))["result"]
    assert (failed["status"], failed["failed_why"]) == ("failed", "the receiver answered 410")
    path = f"/api/deliveries/{failed['id']}/redeliver"

    refused = await door.post(path, key=key)
    assert refused.json()["message"] == "this webhook is disabled; enable it first"
    await data_of(door.post(f"/api/webhooks/{hook['id']}/enable", key=key))
    again = await data_of(door.post(path, key=key))
    await deliver_all(door)

    assert (again["status"], again["attempt_count"]) == ("pending", 1)
    told = await data_of(door.get(f"/api/deliveries/{failed['id']}", key=key))
    assert (told["status"], len(told["attempts"])) == ("delivered", 2)
    assert [each.headers["webhook-id"] for each in receiver.heard] == [failed["id"]] * 2
    assert not [one for one in door.gateway.audit() if one.broken]


async def test_all_that_failed_is_sent_again_at_once(door, key, hook):
    await submitted(door, key, 3)
    await data_of(door.post(f"/api/webhooks/{hook['id']}/disable", key=key))
    await data_of(door.post(f"/api/webhooks/{hook['id']}/enable", key=key))

    done = await data_of(door.post(f"/api/webhooks/{hook['id']}/redeliver", key=key))

    assert done == {"redelivered": 3, "has_more": False}
    pending = await data_of(door.get("/api/deliveries?status=pending", key=key))
    assert pending["count"] == 3
    assert {each["resent_by"] for each in pending["result"]} == {"owner"}


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
async def test_a_reading_key_changes_nothing(door, key, hook, change):
    reading = door.key(scope=Scope.READ)

    answer = await door.post(f"/api/webhooks/{hook['id']}/{change}", key=reading)

    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
    assert answer.json()["message"] == "this key may not change webhooks"


async def test_a_reading_key_sees_everything_but_the_secret(door, key, hook):
    reading = door.key(scope=Scope.READ)
    await submitted(door, key)

    assert (await door.post("/api/webhooks", body(), key=reading)).status_code == 403
    listed = await data_of(door.get("/api/webhooks", key=reading))
    assert listed["count"] == 1
    assert "whsec_" not in json.dumps(listed)
    assert (await data_of(door.get("/api/deliveries", key=reading)))["count"] == 1


async def test_an_admin_key_may_change_webhooks(door, hook):
    admin = door.key(scope=Scope.ADMIN)
    assert await data_of(door.post(f"/api/webhooks/{hook['id']}/disable", key=admin))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_key_nothing_is_answered(door, hook, method):
    for path in ("/api/webhooks", f"/api/webhooks/{hook['id']}", "/api/deliveries"):
        answer = await door.http.request(method, path)
        assert answer.status_code in {401, 405}


async def test_another_accounts_ids_are_answered_as_unknown_ones(door, key, hook):
    """Promise 19: same status, same body."""
    await submitted(door, key)
    (delivery,) = (await data_of(door.get("/api/deliveries", key=key)))["result"]
    other = door.key("other")

    for noun, path, known in (
        ("webhook", "/api/webhooks", hook["id"]),
        ("delivery", "/api/deliveries", delivery["id"]),
    ):
        tails = {
            "webhook": ["", "/deliveries", *(f"/{change}" for change in CHANGES)],
            "delivery": ["", "/redeliver"],
        }[noun]
        for tail in tails:
            method = "GET" if tail in ("", "/deliveries") else "POST"
            for asked in (known, "made_up"):
                answer = await door.http.request(
                    method, f"{path}/{asked}{tail}", headers={"Authorization": f"Bearer {other}"}
                )
                seen = (answer.status_code, answer.json()["code"], answer.json()["message"])
                assert seen == (404, 1203, f"{noun} not found"), (asked, tail)
    assert (await data_of(door.get("/api/webhooks", key=other)))["count"] == 0
    assert (await data_of(door.get("/api/deliveries", key=other)))["count"] == 0


async def test_operator_sends_anybodys_delivery_again_and_the_row_says_who_did(
    door, key, hook, receiver
):
    await submitted(door, key)
    receiver.statuses.append(500)
    await deliver_all(door)
    (failed,) = (await data_of(door.get("/api/deliveries", key=key)))["result"]
    admin = door.key("default", scope=Scope.ADMIN)
    path = f"/api/deliveries/{failed['id']}"

    assert (failed["resent_at"], failed["resent_by"]) == (0, "")
    assert (await data_of(door.get(path, key=admin)))["account"] == failed["account"]
    again = await data_of(door.post(f"{path}/redeliver", key=admin))
    await deliver_all(door)

    assert (again["status"], again["resent_by"]) == ("pending", "operator")
    seen_by_owner = await data_of(door.get(path, key=key))
    assert (seen_by_owner["status"], seen_by_owner["resent_by"]) == ("delivered", "operator")
    assert seen_by_owner["resent_at"] == again["resent_at"] > 0
    own = await data_of(door.post(f"{path}/redeliver", key=key))
    assert own["resent_by"] == "owner"


async def test_key_of_another_account_sends_nothing_again(door, key, hook):
    await submitted(door, key)
    (owed,) = (await data_of(door.get("/api/deliveries", key=key)))["result"]
    for other, status in (
        (door.key("other"), 404),
        (door.key("default", scope=Scope.READ), 403),
    ):
        answer = await door.post(f"/api/deliveries/{owed['id']}/redeliver", key=other)
        assert answer.status_code == status
    assert (await data_of(door.get(f"/api/deliveries/{owed['id']}", key=key))) == owed | {
        "attempts": []
    }
