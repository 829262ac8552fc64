"""Servers that end in the middle of the work, and what a restart finds."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fakes.drawn import picture

TASKS = 6
CLIENTS = 3


@pytest.fixture(scope="module")
def drawn():
    # Square and the least there is: the cheapest video to render.
    return picture(300, 300)


def orders(url, count):
    for number in range(count):
        yield {
            "contents": [{"type": "first_frame", "url": url}],
            "settings": {"duration": 3},
            "options": {"external_task_id": f"order-{number}"},
        }


def created_at_once(gate, drawn, count=TASKS):
    """Many creates over several connections; the ids that were acknowledged."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(gate.created, orders(gate.upload(drawn), count)))


def is_rendering(gate):
    """Whether the server says that one task has ended and another is being worked on."""
    states = {state for (state,) in gate.rows("SELECT status FROM tasks")}
    return {"succeeded", "processing"} <= states


def test_killed_server_loses_no_task_and_makes_no_video_twice(new_gate, drawn):
    gate = new_gate()
    ids = created_at_once(gate, drawn)
    gate.until(lambda: is_rendering(gate), bool)

    gate.kill()
    gate.start()
    ended = [gate.ended(task_id) for task_id in ids]

    assert {task["status"] for task in ended} == {"succeed"}
    assert gate.audit() == []
    outputs = [task["outputs"][0]["id"] for task in ended]
    assert len(set(outputs)) == TASKS
    assert len(list((gate.data / "videos").iterdir())) == TASKS
    assert gate.rows("SELECT SUM(amount_micros) FROM entries") == [(0,)]
    # 3 s at 720p cost 0.336: each is paid for once.
    assert (gate.account["posted"], gate.account["held"]) == ("-2.016", "0")


def test_sigterm_ends_the_server_and_a_restart_ends_the_task(new_gate, drawn):
    gate = new_gate()
    (order,) = orders(gate.upload(drawn), 1)
    task_id = gate.created(order | {"settings": {"duration": 15}})  # Long enough to be seen at it.
    gate.until(lambda: gate.task(task_id)["status"], "processing".__eq__)

    assert gate.stop() == 0
    gate.start()

    assert gate.ended(task_id)["status"] == "succeed"
    assert gate.audit() == []


def test_same_idempotency_key_is_the_same_task_after_a_kill(new_gate):
    gate = new_gate()
    url = "http://no-such-host.invalid/a.jpg"
    (order,) = orders(url, 1)
    first = gate.create(order, Idempotency_Key="k-1")
    gate.kill()
    gate.start()

    again = gate.create(order, Idempotency_Key="k-1")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert gate.rows("SELECT COUNT(*) FROM tasks") == [(1,)]


def test_second_server_on_the_same_folder_is_sent_away(new_gate):
    gate = new_gate()
    second = type(gate)(gate.folder)

    with pytest.raises(AssertionError, match="another framegate works on"):
        second.start()
    second.http.close()
    assert gate.http.get("/healthz").status_code == 200
