"""Webhooks, as a person adds, tests and mends them, with a real receiver behind them."""

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from console.conftest import picture
from console.listening import listening
from processes import Framegate

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("zh", "light")], ids=["en", "zh"]
)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def listener():
    with listening() as opened:
        yield opened


@pytest.fixture(scope="module")
def gate(tmp_path_factory, listener):
    """A gateway that may tell the listener."""
    config = f'[outbound]\nallow = ["{listener.pair}"]\n'
    with Framegate(tmp_path_factory.mktemp("hooks"), config=config) as served:
        yield served


@pytest.fixture(autouse=True)
def quiet_again(gate):
    """After a test nobody is told any more: an account may have ten webhooks that are."""
    yield
    for hook in gate.http.get("/api/webhooks").json()["data"]["result"]:
        gate.http.post(f"/api/webhooks/{hook['id']}/disable")


def add(gate, listener, path, status=200, **wishes):
    """A webhook of the operator's account."""
    listener.statuses[path] = status
    answer = gate.http.post("/api/webhooks", json={"url": listener.url(path), **wishes})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def fail_a_task(gate):
    """A task without a video, the quickest end: its picture is not there."""
    gone = gate.upload(picture()).replace("img_", "img_0")
    task = gate.created({"contents": [{"type": "first_frame", "url": gone}]})
    gate.ended(task)


def told(gate, hook, status):
    """The deliveries of a webhook, once there is one of a status."""

    def ask():
        path = f"/api/webhooks/{hook['id']}/deliveries?status={status}"
        return gate.http.get(path).json()["data"]["result"]

    return gate.until(ask, bool)


@EVERY_LOOK
def test_webhook_is_added_and_its_secret_verifies_a_test(visit, gate, listener, language, theme):
    looker = visit(language=language, theme=theme)
    page, path = looker.page, f"/added-{language}"
    page.goto("/console/webhooks")
    page.locator("#new").click()
    page.locator("#new-hook-url").fill(listener.url(path))
    page.locator("[value='task.submitted']").uncheck()
    assert looker.violations() == []
    page.locator("#new-hook button:not([type])").click()
    page.locator("#made[open]").wait_for()
    assert looker.violations() == []
    secret = page.locator("#made code").first.inner_text()

    page.locator("#made [data-closes]").click()
    page.locator(".row-to", has_text=path).click()
    page.locator("#test").click()
    page.locator("#test-says:visible").wait_for()
    expect(page.locator("#test-status")).to_have_text("200")
    expect(page.locator("#test-answer")).to_have_text("thanks for telling")
    tested = {"en": "tested just now: 200", "zh": "刚刚测试：200"}[language]
    page.locator("[data-part=facts] [data-tested]", has_text=tested).wait_for()
    page.locator("[data-part=deliveries] [data-tested]", has_text=tested).wait_for()
    expect(page.locator("#test[aria-busy]")).to_have_count(0)
    assert looker.violations() == []
    heard = [(headers, body) for at, headers, body in listener.heard if at == path]
    headers, body = heard[-1]
    lower = {name.lower(): value for name, value in headers.items()}
    assert Webhook(secret).verify(body, lower)["type"] == "webhook.test"


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Address must be a public address"), ("zh", "地址必须是公网地址")],
)
def test_address_that_is_not_public_is_refused_at_its_field(visit, language, told):
    looker = visit(language=language)
    page = looker.page
    page.goto("/console/webhooks")
    page.locator("#new").click()
    page.locator("#new-hook-url").fill("http://10.0.0.7/hooks")
    page.locator("#new-hook button:not([type])").click()
    page.locator("#new-hook-url-no:visible").wait_for()
    expect(page.locator("#new-hook-url-no")).to_have_text(told)
    assert page.locator("#new-hook [data-advice] code").all_inner_texts() == [
        'allow = ["10.0.0.7:80"]',
        "FRAMEGATE_OUTBOUND_ALLOW=10.0.0.7:80",
    ]
    expect(page.locator("#new-hook [data-advice]")).to_be_visible()
    assert looker.violations() == []
    for box in page.locator("#new-hook [type=checkbox]").all():
        box.uncheck()
    page.locator("#new-hook-url").fill("https://hooks.example.com/")
    page.locator("#new-hook button:not([type])").click()
    page.locator("#new-hook-events-no:visible").wait_for()
    expect(page.locator("#new-hook [data-advice]")).to_be_hidden()
    looker.complaints.clear()  # The browser notes the 400s itself.


@EVERY_LOOK
def test_delivery_that_failed_is_opened_and_sent_again(visit, gate, listener, language, theme):
    path = f"/mended-{language}"
    hook = add(gate, listener, path, status=410, events=["task.failed"])
    fail_a_task(gate)
    (delivery,) = told(gate, hook, "failed")
    gate.http.post(f"/api/webhooks/{hook['id']}/enable")
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto(f"/console/webhooks/{hook['id']}?status=failed")
    page.locator(f".row-to[href$='{delivery['id']}']").click()
    page.locator(".tries").wait_for()
    expect(page.locator("#main")).to_contain_text(delivery["id"])
    expect(page.locator(".tries pre").first).to_have_text("thanks for telling")
    assert looker.violations() == []

    listener.statuses[path] = 200
    page.locator("#again").click()
    told(gate, hook, "delivered")
    page.reload()
    expect(page.locator(".tries .http-good")).to_have_count(1)
    assert looker.violations() == []


def test_everything_that_failed_is_sent_again_at_once(visit, gate, listener):
    hook = add(gate, listener, "/all", status=410, events=["task.failed"])
    fail_a_task(gate)
    told(gate, hook, "failed")
    gate.http.post(f"/api/webhooks/{hook['id']}/enable")
    listener.statuses["/all"] = 200
    page = visit().page
    page.goto(f"/console/webhooks/{hook['id']}")
    page.locator("#again").click()
    page.locator("#redeliver button:not([type])").click()
    assert [each["status"] for each in told(gate, hook, "delivered")] == ["delivered"]


def test_secret_is_rotated_with_an_overlap(visit, gate, listener):
    hook = add(gate, listener, "/rotated")
    page = visit().page
    page.goto(f"/console/webhooks/{hook['id']}")
    page.locator("#rotate-it").click()
    page.locator("[value='3600']").check()
    page.locator("#rotate button:not([type])").click()
    page.locator("#made[open]").wait_for()
    fresh = page.locator("#made code").inner_text()
    assert fresh.startswith("whsec_")
    assert fresh != hook["secret"]
    shown = gate.http.get(f"/api/webhooks/{hook['id']}").json()["data"]
    assert shown["old_secret_until"] > 0


def test_webhook_is_disabled_after_a_warning_and_enabled_again(visit, gate, listener):
    hook = add(gate, listener, "/switched")
    looker = visit()
    page = looker.page
    page.goto(f"/console/webhooks/{hook['id']}")
    page.locator("#able").click()
    page.locator("#disable[open]").wait_for()
    assert looker.violations() == []
    page.locator("#disable button:not([type])").click()
    page.locator("#able[data-post]").wait_for()
    assert not gate.http.get(f"/api/webhooks/{hook['id']}").json()["data"]["enabled"]

    page.locator("#able").click()
    page.locator("#able[data-opens]").wait_for()
    assert gate.http.get(f"/api/webhooks/{hook['id']}").json()["data"]["enabled"]


@EVERY_LOOK
def test_account_that_told_nobody_is_led_to_its_first_webhook(visit, gate, language, theme):
    name = f"quiet {language}"
    gate.command("accounts", "create", name, "--credit", "1")
    looker = visit(account=name, language=language, theme=theme)
    page = looker.page
    page.goto("/console/webhooks")
    expect(page.locator(".empty")).to_have_count(2)
    expect(page.locator(".empty code")).to_have_text("framegate webhooks listen")
    assert looker.violations() == []
    page.locator(".empty [data-opens=new-hook]").click()
    expect(page.locator("#new-hook")).to_be_visible()
    page.goto("/console/webhooks?status=failed")
    expect(page.locator(".tab[aria-current]")).to_have_count(1)


def test_webhooks_fit_a_phone(visit, gate, listener):
    hook = add(gate, listener, "/a-rather-long-address-of-a-webhook-that-somebody-has/on/a/phone")
    fail_a_task(gate)
    told(gate, hook, "delivered")
    looker = visit(size=PHONE)
    for path in ("/console/webhooks", f"/console/webhooks/{hook['id']}"):
        looker.page.goto(path)
        assert looker.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert looker.violations() == []


def test_rows_of_a_phone_stand_alike_whatever_they_hold(visit, gate, listener):
    hook = add(gate, listener, "/rows/down", status=500)
    fail_a_task(gate)
    gate.until(
        lambda: told(gate, hook, "pending"),
        lambda found: all(each["attempt_count"] > 1 for each in found),
    )
    page = visit(size=PHONE, language="zh").page
    page.goto("/console/webhooks?status=pending")
    row = page.locator("tr.row-link", has_text="/rows/down").first
    address = row.locator(".row-url").bounding_box()
    attempts, next_try = (each.bounding_box() for each in row.locator(".row-later").all())

    assert attempts["x"] == address["x"]
    assert attempts["y"] >= address["y"] + address["height"]
    assert next_try["y"] == attempts["y"]


def test_numbers_of_a_webhook_keep_their_width_beside_another_with_a_long_state(
    visit, gate, listener
):
    short = add(gate, listener, "/beside/ok")
    gone = add(gate, listener, "/beside/gone", status=410)
    fail_a_task(gate)
    told(gate, gone, "failed")
    page = visit(size=PHONE).page
    page.goto("/console/webhooks")

    def width(hook, part):
        row = page.locator(".hook", has=page.locator(f"a[href$='{hook['id']}']"))
        return row.locator(part).bounding_box()["width"]

    assert width(gone, ".hook-state") > width(short, ".hook-state")
    assert width(gone, ".hook-rate") < width(short, ".hook-rate")
