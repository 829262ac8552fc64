from fakes.rows import NOW_MS, accept, begin, move, new_account
from framegate.domain.task import TaskStatus
from framegate.store import life


def lived(tx, task_id, **asked):
    found = life.of_task(tx, task_id, **{"rows_max": 10} | asked)
    return [(line.status.value, line.at_ms - NOW_MS, line.note) for line in found]


def test_every_change_is_a_line_with_its_time(tx):
    task = accept(tx, begin(tx, new_account(tx, is_unlimited=True).id))
    move(tx, task, TaskStatus.FAILED, now_ms=NOW_MS + 9, message="no face")
    assert lived(tx, task.id) == [
        ("sending", 0, ""),
        ("submitted", 1, ""),
        ("failed", 9, "no face"),
    ]


def test_look_that_brought_nothing_new_is_no_line(tx):
    task = accept(tx, begin(tx, new_account(tx, is_unlimited=True).id))
    move(tx, task, TaskStatus.SUBMITTED, polls=1)
    assert len(lived(tx, task.id)) == 2


def test_hand_over_is_a_line_for_the_operator(tx):
    task = begin(tx, new_account(tx, is_unlimited=True).id)
    move(tx, task, TaskStatus.SENDING, operator_note="first: no route", upstream="second")
    (_, line) = life.of_task(tx, task.id, rows_max=10)
    assert (line.status, line.note, line.operator_note) == ("sending", "", "first: no route")


def test_write_that_lost_the_fence_is_no_line(tx):
    task = begin(tx, new_account(tx, is_unlimited=True).id)
    accept(tx, task)
    assert move(tx, task, TaskStatus.EXPIRED) is None
    assert len(lived(tx, task.id)) == 2


def test_lines_behind_one_are_of_the_account_alone(tx):
    ours, theirs = (new_account(tx, name, is_unlimited=True) for name in ("ours", "theirs"))
    tasks = [begin(tx, account.id) for account in (ours, theirs, ours)]
    seen, *_ = life.of_account(tx, ours.id, after=0, rows_max=1)
    assert seen.task_id == tasks[0].id
    rest = life.of_account(tx, ours.id, after=seen.id, rows_max=10)
    assert [line.task_id for line in rest] == [tasks[2].id]
    everybody = life.of_account(tx, None, after=seen.id, rows_max=10)
    assert [line.task_id for line in everybody] == [tasks[1].id, tasks[2].id]


def test_newest_is_the_last_lines_number(tx):
    assert life.newest(tx) == 0
    task = begin(tx, new_account(tx, is_unlimited=True).id)
    assert [line.id for line in life.of_task(tx, task.id, rows_max=9)] == [life.newest(tx)]
