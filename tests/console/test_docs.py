"""The API's description as a person reads and tries it."""

import re

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize(
    ("language", "summary"), [("en", "Create a video from a picture"), ("zh", "图生视频")]
)
def test_every_operation_is_shown_in_the_readers_language(visit, gate, language, summary):
    page = visit(signed_in=False, language=language).page
    page.goto("/docs")
    create = page.locator("#operations- .opblock, .opblock").filter(has_text=summary).first
    expect(create).to_be_visible()
    described = gate.http.get("/openapi.json").json()["paths"]
    operations = sum(len(operations) for operations in described.values())
    expect(page.locator(".opblock")).to_have_count(operations)


def test_who_is_signed_in_tries_a_request(visit):
    page = visit().page
    page.goto("/docs#/Account/getAccount")
    block = (
        page.locator(".opblock")
        .filter(has_text="/api/account")
        .filter(has_text=re.compile("Your account$|Your account"))
        .first
    )
    block.locator(".try-out button").click()
    block.locator("button.execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text('"unlimited": true')
