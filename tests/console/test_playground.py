"""The playground, as a person uses it: from nothing to a video, and every way to fail."""

import json
import os
import re
import shutil
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browsing import PHONE
from console import made
from console.conftest import picture
from console.made import finished, whole

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("en", "dark", None), ("zh", "light", None), ("en", "light", PHONE)],
    ids=["en-dark", "zh-light", "en-phone"],
)
NOTE_DEVELOPING = """() => {
    const percent = document.getElementById("percent");
    const look = () => {
        const part = parseInt(percent.textContent || "0", 10);
        if (part > 0 && part < 100) document.body.classList.add("has-developed");
    };
    new MutationObserver(look).observe(percent, { childList: true, subtree: true });
}"""
"""A small film on a quick machine is done between two looks; the page itself misses nothing."""


def file(content=None, name="frame.jpg"):
    content = picture() if content is None else content
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def choose(page, content=None):
    page.locator("#file").set_input_files(file(content))


def go(page):
    page.locator("#go:enabled").wait_for()
    page.keyboard.press("Control+Enter")


def see_it_play(page):
    """Wait until the video in the gate moves."""
    page.locator("#video:visible").wait_for()
    made.until(page, "document.getElementById('video').currentTime > 0.1")
    page.locator("#at", has_not_text=re.compile(r"^0:00\.0$")).wait_for()


def lengthen(page):
    """The longest film, which is not over before the test looks; the picture is chosen."""
    expect(page.locator("#go")).to_be_focused()
    page.locator("#duration").focus()
    page.keyboard.press("End")


@EVERY_LOOK
def test_newcomer_comes_from_the_guide_to_a_video_that_plays(
    visit, new_gate, language, theme, size
):
    gate = new_gate()
    looker = visit(at=gate, language=language, theme=theme, size=size)
    page = looker.page
    page.locator("#guide").wait_for()
    expect(page.locator(".guide-steps li")).to_have_count(3)
    assert looker.violations() == []

    page.locator("#guide-do").click()
    lengthen(page)
    page.evaluate(NOTE_DEVELOPING)
    go(page)
    page.locator("body.has-developed").wait_for()
    assert looker.violations() == []

    see_it_play(page)
    assert looker.violations() == []
    expect(page.locator("#film li")).to_have_count(1)
    page.goto("/console/playground")
    page.locator("#gate-idle").wait_for()
    expect(page.locator("#guide")).to_be_hidden()


def test_price_is_the_servers_own_to_the_last_micro(visit, gate):
    page = visit().page
    expect(page.locator("#price")).to_have_text("$0.56")

    page.locator("#duration").focus()
    page.keyboard.press("End")
    page.get_by_text("1080p").click()
    page.locator("#price", has_text="$2.52").wait_for()
    expect(page.locator("#price-sum")).to_have_text("15 s × $0.112 × 1.5")

    body = {
        "contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}],
        "settings": {"resolution": "1080p", "duration": 15},
    }
    assert gate.http.post("/api/quote", json=body).json()["data"]["amount_micros"] == 2_520_000


@pytest.mark.parametrize(
    ("language", "told"), [("en", "no vendor bills this"), ("zh", "没有厂商收费")]
)
def test_price_of_the_embedded_renderer_says_that_no_vendor_bills_it(visit, language, told):
    looker = visit(language=language)
    expect(looker.page.locator("#pay-own")).to_contain_text(told)
    assert looker.violations() == []


def test_price_says_nothing_of_billing_where_a_vendor_may_take_it(visit, gate, new_gate):
    gate.command("accounts", "create", "told nothing", "--credit", "1")
    expect(visit(account="told nothing").page.locator("#pay-own")).to_have_count(0)
    vendor = '[upstreams.vendor]\nkind = "kling"\nbase_url = "http://127.0.0.1:9"\napi_key = "x"\n'
    mixed = new_gate(f'[upstreams.local]\nkind = "local"\n{vendor}')
    expect(visit(at=mixed).page.locator("#pay-own")).to_have_count(0)


def test_member_sees_the_balance_after(visit, gate):
    gate.command("accounts", "create", "saver", "--credit", "10")
    page = visit(account="saver").page
    page.locator("#after", has_text="$9.44").wait_for()
    assert page.locator("#balance").inner_text().split() == ["Balance", "$10.00"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_has_no_credit_is_told_before_pressing(visit, gate, language):
    name = f"poor-{language}"
    gate.command("accounts", "create", name, "--credit", "0.1")
    looker = visit(account=name, language=language)
    page = looker.page
    choose(page)

    page.locator("#complaint").wait_for()
    page.locator("#go:disabled").wait_for()
    expect(page.locator("#price")).to_have_text("$0.56")
    assert looker.violations() == []
    # The browser notes every 402 of a quote; nothing else may be wrong.
    assert [each for each in looker.complaints if "402" not in each] == []
    looker.complaints.clear()


def test_who_may_only_look_sees_a_button_that_says_so(visit, gate):
    made = gate.command("accounts", "create", "reader", "--credit", "1")
    key = gate.command("keys", "create", "--account", "reader", "--scope", "read")["key"]
    assert made["key"]
    looker = visit(signed_in=False)
    page = looker.page
    page.goto("/console/sign-in")
    page.locator("#key").fill(key)
    page.keyboard.press("Enter")
    page.locator("#go:disabled", has_text="This key may look only").wait_for()
    assert looker.violations() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (picture(299, 800), "299×800 px, at least 300 each"),
        (picture(1_000, 399), "ratio 2.51, from 1:2.5 to 2.5:1"),
        (b"GIF89a not a picture", "JPG or PNG only"),
        (b"\xff\xd8\xff not really", "This file is not a picture that can be read."),
    ],
    ids=["small", "wide", "gif", "broken"],
)
def test_picture_that_breaks_a_rule_is_refused_at_once(visit, gate, content, says):
    looker = visit()
    choose(looker.page, content)

    looker.page.get_by_text(says).wait_for()
    expect(looker.page.locator("#go")).to_be_disabled()
    assert looker.violations() == []


def test_picture_of_the_very_limit_passes(visit):
    page = visit().page
    choose(page, picture(750, 300))
    page.locator("#go:enabled").wait_for()
    expect(page.locator("#checks li.good")).to_have_count(4)


def test_address_that_is_none_is_told_so(visit):
    page = visit().page
    page.locator("#picture-url").fill("frame.jpg")
    page.locator("#use-url").click()
    expect(page.get_by_text("An address begins with http")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_picture_that_cannot_be_fetched_fails_the_task_and_costs_nothing(visit, gate, language):
    looker = visit(language=language)
    page = looker.page
    page.locator("#picture-url").fill("https://frames.example.com/frame.jpg")
    page.keyboard.press("Enter")
    go(page)

    page.locator("#broken").wait_for()
    why = {"en": "Image could not be fetched", "zh": "图片无法获取"}[language]
    expect(page.locator("#broken-text")).to_contain_text(why, use_inner_text=True)
    assert looker.violations() == []
    task = whole(gate, page.locator("#task-id").inner_text())
    assert (task["state"], task["hold"]["state"]) == ("failed", "released")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "options.callback_url must be an absolute http or https URL; got string"),
        ("zh", "options.callback_url 必须是完整的 http 或 https 网址；收到字符串"),
    ],
)
def test_refusal_of_the_gateway_stands_beside_the_button(visit, language, told):
    looker = visit(language=language)
    page = looker.page
    choose(page)
    page.locator(".more summary").click()
    page.locator("#callback").fill("nowhere")

    expect(page.locator("#complaint")).to_contain_text(told)
    looker.complaints.clear()  # The browser notes the 400s of the quotes.


def test_prompt_is_counted_in_characters_and_moves_are_toggled(visit):
    page = visit().page
    with page.expect_response("**/api/quote") as quoted:
        page.locator("#prompt").fill("🎈" * 2_501)
    expect(page.locator("#prompt-count")).to_have_text("2501 / 2500")
    expect(page.locator("#prompt")).to_have_attribute("aria-invalid", "true")
    assert quoted.value.ok  # The price is asked for without it.
    expect(page.locator("#complaint")).to_contain_text("1 characters too long")

    page.locator("#prompt").fill("")
    expect(page.locator("#complaint")).to_be_hidden()
    for name in ("Push in", "Snow"):
        page.get_by_role("button", name=name).click()
    expect(page.locator("#prompt")).to_have_value("the camera slowly pushes in, snow falls")
    page.get_by_role("button", name="Push in").click()
    expect(page.locator("#prompt")).to_have_value("snow falls")


def test_dropped_video_gives_its_settings_back(visit, gate):
    page = visit().page
    choose(page)
    page.locator("#prompt").fill('the camera orbits {"left"}, 花瓣飘落')
    page.locator("#duration").focus()
    page.keyboard.press("Home")
    go(page)
    page.locator("#video:visible").wait_for()
    with page.expect_download() as saved:
        page.locator("#download").click()
    video = Path(saved.value.path()).read_bytes()

    page.locator("#prompt").fill("something else")
    page.locator("#duration").focus()
    page.keyboard.press("End")
    page.locator("#file").set_input_files(
        {"name": "made.mp4", "mimeType": "video/mp4", "buffer": video}
    )
    page.locator("#duration-value", has_text=re.compile("^3$")).wait_for()
    expect(page.locator("#prompt")).to_have_value('the camera orbits {"left"}, 花瓣飘落')

    page.locator("#file").set_input_files(
        {"name": "foreign.mp4", "mimeType": "video/mp4", "buffer": video[:32]}
    )
    page.get_by_text("does not say what it was made with").wait_for()


def test_draft_outlives_a_change_of_language(visit):
    page = visit().page
    choose(page)
    page.locator("#prompt").fill("petals fall")
    page.locator("#go:enabled").wait_for()

    page.locator(".side-foot button[value=zh]").click()
    page.locator("html[lang=zh-CN]").wait_for()
    page.locator("#go:enabled").wait_for()
    expect(page.locator("#prompt")).to_have_value("petals fall")
    expect(page.locator("#drop-image")).to_be_visible()


def test_picture_is_pasted_and_dropped(visit):
    page = visit().page
    give = """
    (how) => new Promise((done) => {
      const canvas = document.createElement('canvas');
      canvas.width = 640; canvas.height = 360;
      canvas.toBlob((blob) => {
        const carried = new DataTransfer();
        carried.items.add(new File([blob], how + '.png', { type: 'image/png' }));
        const event = how === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: carried, bubbles: true })
          : new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true });
        document.body.dispatchEvent(event);
        done();
      });
    })
    """
    for how in ("paste", "drop"):
        page.evaluate(give, how)
        expect(page.locator("#drop-name")).to_contain_text(f"{how}.png")
    expect(page.locator("#go")).to_be_enabled()


def test_video_is_paused_looped_downloaded_and_a_frame_of_it_saved(visit):
    page = visit().page
    choose(page)
    page.locator("#duration").focus()
    page.keyboard.press("Home")
    go(page)
    see_it_play(page)

    page.locator("#play-pause").click()
    assert page.evaluate("document.getElementById('video').paused")
    page.locator("#loop").click()
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "false")
    with page.expect_download() as saved:
        page.locator("#poster").click()
    assert saved.value.suggested_filename.endswith(".png")
    with page.expect_download() as saved:
        page.locator("#download").click()
    assert Path(saved.value.path()).read_bytes()[4:8] == b"ftyp"


def test_press_whose_answer_was_lost_is_repeated_and_buys_once(visit, gate):
    looker = visit()
    page = looker.page
    choose(page)
    keys = []

    def lose(route):
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()  # It arrives, and its answer does not.
            route.abort()
        else:
            route.continue_()

    page.route("**/kling/image-to-video/*", lose)
    before = gate.rows("SELECT COUNT(*) FROM tasks")[0][0]
    go(page)
    page.locator("#complaint").wait_for()
    go(page)
    page.locator("#video:visible").wait_for()

    assert keys[0] == keys[1]
    assert gate.rows("SELECT COUNT(*) FROM tasks")[0][0] == before + 1
    looker.complaints.clear()  # The browser notes the answer that was lost.


def test_task_is_cancelled_and_costs_nothing(visit, new_gate):
    gate = new_gate()
    looker = visit(at=gate)
    page = looker.page
    page.locator("#guide-do").click()
    lengthen(page)
    go(page)

    page.locator("#cancel").click()
    page.locator("#broken-title", has_text="You cancelled it").wait_for()
    assert looker.violations() == []
    assert gate.account["posted"] == "0"
    expect(page.locator("#cancel")).to_be_hidden()


def test_task_is_followed_by_its_stream_and_not_by_asking(visit, gate):
    page = visit().page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    choose(page)
    go(page)
    see_it_play(page)

    looks = [url for url in asked if re.search(r"/api/tasks/task_\w+$", url)]
    assert any(url.endswith("/events") for url in asked)
    # Once at the start, and once for each line of its life.
    assert len(looks) <= 5


def test_server_that_goes_away_is_waited_for(visit, new_gate):
    gate = new_gate()
    looker = visit(at=gate)
    page = looker.page
    page.locator("#guide-do").click()
    lengthen(page)
    go(page)
    page.locator("#percent", has_text=re.compile(r"\d%")).wait_for()

    gate.kill()
    page.locator(".toast-bad").wait_for()
    gate.start()
    see_it_play(page)
    looker.complaints.clear()  # The browser notes every request that found nobody.


@pytest.mark.parametrize("tab", ["curl", "python", "javascript", "cli"])
def test_code_runs_as_pasted(visit, gate, tmp_path, tab):
    """With the key in the environment, as its first line says."""
    commands = {
        "curl": ["bash"],
        "python": [sys.executable],
        "javascript": ["node", "--input-type=module"],
        "cli": ["bash"],
    }
    if shutil.which(commands[tab][0]) is None:
        pytest.skip(f"there is no {commands[tab][0]} on this machine")
    page = visit().page
    choose(page)
    page.locator("#prompt").fill('it\'s "static shot", \\ 固定镜头')
    page.locator("#duration").focus()
    page.keyboard.press("Home")
    page.locator("#go:enabled").wait_for()
    page.locator(f"#tab-{tab}").click()

    beside = Path(sys.executable).parent
    done = subprocess.run(
        commands[tab],
        input=page.locator("#code").inner_text(),
        cwd=tmp_path,
        env={
            "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
            "FRAMEGATE_KEY": (gate.data / "admin.key").read_text().strip(),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    if tab == "curl":
        assert '"code":0' in done.stdout
    else:
        assert (tmp_path / "video.mp4").read_bytes()[4:8] == b"ftyp"
    (sent,) = gate.rows("SELECT body FROM tasks ORDER BY created_ms DESC LIMIT 1")
    assert "固定镜头" in sent[0].decode() or "\\u56fa" in sent[0].decode()


def test_response_is_the_very_body_of_the_create_and_then_of_the_query(visit, gate):
    page = visit().page
    page.locator("#tab-response").click()
    choose(page)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/kling/image-to-video/*/*", hold)
    page.locator("#go:enabled").wait_for()
    with page.expect_response("**/kling/image-to-video/*") as created:
        page.keyboard.press("Control+Enter")
    page.locator("#code", has_text='"request_id"').wait_for()
    assert json.loads(page.locator("#code").inner_text()) == created.value.json()

    page.locator("#video:visible").wait_for()
    while not held:
        page.wait_for_timeout(50)
    asked = held[0].request.url
    assert asked.endswith("/kling-3.0-turbo/" + created.value.json()["data"]["id"])
    with page.expect_response(asked) as queried:
        held[0].continue_()
    page.locator("#code", has_text='"task_result"').wait_for()
    shown = json.loads(page.locator("#code").inner_text())
    assert shown == queried.value.json()
    assert shown["data"]["status"] == "succeed"
    assert [*shown["data"]] == [*gate.http.get(asked).json()["data"]]


def test_steps_and_events_say_when_each_ended_as_the_record_does(visit, gate):
    page = visit().page
    page.locator("#tab-events").click()
    choose(page)
    go(page)
    page.locator("#video:visible").wait_for()
    page.locator("#code", has_text="succeeded").wait_for()

    task = page.locator("#task-id").inner_text()
    life = whole(gate, task)["life"]
    after = {line["state"]: f"{as_shown(line['after_s'])} s" for line in life}
    ended = dict(zip(("taken", "read", "rendered", "stored"), steps(page), strict=True))
    assert (ended["taken"], ended["stored"]) == (after["submitted"], after["succeeded"])
    lines = [line.split(" s  ") for line in page.locator("#code").inner_text().splitlines()]
    seen = {what: f"{float(seconds):.2f} s" for seconds, what in lines}
    assert [seen[line["state"]] for line in life] == [*after.values()]
    # One step ends where the next was seen to begin, and a quick one is not seen by every browser.
    assert ended["read"] == began(seen, "rendering")
    assert ended["rendered"] == began(seen, "finishing", "finished")
    assert lines[-1][1] == "succeeded"

    page.goto("/console/usage")
    page.goto(f"/console/playground#{task}")
    page.locator("#video:visible").wait_for()
    ends = [after["submitted"], "", "", after["succeeded"]]
    expect(page.locator("#stages span")).to_have_text(ends)


def as_shown(seconds):
    """Two decimals, an exact half up, as the browser rounds; Python takes the even neighbour."""
    return Decimal(seconds).quantize(Decimal("0.01"), ROUND_HALF_UP)


def began(seen, *stages):
    """When the first of these stages was seen; "" when none was."""
    return next((seen[f"processing {each}"] for each in stages if f"processing {each}" in seen), "")


def steps(page):
    """The seconds below the picture, by step."""
    return page.locator("#stages span").all_inner_texts()


def test_response_of_a_task_that_was_there_before_is_that_of_its_query(visit, gate):
    task = finished(gate, "there before")
    page = visit().page
    page.goto("/console/usage")
    public = whole(gate, task)["id"]
    with page.expect_response(f"**/kling/image-to-video/kling-3.0-turbo/{public}") as queried:
        page.goto(f"/console/playground#{task}")
    page.locator("#tab-response").click()
    page.locator("#code", has_text='"task_result"').wait_for()
    assert json.loads(page.locator("#code").inner_text()) == queried.value.json()


def test_tabs_are_walked_by_arrow_keys(visit):
    page = visit().page
    page.locator("#tab-curl").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-python")).to_be_focused()
    expect(page.locator("#code")).to_contain_text("import json")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tab-events")).to_be_focused()
