"""`framegate upstreams`: how each fares, and asking one."""

import json

import httpx2
import pytest

from fakes.opened import opened
from fakes.rows import accept, begin, move, new_account
from fakes.vendor import IMAGE, KEY, order, selling
from framegate.domain.health import Breaker, Health
from framegate.domain.task import TaskStatus
from framegate.gateway import now_ms
from framegate.store import accounts, upstreams

TWO = """
[upstreams.local]
kind = "local"
concurrency = 4

[upstreams.gone]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "api-key-secret"
weight = 3
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "framegate.toml"
    path.write_text(TWO)
    return str(path)


def open_breaker(shell, **changes):
    with opened(shell.folder) as gateway:
        health = Health(name="gone", breaker=Breaker.OPEN, retry_ms=now_ms() + 60_000, **changes)
        gateway.database.write_now(upstreams.keep_health, health)


def test_the_list_has_every_upstream_in_the_operators_order(shell, config):
    listed = shell.json("upstreams", "list", "--config", config)
    assert [each["name"] for each in listed] == ["local", "gone"]
    assert [each["weight"] for each in listed] == [1, 3]


def test_the_table_shows_slots_and_breaker(shell, config):
    open_breaker(shell, failures=5, last_error="reset")
    shown = shell("upstreams", "list", "--config", config).output
    assert "0/4" in shown
    assert "open, next try in" in shown
    assert "reset" in shown


@pytest.mark.parametrize("words", ["[/no]", "[b]x", "\x1b[3m", "a\nb"])
def test_an_upstreams_words_are_shown_and_not_obeyed(shell, config, words):
    """It may say what a terminal, or our table, would take for an order."""
    open_breaker(shell, last_error=words)
    done = shell("upstreams", "list", "--config", config)
    assert done.exit_code == 0
    assert "\x1b" not in done.output
    assert done.output.count("\n") == 3  # A head and two upstreams.


def test_one_that_is_well_says_so(shell):
    done = shell("upstreams", "test", "local")
    assert (done.exit_code, done.output) == (0, "local is well: renders here\n")
    assert shell.json("upstreams", "test", "local")["well"] is True


def test_one_that_does_not_answer_ends_with_another_status(shell, config):
    done = shell("upstreams", "test", "gone", "--config", config)
    assert done.exit_code == 1
    assert "gone is NOT well: no answer" in done.output
    (_, gone) = shell.json("upstreams", "list", "--config", config)
    assert gone["failures_in_a_row"] == 1


def test_an_unknown_one_is_told_which_there_are(shell):
    done = shell("upstreams", "test", "nobody")
    assert done.exit_code == 2
    assert "no upstream 'nobody'; there are: local" in done.output


def test_no_command_shows_a_key(shell, config):
    shown = [
        shell("upstreams", *words, "--config", config)
        for words in (["list"], *([verb, "gone"] for verb in ("test", "tasks", "costs")))
    ]
    assert not [done for done in shown if "api-key-secret" in done.output]


# --- pause ------------------------------------------------------------------------------------


def test_a_paused_upstream_is_shown_so_until_it_is_resumed(shell):
    done = shell("upstreams", "pause", "local")
    assert done.output == "local gets no new orders; `framegate upstreams resume local` ends that\n"
    assert "paused" in shell("upstreams", "list").output
    paused_at = shell.json("upstreams", "pause", "local")["paused_at"]
    assert shell.json("upstreams", "list")[0]["paused_at"] == paused_at
    assert shell("upstreams", "resume", "local").output == "local gets orders again\n"
    assert shell.json("upstreams", "list")[0]["paused"] is False


@pytest.mark.parametrize("verb", ["pause", "resume", "tasks", "costs"])
def test_every_verb_tells_which_upstreams_there_are(shell, verb):
    done = shell("upstreams", verb, "nobody")
    assert done.exit_code == 2
    assert "no upstream 'nobody'; there are: local" in done.output


# --- a look into its account ------------------------------------------------------------------


@pytest.fixture
def vendor(tmp_path):
    with selling(tmp_path) as vendor:
        yield vendor


@pytest.fixture
def shop(shell, vendor, tmp_path):
    """Commands that know the vendor as the upstream "kling"."""
    path = tmp_path / "shop.toml"
    path.write_text(
        f"""
[upstreams.kling]
kind = "kling"
base_url = "{vendor.url}"
api_key = "{vendor.config.api_key}"
access_key = "{vendor.config.access_key}"
secret_key = "{vendor.config.secret_key}"
"""
    )

    def run(*words):
        return shell(*words, "--config", str(path))

    return run


def bought(vendor, external_id=""):
    answer = httpx2.post(vendor.url + IMAGE, json=order(external_id), headers=KEY)
    return answer.json()["data"]["id"]


def ours(shell, *, ticket="", **facts):
    """A task of ours at the vendor: with its ticket, or uncertain."""
    usual = {"upstream": "kling", "created_ms": now_ms(), **facts}

    def work(tx):
        account = accounts.account_named(tx, "acme") or new_account(tx, credit_micros=10_000_000)
        task = begin(tx, account.id, **usual)
        return accept(tx, task, ticket=ticket) if ticket else move(tx, task, TaskStatus.UNCERTAIN)

    with opened(shell.folder) as gateway:
        return gateway.database.write_now(work).id


def test_an_uncertain_order_without_an_external_id_is_found_and_resolved(shell, shop, vendor):
    mine = ours(shell, ticket=bought(vendor, "biz-1"))
    lost, uncertain = bought(vendor), ours(shell)
    done = shop("upstreams", "tasks", "kling")
    first, second, *hints = done.output.splitlines()
    assert first.startswith(f"{lost}  succeeded  ")
    assert first.endswith(f"  -  nobody's; could be {uncertain}")
    assert second.endswith(f"  biz-1  {mine} (submitted)")
    assert hints == [
        "1 of these are held by none of our tasks.",
        "If one is an uncertain order: framegate tasks resolve TASK --ticket TICKET",
    ]
    resolved = shop("tasks", "resolve", uncertain, "--ticket", lost)
    assert resolved.output == f"{uncertain} is submitted now\n"
    assert "nobody's" not in shop("upstreams", "tasks", "kling").output


def test_somebody_elses_task_is_said_to_be_that(shop, vendor):
    bought(vendor)
    shown = shop("upstreams", "tasks", "kling").output
    assert "No uncertain task was sent at their time: somebody else uses this account" in shown


def test_a_list_says_how_to_see_more(shop, vendor):
    for _ in range(2):
        bought(vendor)
    shown = shop("upstreams", "tasks", "kling", "--limit", "1").output
    assert "there are more; ask with --until" in shown


def test_an_empty_list_is_said_so(shop):
    assert shop("upstreams", "tasks", "kling").output == "kling knows no task of that time\n"


def test_programs_get_every_fact(shop, vendor):
    ticket = bought(vendor, "biz-1")
    found = json.loads(shop("upstreams", "tasks", "kling", "--since", "1h", "--json").stdout)
    (listed,) = found["tasks"]
    assert (listed["ticket"], listed["external_id"], listed["task"]) == (ticket, "biz-1", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--since", "soon"], "--since must be an age such as 2h or 3d"),
        (["--status", "done"], "--status must be one of submitted, processing"),
        (["--limit", "0"], "--limit must be a whole number from 1 to 2000; got '0'"),
    ],
)
def test_a_wrong_question_names_its_option(shop, words, sentence):
    done = shop("upstreams", "tasks", "kling", *words)
    assert done.exit_code == 2
    assert sentence in done.output


def test_packages_are_shown_with_what_is_left(shop):
    shown = shop("upstreams", "costs", "kling").output
    assert shown.startswith("Pretend package  left ")
    assert shown.endswith("status online\n")


def test_costs_as_json_are_the_vendors_own(shop):
    found = json.loads(shop("upstreams", "costs", "kling", "--json").stdout)
    assert found["packages"][0]["resource_pack_id"] == "pretend-package"


def test_costs_that_there_are_none_of_say_why(shell):
    done = shell("upstreams", "costs", "local")
    assert done.exit_code == 3
    assert "the embedded renderer has no costs" in done.output


def test_an_account_that_cannot_be_reached_says_so(shell, config):
    done = shell("upstreams", "tasks", "gone", "--config", config)
    assert done.exit_code == 3
    assert "gone did not tell: " in done.output
