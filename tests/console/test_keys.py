"""Keys, as a person makes, limits and revokes them."""

import re
import subprocess

import pytest
from playwright.sync_api import expect

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("zh", "light")], ids=["en", "zh"]
)
PHONE = {"width": 390, "height": 844}


def open_new(page):
    page.goto("/console/keys")
    page.locator("#new").click()
    page.locator("#new-key[open]").wait_for()


def make(page, name, **fields):
    """A key by the dialog; answers what was shown once."""
    open_new(page)
    page.locator("#new-key-name").fill(name)
    for field, value in fields.items():
        page.locator(f"#new-key-{field}").fill(value)
    page.keyboard.press("Enter")
    page.locator("#made[open]").wait_for()
    return page.locator("#made code").first.inner_text()


def row(page, name):
    return page.locator("tbody tr", has_text=name)


@EVERY_LOOK
def test_person_makes_a_key_that_works_and_sees_it_once(visit, gate, language, theme):
    looker = visit(language=language, theme=theme)
    page, name = looker.page, f"batch {language}"
    key = make(page, name, budget="5", rate="60", in_flight="2")
    assert looker.violations() == []
    account = gate.http.get("/api/account", headers={"Authorization": f"Bearer {key}"})
    assert account.json()["data"]["key"]["limits"] == {"rate": 60, "in_flight": 2, "budget": "5"}

    page.locator("#made [data-closes]").click()
    row(page, name).wait_for()
    assert looker.violations() == []
    page.reload()
    assert key not in page.content()


def test_dialog_opens_at_its_first_field_so_that_a_space_is_a_letter(visit):
    page = visit().page
    for path, dialog, field in (
        ("/console/keys", "new-key", "name"),
        ("/console/keys", "limits", "budget"),
        ("/console/webhooks", "new-hook", "url"),
        ("/console/accounts", "new-account", "name"),
        ("/console/accounts", "topup", "amount"),
    ):
        page.goto(path)
        page.locator(f"[data-opens={dialog}]").first.click()
        page.keyboard.type("a b")
        # Behind what the field held already, such as the limit of a key.
        assert page.locator(f"#{dialog}-{field}").input_value().endswith("a b")
        expect(page.locator(f"#{dialog}")).to_be_visible()


def test_key_that_is_shown_once_is_closed_by_its_button_alone(visit):
    page = visit().page
    make(page, "kept")
    for _ in range(3):
        page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    expect(page.locator("#made")).to_be_visible()
    page.locator("#made [data-closes]").click()
    page.locator("#made").wait_for(state="hidden")


def test_lines_that_are_shown_with_a_key_run_in_a_shell(visit):
    page = visit().page
    make(page, "shell")
    _, export, curl = page.locator("#made code").all_inner_texts()
    done = subprocess.run(
        ["bash", "-c", f"{export}\n{curl} --noproxy '*' --silent --max-time 20"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert '"code":0' in done.stdout


@EVERY_LOOK
def test_refusal_is_told_at_the_fields_that_it_names(visit, language, theme):
    looker = visit(language=language, theme=theme)
    page = looker.page
    open_new(page)
    page.locator("#new-key-rate").fill("many")
    page.locator("#new-key-budget").fill("-3")
    page.locator("#new-key button:not([type])").click()

    page.locator("#new-key-rate-no:visible").wait_for()
    expect(page.locator("#new-key-rate-no")).to_contain_text("many")
    expect(page.locator("#new-key-budget-no")).to_contain_text("-3")
    missing = {"en": "Name is required", "zh": "缺少名称"}[language]
    expect(page.locator("#new-key-name-no")).to_have_text(missing)
    expect(page.locator("[aria-invalid=true]")).to_have_count(3)
    expect(page.locator("#new-key-name")).to_be_focused()
    assert looker.violations() == []
    looker.complaints.clear()  # The browser notes the 400 itself.


def test_refusal_stands_in_chinese_with_what_was_typed(visit):
    looker = visit(language="zh")
    page = looker.page
    open_new(page)
    page.locator("#new-key-rate").fill("many")
    page.locator("#new-key-budget").fill("-3")
    page.locator("#new-key button:not([type])").click()

    page.locator("#new-key-rate-no:visible").wait_for()
    told = {name: page.locator(f"#new-key-{name}-no").inner_text() for name in ("rate", "budget")}
    assert told == {
        "rate": '每分钟请求数必须是 1 到 1000000 的整数，或 null；收到字符串 "many"',
        "budget": '预算必须大于 0；收到字符串 "-3"',
    }
    expect(page.locator("#new-key [data-complaint] [lang=en]")).to_have_count(0)
    looker.complaints.clear()  # The browser notes the 400 itself.


def test_sentences_are_asked_for_once_and_never_in_english(visit):
    for language, asked in (("en", 0), ("zh", 1)):
        looker = visit(language=language)
        requests = []
        looker.page.on("request", lambda request, kept=requests: kept.append(request.url))
        open_new(looker.page)
        for _ in range(2):
            looker.page.locator("#new-key button:not([type])").click()
            looker.page.locator("#new-key-name-no:visible").wait_for()
            looker.page.locator("#new-key button[aria-busy]").wait_for(state="detached")
        assert sum(url.endswith("/console/said") for url in requests) == asked
        looker.complaints.clear()  # The browser notes the 400s itself.


def test_gateway_that_cannot_be_asked_leaves_the_sentence_in_english(visit):
    looker = visit(language="zh")
    page = looker.page
    page.route("**/console/said", lambda route: route.abort())
    open_new(page)
    page.locator("#new-key button:not([type])").click()
    expect(page.locator("#new-key-name-no:visible [lang=en]")).to_have_text("name is required")
    looker.complaints.clear()  # The browser notes the 400 and what was cut off.


def test_expiry_is_a_preset_or_the_end_of_a_day(visit, gate):
    page = visit().page
    open_new(page)
    page.locator("#new-key-name").fill("short")
    page.locator("#new-key-expires").select_option("day")
    page.locator("[data-day]").fill("2099-12-31")
    page.locator("#new-key button:not([type])").click()
    page.locator("#made[open]").wait_for()
    shown = gate.http.get("/api/keys").json()["data"]["result"][-1]
    assert shown["expires_at"] == page.evaluate("new Date('2099-12-31T23:59:59').getTime()")


def test_limits_are_changed_and_lifted(visit, gate):
    page = visit().page
    make(page, "changed", budget="5", rate="60")
    page.locator("#made [data-closes]").click()
    row(page, "changed").locator("[data-opens=limits]").click()
    expect(page.locator("#limits-rate")).to_have_value("60")

    page.locator("#limits-rate").fill("")
    page.locator("#limits-budget").fill("7.5")
    page.locator("#limits button:not([type])").click()
    row(page, "changed").locator("text=$7.50").wait_for()
    shown = gate.http.get("/api/keys").json()["data"]["result"][-1]
    assert shown["limits"] == {"rate": None, "in_flight": None, "budget": "7.5"}


@EVERY_LOOK
def test_key_is_revoked_after_its_consequences_were_told(visit, gate, language, theme):
    looker = visit(language=language, theme=theme)
    page, name = looker.page, f"gone {language}"
    key = make(page, name)
    page.locator("#made [data-closes]").click()
    row(page, name).locator("[data-opens=revoke]").click()
    dialog = page.locator("#revoke")
    expect(dialog.locator("li")).to_have_count(4)
    expect(dialog.locator("[data-if=own]")).to_be_hidden()
    assert looker.violations() == []

    page.keyboard.press("Escape")
    assert gate.http.get("/api/account", headers={"Authorization": f"Bearer {key}"}).is_success
    row(page, name).locator("[data-opens=revoke]").click()
    dialog.locator("button:not([type])").click()
    page.locator("tr.is-over", has_text=name).wait_for()
    refused = gate.http.get("/api/account", headers={"Authorization": f"Bearer {key}"})
    assert refused.status_code == 401


def test_who_revokes_its_own_key_is_warned_and_signed_out(visit, new_gate):
    gate = new_gate()
    looker = visit(at=gate)
    page = looker.page
    page.goto("/console/keys")
    page.locator("[data-opens=revoke]").first.click()
    expect(page.locator("[data-if=own]")).to_be_visible()
    page.locator("#revoke button:not([type])").click()
    page.wait_for_url("**/console/sign-in**")
    looker.complaints.clear()


def test_operator_looks_at_the_keys_of_another_account(visit, gate):
    gate.command("accounts", "create", "north", "--credit", "3")
    page = visit().page
    page.goto("/console/keys")
    page.locator("#account").select_option(label="north")
    page.wait_for_url("**/console/keys?account=acc_*")
    page.locator("#new").click()
    page.locator("#new-key-name").fill("theirs")
    page.keyboard.press("Enter")
    page.locator("#made[open]").wait_for()
    account = gate.http.get("/api/accounts/north").json()["data"]["id"]
    shown = gate.http.get(f"/api/keys?account={account}").json()["data"]["result"][-1]
    assert (shown["name"], shown["account"]) == ("theirs", account)


@EVERY_LOOK
def test_key_that_may_not_manage_keys_sees_why(visit, gate, language, theme):
    answer = gate.http.post("/api/keys", json={"name": "dashboard", "scope": "read"})
    looker = visit(signed_in=False, language=language, theme=theme)
    page = looker.page
    page.goto("/console/sign-in")
    page.locator("#key").fill(answer.json()["data"]["key"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/playground")
    page.goto("/console/keys")
    expect(page.locator(".note")).to_be_visible()
    expect(page.locator("#new")).to_have_count(0)
    assert re.search("dashboard", page.locator(".facts-wide").inner_text())
    assert looker.violations() == []


def test_keys_fit_a_phone(visit):
    looker = visit(size=PHONE)
    page = looker.page
    make(page, "on a phone", budget="5")
    page.locator("#made [data-closes]").click()
    row(page, "on a phone").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert looker.violations() == []
