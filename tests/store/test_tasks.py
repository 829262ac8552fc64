import itertools
from dataclasses import replace

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from fakes.plans import plan_of
from fakes.rows import BODY, NOW_MS, PRICE_MICROS, PRICES, a_task, accept, begin, move, new_account
from framegate.domain.cost import NOT_KNOWN
from framegate.domain.listing import Listing, Place
from framegate.domain.task import MOVES, TaskStatus
from framegate.errors import IllegalMove
from framegate.flows import finish
from framegate.store import ledger, tasks

PAIRS = list(itertools.product(TaskStatus, repeat=2))
PATH = "/kling/image-to-video/kling-3.0-turbo"


@pytest.fixture
def account(tx):
    return new_account(tx, is_unlimited=True)


@pytest.fixture
def other(tx):
    return new_account(tx, "other", is_unlimited=True)


def stored(tx, account, status, **facts):
    """A row in any status, written past the table of moves."""
    task = a_task(account.id, status=status, **facts)
    tasks.begin(tx, task, body=BODY)
    return task


# --- moves ------------------------------------------------------------------------------------


def test_task_is_read_back_as_it_was_begun(tx, account):
    task = begin(tx, account.id, external_task_id="biz-1", callback_url="https://a.example/cb")

    assert tasks.by_id(tx, task.id) == task
    assert tasks.body_of(tx, task.id) == BODY


@pytest.mark.parametrize(("status", "to"), [pair for pair in PAIRS if pair[1] in MOVES[pair[0]]])
def test_legal_move_is_written_and_counted(tx, account, status, to):
    task = stored(tx, account, status)

    moved = move(tx, task, to)

    assert (moved.status, moved.fence, moved.updated_ms) == (to, 1, NOW_MS + 1)
    assert tasks.by_id(tx, task.id) == moved


@pytest.mark.parametrize(
    ("status", "to"),
    [pair for pair in PAIRS if pair[1] not in MOVES[pair[0]] and pair[0] is not pair[1]],
)
def test_illegal_move_changes_nothing(tx, account, status, to):
    task = stored(tx, account, status)

    with pytest.raises(IllegalMove):
        move(tx, task, to, message="news")

    assert tasks.by_id(tx, task.id) == task


@pytest.mark.parametrize("status", [status for status in TaskStatus if not status.is_terminal])
def test_look_that_brings_no_news_keeps_status_and_its_time(tx, account, status):
    task = stored(tx, account, status)

    looked = move(tx, task, status, polls=1)

    assert looked == replace(task, fence=1, next_ms=NOW_MS + 2, polls=1)
    assert tasks.by_id(tx, task.id) == looked


@pytest.mark.parametrize("status", [status for status in TaskStatus if status.is_terminal])
def test_ended_task_is_not_written_again_not_even_with_its_own_status(tx, account, status):
    """Promise 11: the reason that its caller has read must not change."""
    task = stored(tx, account, status)

    with pytest.raises(IllegalMove):
        move(tx, task, status, message="another reason")

    assert tasks.by_id(tx, task.id) == task


def test_every_change_that_a_move_may_carry_is_read_back(tx, account):
    task = begin(tx, account.id)

    moved = move(
        tx,
        task,
        TaskStatus.UNCERTAIN,
        upstream="kling",
        message="m",
        answer=b"{}",
        sent_ms=1,
        deadline_ms=2,
        polls=3,
    )

    assert tasks.by_id(tx, task.id) == moved
    assert (moved.upstream, moved.answer, moved.deadline_ms) == ("kling", b"{}", 2)


def test_stale_fence_does_nothing(tx, account):
    """A worker that slept finds another number and takes its hands off."""
    task = begin(tx, account.id)
    taken = accept(tx, task)

    assert move(tx, task, TaskStatus.UNCERTAIN, message="late") is None
    assert tasks.by_id(tx, task.id) == taken


def test_fence_alone_is_not_enough_the_status_must_be_the_one_that_was_read(tx, account):
    task = begin(tx, account.id)

    assert move(tx, replace(task, status=TaskStatus.UNCERTAIN), TaskStatus.SUBMITTED) is None


def test_ended_task_is_never_looked_at_again(tx, account):
    task = accept(tx, begin(tx, account.id))

    ended = move(tx, task, TaskStatus.FAILED, next_ms=NOW_MS + 99)

    assert ended.next_ms == 0
    assert tasks.open_overdue(tx, before_ms=NOW_MS + 10**9, rows_max=9) == []


def test_price_is_kept_whatever_happens_to_the_list_and_the_task(tx, account):
    task = begin(tx, account.id)
    dearer = replace(PRICES, per_second_micros=999_000)
    ledger.keep_price_list(tx, dearer, now_ms=NOW_MS)

    ended = move(tx, accept(tx, task), TaskStatus.SUCCEEDED)

    assert (ended.price_micros, ended.price_version) == (PRICE_MICROS, PRICES.version)


def test_operator_note_is_kept_and_no_part_of_the_callers_task(tx, account):
    task = begin(tx, account.id)

    move(tx, task, TaskStatus.UNCERTAIN, operator_note="reset by peer")

    assert "reset by peer" not in str(tasks.by_id(tx, task.id))
    note = tx.execute(text("SELECT operator_note FROM tasks")).scalar_one()
    assert note == "reset by peer"


def test_late_success_is_noted_once(tx, account):
    task = accept(tx, begin(tx, account.id))
    move(tx, task, TaskStatus.EXPIRED)

    tasks.note_late(tx, task.id, now_ms=NOW_MS + 5)
    tasks.note_late(tx, task.id, now_ms=NOW_MS + 6)

    assert tx.execute(text("SELECT late_ms FROM tasks")).scalar_one() == NOW_MS + 5


def test_overdue_tasks_come_most_overdue_first_and_no_more_than_asked(tx, account):
    for next_ms in (30, 10, 20, 40):
        begin(tx, account.id, id=f"task_{next_ms}", next_ms=next_ms)

    assert tasks.open_overdue(tx, before_ms=40, rows_max=9) == ["task_10", "task_20", "task_30"]
    assert tasks.open_overdue(tx, before_ms=40, rows_max=2) == ["task_10", "task_20"]


# --- who sees what ----------------------------------------------------------------------------


def test_caller_finds_a_task_by_each_of_its_ids(tx, account):
    task = accept(tx, begin(tx, account.id, external_task_id="biz-1"), ticket="90193")

    assert tasks.of_caller(tx, account.id, task.id) == task
    assert tasks.of_caller(tx, account.id, "90193") == task
    assert tasks.by_external_id(tx, account.id, "biz-1") == task


def test_caller_finds_nobody_elses_task_by_any_id(tx, account, other):
    """Promise 19: the same nothing as for an id that does not exist."""
    task = accept(tx, begin(tx, account.id, external_task_id="biz-1"), ticket="90193")

    assert tasks.of_caller(tx, other.id, task.id) is None
    assert tasks.of_caller(tx, other.id, "90193") is None
    assert tasks.by_external_id(tx, other.id, "biz-1") is None


def test_two_callers_may_hold_the_same_ids(tx, account, other):
    ours = accept(tx, begin(tx, account.id, external_task_id="biz-1"), ticket="90193")
    theirs = accept(tx, begin(tx, other.id, external_task_id="biz-1"), ticket="90193")

    assert tasks.of_caller(tx, account.id, "90193").id == ours.id
    assert tasks.of_caller(tx, other.id, "90193").id == theirs.id


def test_empty_id_finds_nothing(tx, account):
    """Every task without a ticket or an external id would match."""
    begin(tx, account.id)

    assert tasks.of_caller(tx, account.id, "") is None
    assert tasks.by_external_id(tx, account.id, "") is None


@pytest.mark.parametrize("pattern", ["%", "_" * 31, "task_%", "*"])
def test_id_is_compared_and_not_matched_as_a_pattern(tx, account, pattern):
    begin(tx, account.id, external_task_id="biz-1")

    assert tasks.of_caller(tx, account.id, pattern) is None
    assert tasks.by_external_id(tx, account.id, pattern) is None


def test_external_id_is_unique_for_its_caller_for_ever(tx, account):
    first = accept(tx, begin(tx, account.id, external_task_id="biz-1"))
    move(tx, first, TaskStatus.FAILED)

    with pytest.raises(IntegrityError, match="UNIQUE"):
        begin(tx, account.id, external_task_id="biz-1")


def test_tasks_without_an_external_id_do_not_collide(tx, account):
    begin(tx, account.id)
    begin(tx, account.id)


def test_external_id_is_compared_byte_for_byte(tx, account):
    begin(tx, account.id, external_task_id="Biz-1 \u00e9")

    for near in ("biz-1 \u00e9", "Biz-1 e\u0301", "Biz-1 \u00e9 "):
        assert tasks.by_external_id(tx, account.id, near) is None
        begin(tx, account.id, external_task_id=near)


# --- several at once --------------------------------------------------------------------------


def test_tasks_come_in_the_order_asked_for_each_once(tx, account):
    one = accept(tx, begin(tx, account.id, external_task_id="x"), ticket="1")
    two = accept(tx, begin(tx, account.id, external_task_id="y"), ticket="2")

    wanted = ["2", "none", one.id, "1", "2", two.id, ""]
    assert tasks.of_caller_by_ids(tx, account.id, wanted) == [two, one]
    named = tasks.of_caller_by_external_ids(tx, account.id, ["y", "none", "x", "y", ""])
    assert named == [two, one]


def test_several_ids_find_nobody_elses_and_no_refused_task(tx, account, other):
    refused = begin(tx, account.id, external_task_id="x")
    finish.refuse(tx, refused, note="", now_ms=NOW_MS)
    accept(tx, begin(tx, other.id, external_task_id="y"), ticket="2")

    assert tasks.of_caller_by_ids(tx, account.id, [refused.id, "2"]) == []
    assert tasks.of_caller_by_external_ids(tx, account.id, ["x", "y"]) == []


# --- pages ------------------------------------------------------------------------------------


def listing(**changes):
    facts = {"start_ms": 0, "end_ms": NOW_MS * 2, "after": None, "limit": 100}
    return Listing(**facts | {"statuses": frozenset(TaskStatus)} | changes)


def created_at(tx, account, *times_ms):
    return [begin(tx, account.id, created_ms=time_ms).id for time_ms in times_ms]


def test_a_page_is_newest_first_and_its_callers_own(tx, account, other):
    old, new, middle = created_at(tx, account, 10, 30, 20)
    created_at(tx, other, 25)

    found, has_more = tasks.page(tx, account.id, listing())

    assert [task.id for task in found] == [new, middle, old]
    assert not has_more


def test_a_page_holds_both_ends_of_its_window(tx, account):
    created = created_at(tx, account, 9, 10, 20, 21)
    found, _ = tasks.page(tx, account.id, listing(start_ms=10, end_ms=20))
    assert [task.id for task in found] == [created[2], created[1]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 9])
def test_pages_hold_every_task_once_even_of_one_millisecond(tx, account, limit):
    created = created_at(tx, account, 10, 20, 20, 20, 20, 30, 30, 40)
    seen, after, has_more = [], None, True
    while has_more:
        found, has_more = tasks.page(tx, account.id, listing(after=after, limit=limit))
        assert len(found) == limit or not has_more
        seen += [task.id for task in found]
        after = Place(created_ms=found[-1].created_ms, task_id=found[-1].id, start_ms=0)
    assert len(seen) == 8
    assert set(seen) == set(created)


def test_a_task_made_meanwhile_moves_no_page(tx, account):
    created = created_at(tx, account, 10, 20, 30)
    found, _ = tasks.page(tx, account.id, listing(limit=1))
    created_at(tx, account, 30, 40)
    after = Place(created_ms=30, task_id=found[0].id, start_ms=0)

    rest, _ = tasks.page(tx, account.id, listing(after=after, end_ms=30))

    assert [task.id for task in rest][-2:] == [created[1], created[0]]
    assert found[0].id not in {task.id for task in rest}


def test_a_page_holds_the_statuses_asked_for_and_never_a_refused_task(tx, account):
    made = {status: stored(tx, account, status).id for status in TaskStatus}
    wanted = frozenset({TaskStatus.FAILED, TaskStatus.EXPIRED, TaskStatus.REFUSED})

    found, _ = tasks.page(tx, account.id, listing(statuses=wanted))

    assert {task.id for task in found} == {made[TaskStatus.FAILED], made[TaskStatus.EXPIRED]}


# --- what a query costs -----------------------------------------------------------------------


def plans_of(tx, query, *args):
    """How SQLite would run each statement of a query, in its own words."""
    sent = []
    event.listen(tx, "before_cursor_execute", lambda *told: sent.append((told[2], told[3])))
    query(tx, *args)
    return [
        row.detail
        for statement, parameters in list(sent)
        for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]


@pytest.mark.parametrize(
    ("query", "asked", "indexes"),
    [
        (tasks.of_caller, "1", ["tasks_ticket_account_id", "sqlite_autoindex_tasks"]),
        (tasks.of_caller_by_ids, ["1"] * 20, ["tasks_ticket_account_id", "sqlite_autoindex_tasks"]),
        (tasks.by_external_id, "x", ["uq_tasks_external"]),
        (tasks.of_caller_by_external_ids, ["x"] * 20, ["uq_tasks_external"]),
        (tasks.page, listing(), ["tasks_account_id_created_ms"]),
        (
            tasks.page,
            listing(
                after=Place(created_ms=5, task_id="task_1", start_ms=0),
                statuses=frozenset({TaskStatus.FAILED}),
            ),
            ["tasks_account_id_created_ms"],
        ),
    ],
)
def test_no_query_of_a_caller_scans_a_table(tx, account, query, asked, indexes):
    plans = plans_of(tx, query, account.id, asked)

    assert not [plan for plan in plans if plan.startswith("SCAN")]
    for index in indexes:
        assert any(index in plan for plan in plans), plans


# --- refused creates --------------------------------------------------------------------------


def test_refused_task_is_nobodys_and_kept_for_the_operator(tx, account):
    task = begin(tx, account.id, external_task_id="biz-1")

    finish.refuse(tx, task, note="kling: no", now_ms=NOW_MS)

    assert tasks.of_caller(tx, account.id, task.id) is None
    assert tasks.by_external_id(tx, account.id, "biz-1") is None
    assert tasks.by_id(tx, task.id).status is TaskStatus.REFUSED


# --- the operator's view ----------------------------------------------------------------------


def test_record_is_found_by_either_id_whosever_it_is(tx, account, other):
    mine, theirs = (accept(tx, begin(tx, each.id), ticket=each.id) for each in (account, other))

    assert tasks.record_of(tx, mine.id).task == mine
    assert tasks.record_of(tx, other.id).task == theirs
    assert tasks.record_of(tx, "9") is None


def test_no_id_finds_no_record(tx, account):
    begin(tx, account.id)
    assert tasks.record_of(tx, "") is None


def test_cost_of_a_new_task_is_not_known(tx, account):
    record = tasks.record_of(tx, begin(tx, account.id).id)
    assert (record.billing, record.cost_micros, record.late_ms) == ("", NOT_KNOWN, 0)


def test_bill_is_kept_in_the_upstreams_shape_and_in_ours(tx, account):
    task = begin(tx, account.id)

    tasks.note_cost(tx, task.id, billing=({"amount": "4"},), cost_micros=560_000)
    tasks.note_cost(tx, task.id, billing=(), cost_micros=NOT_KNOWN)

    record = tasks.record_of(tx, task.id)
    assert (record.billing, record.cost_micros) == ('[{"amount":"4"}]', 560_000)


def test_uncertain_tasks_come_oldest_first_and_no_more_than_asked(tx, account):
    made = [begin(tx, account.id, created_ms=created_ms) for created_ms in (5, 3, 4, 1)]
    for task in made[:3]:
        move(tx, task, TaskStatus.UNCERTAIN, operator_note="reset")

    found = tasks.uncertain_records(tx, rows_max=2)

    assert [record.task.created_ms for record in found] == [3, 4]
    assert found[0].operator_note == "reset"


def test_ticket_is_taken_at_its_own_upstream_alone(tx, account):
    accept(tx, begin(tx, account.id, upstream="kling"), ticket="9")

    assert tasks.is_taken(tx, upstream="kling", ticket="9")
    assert not tasks.is_taken(tx, upstream="other", ticket="9")
    assert not tasks.is_taken(tx, upstream="kling", ticket="8")


def test_tasks_in_flight_are_counted_no_further_than_asked(tx, account):
    for upstream in ("kling", "kling", "kling", "local"):
        begin(tx, account.id, upstream=upstream)
    ended = begin(tx, account.id, upstream="kling")
    move(tx, ended, TaskStatus.REFUSED)

    assert tasks.in_flight(tx, "kling", count_max=9) == 3
    assert tasks.in_flight(tx, "kling", count_max=2) == 2
    assert tasks.in_flight(tx, "nobody", count_max=9) == 0


# --- a hundred thousand rows ------------------------------------------------------------------

BY_INDEX = {
    "in_flight": (tasks.in_flight, ("kling",), {"count_max": 9}),
    "is_taken": (tasks.is_taken, (), {"upstream": "kling", "ticket": "9"}),
    "record_of": (tasks.record_of, ("9",), {}),
    "uncertain_records": (tasks.uncertain_records, (), {"rows_max": 9}),
    "of_caller": (tasks.of_caller, ("acc_1", "9"), {}),
    "by_external_id": (tasks.by_external_id, ("acc_1", "biz-1"), {}),
    "open_overdue": (tasks.open_overdue, (), {"before_ms": 9, "rows_max": 9}),
}


@pytest.mark.parametrize("name", BY_INDEX)
def test_statement_walks_over_no_table(database, name):
    work, args, kwargs = BY_INDEX[name]
    plan = plan_of(database, work, *args, **kwargs)
    walks = [step for step in plan if step.startswith("SCAN tasks") and "uncertain" not in step]
    assert plan
    assert not walks


@pytest.mark.parametrize(
    ("work", "asked"),
    [
        (tasks.is_taken, {"upstream": "kling", "ticket": "9"}),
        (tasks.holders, {"upstream": "kling", "tickets": ["9", "8"]}),
    ],
)
def test_ticket_is_found_by_itself_and_not_among_all_of_its_upstream(database, work, asked):
    plan = plan_of(database, work, **asked)
    assert plan[0].partition("INDEX ")[2] == "ix_tasks_ticket_account_id (ticket=?)"


BY_UPSTREAM = "ix_tasks_upstream_status_created_ms"


def test_tasks_in_flight_are_counted_in_the_index_alone(database):
    plan = plan_of(database, tasks.in_flight, "kling", count_max=9)
    assert any(f"COVERING INDEX {BY_UPSTREAM} (upstream=? AND status=?)" in step for step in plan)


def test_callers_task_is_found_without_a_walk_over_all_of_theirs(database):
    plan = plan_of(database, tasks.of_caller, "acc_1", "9")
    searches = [step for step in plan if step.startswith("SEARCH tasks")]
    assert [step.partition("INDEX ")[2] for step in searches] == [
        "ix_tasks_ticket_account_id (ticket=? AND account_id=?)",
        "sqlite_autoindex_tasks_1 (id=?)",
    ]


# --- by upstream ------------------------------------------------------------------------------


def test_tasks_since_a_moment_are_counted_by_status(tx, account):
    accept(tx, begin(tx, account.id, upstream="kling"), ticket="9")
    begin(tx, account.id, upstream="kling")
    begin(tx, account.id, upstream="kling", created_ms=NOW_MS - 1)
    begin(tx, account.id, upstream="other")
    counts = tasks.counts_since(tx, upstream="kling", since_ms=NOW_MS)
    assert counts == {TaskStatus.SUBMITTED: 1, TaskStatus.SENDING: 1}
    assert counts[TaskStatus.FAILED] == 0


def test_counting_walks_along_the_index_of_upstream_and_time(database):
    (step, *_) = plan_of(database, tasks.counts_since, upstream="kling", since_ms=1)
    assert (
        "USING COVERING INDEX ix_tasks_upstream_created_ms_status (upstream=? AND created_ms>?)"
        in step
    )


def test_who_holds_a_ticket_is_told_for_many_at_once(tx, account, monkeypatch):
    monkeypatch.setattr(tasks, "TICKETS_AT_ONCE_MAX", 2)
    mine = accept(tx, begin(tx, account.id, upstream="kling"), ticket="9")
    accept(tx, begin(tx, account.id, upstream="other"), ticket="8")
    last = accept(tx, begin(tx, account.id, upstream="kling"), ticket="5")
    found = tasks.holders(tx, upstream="kling", tickets=["9", "8", "7", "6", "5"])
    assert {ticket: task.id for ticket, task in found.items()} == {"9": mine.id, "5": last.id}
    assert tasks.holders(tx, upstream="kling", tickets=[]) == {}
