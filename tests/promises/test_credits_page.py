"""What docs/credits.md says about money is what the code does, number by number."""

import json
import re
import tomllib
from decimal import Decimal

import pytest

from fakes.house import House
from fakes.scripted_upstream import ScriptedUpstream, failed, succeeded, ticket
from framegate.domain.quote import PriceList
from framegate.errors import CreditMissing
from framegate.settings import Settings, load
from promises.pages import ROOT, blocks, page

PAGES = [page("docs/credits.md"), *ROOT.glob("docs/zh/credits.md")]
MODEL = "kling-3.0-turbo"
BOTH = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)


def rows(path, columns):
    """The rows of the page's tables with so many columns, without their heads."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == columns and not row[0].startswith("-")]


def micros(told):
    return int(Decimal(told.replace("−", "-") or "0") * 1_000_000)


def price_list(settings):
    prices = settings.prices[MODEL]
    return PriceList(
        model=MODEL,
        currency=prices.currency,
        per_second_micros=micros(prices.per_second),
        resolution_permille=permille(prices.resolution),
        aspect_ratio_permille=permille(prices.aspect_ratio),
    )


def permille(factors):
    return {name: int(Decimal(factor) * 1_000) for name, factor in factors.items()}


@BOTH
def test_every_row_of_the_price_table_is_the_default_price(path):
    prices = price_list(Settings())
    told = [row for row in rows(path, 5) if row[0] in {"720p", "1080p"}]
    assert len(told) == 6
    for resolution, seconds, per_second, factor, price in told:
        assert micros(per_second) == prices.per_second_micros
        assert Decimal(factor) * 1_000 == prices.resolution_permille.get(resolution, 1_000)
        assert micros(price) == prices.price_micros(
            duration_s=int(seconds), resolution=resolution, aspect_ratio="16:9"
        )


@BOTH
def test_prices_of_the_example_load_and_give_the_price_it_names(path, tmp_path):
    text = path.read_text(encoding="utf-8")
    (example,) = blocks(text, "toml")
    assert tomllib.loads(example)
    config = tmp_path / "framegate.toml"
    config.write_text(example, encoding="utf-8")
    prices = price_list(load(config=config, environment={}))
    told = re.search(r"0\.15 × 7 × 1\.6 × 0\.9 = ([\d.]+\d)", text)
    assert micros(told[1]) == prices.price_micros(
        duration_s=7, resolution="1080p", aspect_ratio="1:1"
    )


@pytest.fixture
def upstream():
    return ScriptedUpstream()


@pytest.fixture
def house(tmp_path, upstream):
    opened = House(tmp_path, upstream)
    yield opened
    opened.database.close_now()


def order(seconds):
    first_frame = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}
    return json.dumps({"contents": [first_frame], "settings": {"duration": seconds}}).encode()


class Account:
    """The page's account, on a real ledger: one step of the table after the other."""

    def __init__(self, house, upstream):
        self.house, self.upstream = house, upstream
        self.caller = house.caller(credit_micros=micros("2"))
        self.tasks, self.refusals = {}, []

    async def create(self, name, seconds):
        self.upstream.answer = ticket(f"90193000460963439{len(self.tasks)}")
        try:
            self.tasks[name] = (await self.house.create(self.caller, order(seconds))).task_id
        except CreditMissing as refusal:
            self.refusals.append(refusal.message)

    async def end(self, name, said):
        self.upstream.polls.append(said)
        await self.house.look_at(self.tasks[name])

    async def balances(self):
        yield self.house.balance(self.caller)
        for step in (
            self.create("A", 5),
            self.create("B", 10),
            self.create("C", 5),
            self.end("A", succeeded()),
            self.end("B", failed("Image pixel is invalid")),
            self.create("C", 5),
            self.end("C", succeeded()),
        ):
            await step
            yield self.house.balance(self.caller)


@BOTH
async def test_every_step_of_the_example_leaves_the_balance_that_the_page_tells(
    path, house, upstream
):
    told = [tuple(map(micros, row[1:])) for row in rows(path, 4) if re.fullmatch(r"[\d.]+", row[1])]
    account = Account(house, upstream)
    kept = [(posted, held, posted - held) async for posted, held in account.balances()]
    assert told == kept
    (sentence,) = account.refusals
    assert f"`{sentence}`" in path.read_text(encoding="utf-8")
    assert house.broken_promises() == []


@BOTH
async def test_ledger_of_the_page_is_the_ledger_after_the_example(path, house, upstream):
    account = Account(house, upstream)
    async for _ in account.balances():
        pass
    moves, sums = {}, dict.fromkeys(("house:topups", account.caller.account.id, "house:revenue"), 0)
    for entry in house.rows("entries"):
        moves.setdefault(entry["transfer_id"], []).append(entry["amount_micros"])
        sums[entry["ledger"]] += entry["amount_micros"]
    told = [row[1:] for row in rows(path, 4) if "−" in "".join(row)]
    *moved, total = [[micros(cell) for cell in row if cell] for row in told]
    assert sorted(map(sorted, moved)) == sorted(map(sorted, moves.values()))
    assert total == list(sums.values())
