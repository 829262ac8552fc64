"""Every filter alone and together, against the plain way to say the same in Python."""

import itertools
import sqlite3

import pytest

from fakes.plans import plan_of
from fakes.rows import BODY, NOW_MS, a_task, new_account
from framegate.domain.task import TaskStatus
from framegate.store import lists, tasks
from framegate.store.lists import Filters, Spot
from framegate.store.prompts import Prompt

ALL = frozenset(TaskStatus) - {TaskStatus.REFUSED}
EVER = {"statuses": ALL, "start_ms": 0, "end_ms": 2 * NOW_MS}
WORDS = ("a cat on a roof", "100% dog", "\u732b in snow", "A CAT_ASTROPHE")


@pytest.fixture
def many(tx):
    """48 tasks, several in each millisecond, of every kind."""
    owners = [new_account(tx, name, is_unlimited=True).id for name in ("one", "two")]
    statuses = sorted(TaskStatus)
    made = []
    for number in range(48):
        owner = owners[number % 3 == 0]
        task = a_task(
            owner,
            id=f"task_{number * 7 % 48:02}",
            created_ms=NOW_MS + number // 4,
            status=statuses[number % len(statuses)],
            key_id=f"key_{owner}_{number % 2}",
            upstream=("local", "vendor")[number % 5 == 0],
            model=("m", "n")[number % 7 == 0],
            resolution=("720p", "1080p")[number % 4 == 0],
            ticket=f"9{number}" if number % 2 else "",
            external_task_id=f"mine-{number}" if number % 5 == 0 else "",
        )
        tasks.begin(tx, task, body=BODY, prompt=Prompt(text=WORDS[number % 4], picture_url=""))
        made.append((task, WORDS[number % 4]))
    return made


def expected(many, **asked):
    """The plain way: newest first, and of one time the greater id first."""
    asked = EVER | asked
    found = [
        task
        for task, words in many
        if task.status in asked["statuses"]
        and asked["start_ms"] <= task.created_ms <= asked["end_ms"]
        and all(
            getattr(task, name) == asked[name]
            for name in ("account_id", "key_id", "upstream", "model", "resolution")
            if asked.get(name)
        )
        and asked.get("text", "").lower() in words.lower()
    ]
    return [task.id for task in sorted(found, key=lambda one: (-one.created_ms, rank(one)))]


def rank(task):
    return -int(task.id.removeprefix("task_"))


def listed(tx, *, limit=100, **asked):
    """All pages, one after the other."""
    found, after = [], None
    for _ in range(200):
        page = lists.page(tx, Filters(**EVER | asked), after=after, limit=limit)
        assert len(page.task_ids) <= limit
        found += page.task_ids
        after = page.next_spot
        if after is None:
            return found
    raise AssertionError("a list without an end")


def values(many):
    task = many[1][0]
    return {
        "account_id": task.account_id,
        "key_id": task.key_id,
        "upstream": "vendor",
        "model": "n",
        "resolution": "1080p",
        "text": "cat",
        "statuses": frozenset({TaskStatus.SUCCEEDED, TaskStatus.FAILED}),
        "start_ms": NOW_MS + 5,
        "end_ms": NOW_MS + 9,
    }


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_every_pair_of_filters_finds_what_the_plain_way_finds(tx, many, limit):
    chosen = values(many)
    for names in itertools.combinations(chosen, 2):
        asked = {name: chosen[name] for name in names}
        assert listed(tx, limit=limit, **asked) == expected(many, **asked), names


def test_list_without_a_filter_is_all_but_refused_creates(tx, many):
    assert listed(tx) == expected(many)


def test_refused_creates_are_listed_when_they_are_asked_for(tx, many):
    refused = frozenset({TaskStatus.REFUSED})
    assert len(listed(tx, statuses=refused)) == len(expected(many, statuses=refused)) > 0


@pytest.mark.parametrize(
    ("text", "found"), [("CAT", 24), ("%", 12), ("_", 12), ("\u732b", 12), ("0% d", 12), ("x", 0)]
)
def test_text_is_looked_for_as_it_is(tx, many, text, found):
    every = frozenset(TaskStatus)
    assert len(listed(tx, text=text, statuses=every)) == found


@pytest.mark.parametrize("number", [1, 5])
def test_task_is_found_by_each_of_its_ids(tx, many, number):
    task = many[number][0]
    for any_id in {task.id, task.ticket, task.external_task_id} - {""}:
        assert listed(tx, any_id=any_id) == [task.id]
        assert listed(tx, any_id=any_id, account_id=task.account_id) == [task.id]
        assert listed(tx, any_id=any_id, account_id="acc_other") == []


def test_other_filters_hold_for_an_id_too(tx, many):
    task = many[1][0]
    assert listed(tx, any_id=task.id, model="nobody's") == []
    assert listed(tx, any_id=task.id, statuses=ALL - {task.status}) == []


def test_walk_that_ends_early_says_how_far_it_looked(tx, many, monkeypatch):
    monkeypatch.setattr(lists, "LOOKED_MAX", 2)
    page = lists.page(tx, Filters(**EVER, text="nowhere"), after=None, limit=10)
    assert page.task_ids == ()
    assert page.next_spot == Spot(created_ms=page.looked_until_ms, task_id="")
    for text in ("cat", "nowhere"):
        assert listed(tx, text=text, limit=3) == expected(many, text=text)


def test_counts_are_those_of_the_list(tx, many):
    for asked in ({}, {"account_id": many[1][0].account_id}, {"key_id": many[1][0].key_id}):
        counted = lists.counts(tx, Filters(**EVER | asked))
        by_hand = {
            status: len(expected(many, statuses=frozenset({status}), **asked)) for status in ALL
        }
        assert counted == by_hand


@pytest.mark.parametrize("asked", [{"text": "cat"}, {"model": "m"}, {"any_id": "task_01"}])
def test_what_no_index_counts_is_not_counted(tx, many, asked):
    assert lists.counts(tx, Filters(**EVER, **asked)) is None


def test_count_stops_where_nobody_reads_on(tx, many, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED_MAX", 2)
    assert max(lists.counts(tx, Filters(**EVER)).values()) == 2


# Each filter, alone and beside an account, and the index that leads.
LEADS = [
    ({}, "ix_tasks_status_created_ms"),
    ({"account_id": "acc_1"}, "ix_tasks_account_id_status_created_ms"),
    ({"key_id": "key_1"}, "ix_tasks_key_id_status_created_ms"),
    ({"upstream": "local"}, "ix_tasks_upstream_status_created_ms"),
    ({"model": "m"}, "ix_tasks_status_created_ms"),
    ({"resolution": "720p"}, "ix_tasks_status_created_ms"),
    ({"text": "cat"}, "ix_tasks_status_created_ms"),
    ({"account_id": "acc_1", "key_id": "key_1"}, "ix_tasks_key_id_status_created_ms"),
    ({"account_id": "acc_1", "upstream": "local"}, "ix_tasks_account_id_status_created_ms"),
    ({"account_id": "acc_1", "model": "m"}, "ix_tasks_account_id_status_created_ms"),
    ({"account_id": "acc_1", "resolution": "1080p"}, "ix_tasks_account_id_status_created_ms"),
    ({"account_id": "acc_1", "text": "cat"}, "ix_tasks_account_id_status_created_ms"),
    ({"upstream": "local", "text": "cat", "model": "m"}, "ix_tasks_upstream_status_created_ms"),
]
PLACES = (None, Spot(created_ms=NOW_MS, task_id="task_9"))


@pytest.mark.parametrize(("asked", "index"), LEADS)
@pytest.mark.parametrize("after", PLACES)
def test_filter_is_answered_by_its_index(database, asked, index, after):
    """The order is the index's own, but for tasks of one millisecond."""
    plan = plan_of(database, lists.page, Filters(**EVER | asked), after=after, limit=50)
    assert not [step for step in plan if step.startswith("SCAN")]
    # A whole sort would read all that the filter finds; within one millisecond it is a few.
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan
    steps = [step for step in plan if " tasks " in step]
    assert steps
    assert all(f"{index} (" in step and "created_ms>?" in step for step in steps), steps


@pytest.mark.parametrize(("asked", "index"), LEADS[:4])
def test_count_is_answered_by_its_index(database, asked, index):
    plan = plan_of(database, lists.counts, Filters(**EVER | asked))
    steps = [step for step in plan if " tasks " in step]
    assert steps
    assert all(f"COVERING INDEX {index} (" in step for step in steps), steps


def test_id_is_looked_up_and_never_looked_for(database):
    for asked in ({}, {"account_id": "acc_1", "text": "cat"}):
        plan = plan_of(
            database, lists.page, Filters(**EVER | asked, any_id="x"), after=None, limit=50
        )
        assert not [step for step in plan if step.startswith("SCAN tasks")]
        assert [step for step in plan if "uq_tasks_external" in step]


def test_prompts_lie_in_the_order_of_their_tasks(path):
    """What a search reads thousands of times is one look, not two."""
    other = sqlite3.connect(path)
    (made,) = other.execute("SELECT sql FROM sqlite_master WHERE name = 'prompts'").fetchone()
    other.close()
    assert "WITHOUT ROWID" in made
