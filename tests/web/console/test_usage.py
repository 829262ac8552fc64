"""The page of usage without a browser: figures, tables, and what is taken away as CSV."""

import html
import re
from datetime import date

import pytest

from fakes import rows
from framegate.flows import finish
from framegate.store import accounts, keys
from framegate.web.console import usage

DAY = "2026-07-03"  # Of rows.NOW_MS.
JULY = "/console/usage?from=2026-07-01&to=2026-07-31"


def paid(door, name):
    def make(tx):
        account = accounts.account_named(tx, name)
        task = rows.begin(tx, account.id, key_id=keys.of_account(tx, account.id)[0].id)
        task = rows.accept(tx, task, ticket=f"9{task.id[-8:]}")
        video = rows.a_video(f"vid_{task.id}")
        return finish.succeed(tx, task, video=video, now_ms=rows.NOW_MS, upstream_tells=True)

    return door.gateway.database.write_now(make)


@pytest.fixture
async def member(door, looker):
    looker.key = door.key("acme", credit="100")
    await looker.sign_in("acme")
    return looker


def lines_of(text, name):
    """The cells of a chart's table, row by row."""
    table = text.partition(f'id="table-{name}"')[2].partition("</table>")[0]
    found = re.findall(r"<tr data-label=.*?</tr>", table, re.DOTALL)
    return [re.findall(r">([^<>]+)<", re.sub(r"</?span[^>]*>", "", line)) for line in found]


async def test_time_without_a_task_says_so(member):
    text = (await member.get(JULY)).text
    assert "Nothing ended in this time" in text
    assert "data-chart" not in text


async def test_every_chart_has_its_table_and_its_csv(member, door):
    paid(door, "acme")
    text = (await member.get(JULY)).text
    charts = re.findall(r'data-chart="(\w+)"', text)
    assert charts == ["day", "resolution", "status", "key"]
    for name in charts:
        assert lines_of(text, name), name
        assert f"/api/usage?by={name}&amp;from=2026-07-01&amp;to=2026-07-31" in text


async def test_table_holds_those_that_spent_most_and_says_that_there_are_more(
    door, looker, monkeypatch
):
    monkeypatch.setattr(usage, "GROUPS_SHOWN_MAX", 1)
    for name in ("acme", "globex"):
        door.key(name, credit="100")
        paid(door, name)
    await looker.sign_in()
    text = (await looker.get(JULY)).text
    assert len(lines_of(text, "account")) == len(lines_of(text, "key")) == 1
    assert text.count("The 1 that spent most; the CSV has more.") == 2
    assert len(lines_of(text, "day")) == 31


async def test_days_are_all_there_and_add_up(member, door):
    paid(door, "acme")
    paid(door, "acme")
    days = lines_of((await member.get(JULY)).text, "day")
    assert len(days) == 31
    assert days[2] == [DAY, "$1.12", "2", "10"]
    assert days[3] == ["2026-07-04", "$0.00", "0", "0"]


async def test_csv_is_what_is_seen(member, door):
    paid(door, "acme")
    text = (await member.get(JULY)).text
    (path,) = re.findall(r'href="(/api/usage\?by=resolution[^"]+)"', text)
    answer = await member.get(html.unescape(path))
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines()[1] == "720p,720p,1,5,0.56,USD"


async def test_cost_and_margin_and_accounts_are_an_operators(member, looker, door):
    paid(door, "acme")
    text = (await member.get(JULY)).text
    assert "Margin" not in text
    assert 'data-chart="account"' not in text
    await looker.sign_in()
    text = (await looker.get(JULY)).text
    assert "Margin" in text
    assert [line[0] for line in lines_of(text, "account")] == ["acme"]
    assert (await looker.get(f"{JULY}&account=acme")).status_code == 200


async def test_time_that_is_none_is_complained_about_and_another_is_shown(member):
    answer = await member.get("/console/usage?from=2026-08-01&to=2026-07-01")
    assert answer.status_code == 400
    assert "from must not be later than to" in answer.text
    assert (await member.get("/console/usage?account=other")).status_code == 403


async def test_ledger_goes_on_where_it_ended(member, door):
    for _ in range(usage.LEDGER_LINES):
        paid(door, "acme")
    first = (await member.get("/console/usage")).text
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = (await member.get(html.unescape(older).partition("#")[0])).text
    assert "Top-up" not in first
    assert "Top-up" in second
    assert "$100.00" in second


def test_periods_end_today_or_with_the_month_before():
    found = {each.label: (each.first, each.last) for each in usage.periods(date(2026, 3, 31))}
    assert found["7 days"] == (date(2026, 3, 25), date(2026, 3, 31))
    assert found["30 days"] == (date(2026, 3, 2), date(2026, 3, 31))
    assert found["This month"] == (date(2026, 3, 1), date(2026, 3, 31))
    assert found["Last month"] == (date(2026, 2, 1), date(2026, 2, 28))


def test_quiet_days_are_written_as_the_others():
    busy = {"group": "2026-07-02", "label": "2026-07-02", "tasks": 1}
    days = {"from": "2026-07-01", "to": "2026-07-03", "result": [busy], "total": {"cost": None}}
    before, day, after = usage.every_day(days)
    assert (before["group"], before["tasks"], before["cost"]) == ("2026-07-01", 0, None)
    assert day is busy
    assert after["group"] == "2026-07-03"
