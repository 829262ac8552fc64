"""The audit, as an operator reads it: calm when all is well, plain when it is not."""

import sqlite3

import pytest
from playwright.sync_api import expect

EVERY_LOOK = pytest.mark.parametrize(
    ("language", "theme"), [("en", "dark"), ("zh", "light")], ids=["en", "zh"]
)
PHONE = {"width": 390, "height": 844}


def damage(gate, statement):
    """Change the database past its own guards, as no program of ours does."""
    database = sqlite3.connect(gate.data / "framegate.db", isolation_level=None, timeout=30)
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        database.execute(f"DROP TRIGGER {name}")
    database.execute(statement)
    database.close()


@EVERY_LOOK
def test_every_promise_holds_once_it_was_run(visit, new_gate, language, theme):
    gate = new_gate("[audit]\nevery_s = 86400\n")
    looker = visit(at=gate, language=language, theme=theme)
    page = looker.page
    page.goto("/console/audit")
    assert looker.violations() == []
    page.locator("#run").click()
    page.locator(".verdict-holds").wait_for()
    promises = gate.http.get("/api/audit").json()["data"]["result"]
    expect(page.locator(".check-holds")).to_have_count(len(promises))
    assert looker.violations() == []


@EVERY_LOOK
def test_what_is_broken_is_named_with_its_ids(visit, new_gate, language, theme):
    gate = new_gate()
    damage(gate, "UPDATE accounts SET posted_micros = posted_micros + 1")
    looker = visit(at=gate, language=language, theme=theme)
    page = looker.page
    page.goto("/console/audit")
    page.locator("#run").click()
    page.locator(".verdict-broken").wait_for()
    account = gate.account["id"]
    expect(page.locator(f".broken a[href='/console/accounts/{account}']")).to_have_count(1)
    expect(page.locator(".check-broken")).to_have_count(1)
    assert looker.violations() == []


def test_member_finds_no_audit(visit, gate):
    gate.command("accounts", "create", "curious", "--credit", "1")
    looker = visit(account="curious")
    expect(looker.page.locator("a[href='/console/audit']")).to_have_count(0)
    assert looker.page.goto("/console/audit").status == 403
    looker.complaints.clear()


def test_audit_fits_a_phone(visit):
    looker = visit(size=PHONE)
    looker.page.goto("/console/audit")
    assert looker.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert looker.violations() == []
