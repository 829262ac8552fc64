import json

import pytest

from framegate.domain.ledger import Scope
from framegate.web.console import webhooks

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
URL = "https://your-server.example/hooks"


@pytest.fixture
def key(door):
    return door.key("acme")


async def add(door, key):
    answer = await door.post("/api/webhooks", json.dumps({"url": URL}).encode(), key=key)
    return answer.json()["data"]


async def test_webhooks_are_listed_without_their_secrets(looker, door, key):
    made = await add(door, key)
    await looker.post("/console/sign-in", f"key={key}")
    for path in ("/console/webhooks", f"/console/webhooks/{made['id']}"):
        text = (await looker.get(path)).text
        assert URL in text
        assert made["secret"] not in text


async def test_read_key_looks_and_changes_nothing(looker, door, key):
    made = await add(door, key)
    await looker.post("/console/sign-in", f"key={door.key('acme', scope=Scope.READ)}")
    text = (await looker.get("/console/webhooks")).text
    assert "This key may look" in text
    text = (await looker.get(f"/console/webhooks/{made['id']}")).text
    assert "data-post" not in text
    assert 'data-opens="rotate"' not in text


async def test_webhook_and_delivery_of_another_account_never_were(looker, door, key):
    made = await add(door, key)
    await looker.post("/console/sign-in", f"key={door.key('other')}")
    for path in (f"/console/webhooks/{made['id']}", "/console/webhooks/deliveries/msg_1"):
        assert (await looker.get(path)).status_code == 404


async def test_operator_may_send_another_accounts_delivery_again(looker, door, key):
    await add(door, key)
    await door.post(CREATE, BODY, key=key)
    (owed,) = (await door.get("/api/deliveries", key=key)).json()["data"]["result"]
    await looker.sign_in()
    task = (await looker.get(f"/console/tasks/{owed['task']}")).text
    assert f'data-redeliver="{owed["id"]}"' in task
    shown = (await looker.get(f"/console/webhooks/deliveries/{owed['id']}")).text
    assert f'data-post="/api/deliveries/{owed["id"]}/redeliver"' in shown
    # The webhook's own page is its account's.
    assert f'href="/console/tasks/{owed["task"]}"' in shown
    assert f'href="/console/webhooks/{owed["webhook"]}"' not in shown


async def test_status_that_is_none_is_refused(looker, key):
    await looker.post("/console/sign-in", f"key={key}")
    assert (await looker.get("/console/webhooks?status=odd")).status_code == 400


@pytest.mark.parametrize(
    ("recent", "tried", "rate"),
    [
        ({"delivered": 0, "failed": 0, "retrying": 0}, 0, None),
        ({"delivered": 3, "failed": 1, "retrying": 0}, 4, 75),
        ({"delivered": 1, "failed": 0, "retrying": 1}, 2, 50),
        (None, 0, None),
    ],
)
def test_rate_counts_what_is_tried_again_as_not_arrived(recent, tried, rate):
    shown = webhooks._rated({"recent": recent})
    assert (shown["tried"], shown["rate"]) == (tried, rate)
