"""Accounts, as an operator makes them, tops them up and reads their ledgers."""

import pytest
from playwright.sync_api import expect

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("zh", "light")], ids=["en", "zh"]
)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def account(gate):
    """Makes accounts and opens their pages."""

    def make(name, credit="10"):
        gate.command("accounts", "create", name, "--credit", credit)
        return gate.http.get(f"/api/accounts/{name}").json()["data"]

    return make


@EVERY_LOOK
def test_operator_makes_an_account_and_gets_its_secrets_once(visit, gate, language, theme):
    looker = visit(language=language, theme=theme)
    page, name = looker.page, f"studio {language}"
    page.goto("/console/accounts")
    assert looker.violations() == []
    page.locator("#new").click()
    page.locator("#new-account-name").fill(name)
    page.locator("#new-account-credit").fill("12.5")
    page.locator("#new-account-in_flight").fill("3")
    assert looker.violations() == []
    page.locator("#new-account button:not([type])").click()

    page.locator("#made[open]").wait_for()
    assert looker.violations() == []
    key, secret, link = page.locator("#made code").all_inner_texts()
    theirs = gate.http.get("/api/account", headers={"Authorization": f"Bearer {key}"}).json()
    assert (theirs["data"]["name"], theirs["data"]["available"]) == (name, "12.5")
    assert theirs["data"]["limits"] == {"rate": None, "in_flight": 3}
    assert secret.startswith("whsec_")
    assert gate.command(*link.split()[1:])["url"]
    page.locator("#made [data-closes]").click()
    page.locator(".row-head", has_text=name).wait_for()


def test_unlimited_account_is_made_by_a_tick(visit, gate):
    page = visit().page
    page.goto("/console/accounts")
    page.locator("#new").click()
    page.locator("#new-account-name").fill("house two")
    page.locator("[name=unlimited]").check()
    page.locator("#new-account button:not([type])").click()
    page.locator("#made[open]").wait_for()
    assert gate.http.get("/api/accounts/house two").json()["data"]["unlimited"] is True


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Name is that of another account; choose another"),
        ("zh", "这个名称属于另一个账户；请换一个"),
    ],
)
def test_name_of_another_account_is_refused_at_its_field(visit, account, language, told):
    account(f"taken {language}")
    looker = visit(language=language)
    page = looker.page
    page.goto("/console/accounts")
    page.locator("#new").click()
    page.locator("#new-account-name").fill(f"taken {language}")
    page.locator("#new-account button:not([type])").click()
    page.locator("#new-account-name-no:visible").wait_for()
    expect(page.locator("#new-account-name-no")).to_have_text(told)
    looker.complaints.clear()  # The browser notes the 400 itself.


@EVERY_LOOK
def test_top_up_and_taking_back_are_lines_of_the_ledger(visit, account, language, theme):
    made = account(f"books {language}")
    looker = visit(language=language, theme=theme)
    page = looker.page
    page.goto(f"/console/accounts/{made['id']}")
    lines = page.locator("section", has=page.locator("#ledger-head")).locator("tbody tr")
    for amount, count in (("5.25", 2), ("-1", 3)):
        page.locator("#topup-it").click()
        page.locator("#topup-amount").fill(amount)
        page.keyboard.press("Enter")
        lines.nth(count - 1).wait_for()
    expect(lines.locator("td:last-child")).to_have_text(["$14.25", "$15.25", "$10.00"])
    expect(page.locator(".tile dd").first).to_have_text("$14.25")
    assert looker.violations() == []


def test_more_than_there_is_cannot_be_taken_back(visit, account):
    made = account("poor", "2")
    looker = visit()
    page = looker.page
    page.goto(f"/console/accounts/{made['id']}")
    page.locator("#topup-it").click()
    page.locator("#topup-amount").fill("-3")
    page.keyboard.press("Enter")
    page.locator("#topup-all-no:visible").wait_for()
    expect(page.locator("#topup-all-no")).to_contain_text("2")
    looker.complaints.clear()  # The browser notes the 402 itself.


def test_limits_of_an_account_are_changed(visit, gate, account):
    made = account("bounded")
    page = visit().page
    page.goto(f"/console/accounts/{made['id']}")
    page.locator("#limits-of").click()
    page.locator("#limits-rate").fill("90")
    page.locator("#limits button:not([type])").click()
    page.locator(".tile-text", has_text="90").wait_for()
    shown = gate.http.get("/api/accounts/bounded").json()["data"]
    assert shown["limits"] == {"rate": 90, "in_flight": None}


def test_member_finds_no_accounts(visit, account):
    account("member")
    looker = visit(account="member")
    expect(looker.page.locator("a[href='/console/accounts']")).to_have_count(0)
    assert looker.page.goto("/console/accounts").status == 403
    assert looker.violations() == []
    looker.complaints.clear()


def test_accounts_fit_a_phone(visit, account):
    made = account("pocket")
    looker = visit(size=PHONE)
    for path in ("/console/accounts", f"/console/accounts/{made['id']}"):
        looker.page.goto(path)
        assert looker.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert looker.violations() == []
