"""`framegate tasks`: what only the operator sees, and may say of an uncertain task."""

import pytest

from fakes.opened import opened
from fakes.rows import accept, begin, move, new_account
from framegate.cli.terminal import printable
from framegate.domain.task import TaskStatus
from framegate.store import tasks

HOOK = "https://you.example.com/hook"


def made(shell, work):
    with opened(shell.folder) as gateway:
        return gateway.database.write_now(work)


@pytest.fixture
def account(shell):
    return made(shell, lambda tx: new_account(tx, credit_micros=10_000_000))


@pytest.fixture
def uncertain(shell, account):
    """Make uncertain tasks."""

    def make(note="HTTP 502 without a readable code", **facts):
        def work(tx):
            task = begin(tx, account.id, upstream="kling", **facts)
            return move(tx, task, TaskStatus.UNCERTAIN, operator_note=note)

        return made(shell, work).id

    return make


@pytest.fixture
def billed(shell, account):
    """A task that cost 0.35 of the 0.56 it is sold for."""

    def work(tx):
        task = accept(tx, begin(tx, account.id, upstream="kling"), ticket="933557962801545273")
        tasks.note_cost(tx, task.id, billing=({"amount": "4"},), cost_micros=350_000)
        return task.id

    return made(shell, work)


def balance(shell):
    return shell.json("accounts", "show", "acme")


# --- show -------------------------------------------------------------------------------------


def test_price_cost_and_margin_are_shown_with_the_upstreams_own_bill(shell, billed):
    shown = shell.json("tasks", "show", billed)
    assert (shown["price"], shown["cost"], shown["margin"]) == ("0.56", "0.35", "0.21")
    assert (shown["currency"], shown["billing"]) == ("USD", '[{"amount":"4"}]')


def test_a_task_is_shown_by_the_upstreams_id_too(shell, billed):
    assert shell.json("tasks", "show", "933557962801545273")["task"] == billed


def test_a_cost_that_was_not_said_is_not_known_and_neither_is_the_margin(shell, uncertain):
    shown = shell.json("tasks", "show", uncertain())
    assert (shown["cost"], shown["margin"]) == ("not known", "not known")


def test_people_get_a_line_a_fact(shell, billed):
    lines = shell("tasks", "show", billed).output.splitlines()
    assert f"{'task':<18}{billed}" in lines
    assert f"{'margin':<18}0.21" in lines
    assert f"{'late':<18}no" in lines


def test_an_unknown_task_is_refused(shell, account):
    done = shell("tasks", "show", "task_unknown")
    assert done.exit_code == 3
    assert "no task 'task_unknown'; give the task_... of X-Framegate-Task" in done.output


@pytest.mark.parametrize(
    "words", ["[/nonsense]", "[bold]x", "\x1b]0;title\x07", "a\nstatus  failed"]
)
def test_a_callers_words_are_shown_and_not_obeyed(shell, uncertain, words):
    """An external id is any string: a terminal, or our table, could take it for an order."""
    task_id = uncertain(note=words, external_task_id=words)
    shown, listed = shell("tasks", "show", task_id), shell("tasks", "uncertain")
    assert (shown.exit_code, listed.exit_code) == (0, 0)
    assert f"{'external id':<18}{printable(words)}\n" in shown.output
    assert not {"\x1b", "\x07"} & {*shown.output, *listed.output}


# --- uncertain --------------------------------------------------------------------------------


def test_nothing_uncertain_is_said_so(shell, billed):
    assert shell("tasks", "uncertain").output == "no task is uncertain\n"
    assert shell.json("tasks", "uncertain") == []


def test_uncertain_tasks_are_listed_with_why(shell, billed, uncertain):
    task_id = uncertain(external_task_id="biz-1")
    (listed,) = shell.json("tasks", "uncertain")
    assert (listed["task"], listed["external_task_id"]) == (task_id, "biz-1")
    shown = shell("tasks", "uncertain").output
    assert task_id in shown
    assert "HTTP 502" in shown


# --- resolve ----------------------------------------------------------------------------------


def test_one_that_was_taken_goes_on_under_its_ticket(shell, uncertain):
    task_id = uncertain()
    assert (
        shell.json("tasks", "resolve", task_id, "--ticket", "9", "--unchecked")["status"]
        == "submitted"
    )
    shown = shell.json("tasks", "show", "9")
    assert (shown["task"], shown["operator_note"]) == (task_id, "resolved by the operator")
    assert balance(shell)["held"] == "0.56"
    assert shell.json("audit")["promises"]


def test_one_that_was_not_bought_is_released_and_its_caller_told(shell, uncertain):
    task_id = uncertain(callback_url=HOOK)
    assert balance(shell)["held"] == "0.56"
    done = shell("tasks", "resolve", task_id, "--not-bought")
    assert done.output == f"{task_id} is expired now\n"
    assert balance(shell)["held"] == "0"
    assert made(
        shell, lambda tx: tx.exec_driver_sql("SELECT url FROM deliveries").scalars().all()
    ) == [HOOK]


@pytest.mark.parametrize("words", [["--ticket", "9", "--unchecked"], ["--not-bought"]])
def test_a_second_word_is_refused(shell, uncertain, words):
    task_id = uncertain()
    shell("tasks", "resolve", task_id, *words)
    again = shell("tasks", "resolve", task_id, *words)
    assert again.exit_code != 0
    assert "only an uncertain task can be resolved" in again.output


@pytest.mark.parametrize("words", [[], ["--ticket", "9", "--not-bought"], ["--ticket", ""]])
def test_one_of_two_answers_must_be_given(shell, uncertain, words):
    task_id = uncertain()
    done = shell("tasks", "resolve", task_id, *words)
    assert done.exit_code == 2
    assert "give either --ticket ID or --not-bought" in done.output


@pytest.mark.parametrize("ticket", ["x" * 201, "9\n", "\x1b[0m", " ", "9 8"])
def test_a_ticket_that_cannot_be_one_is_refused(shell, uncertain, ticket):
    task_id = uncertain()
    done = shell("tasks", "resolve", task_id, "--ticket", ticket)
    assert done.exit_code == 2
    assert "--ticket must be 1 to 200 visible characters of ASCII" in done.output
    assert shell.json("tasks", "show", task_id)["status"] == "uncertain"


def test_a_ticket_of_another_task_is_refused(shell, billed, uncertain):
    done = shell("tasks", "resolve", uncertain(), "--ticket", "933557962801545273", "--unchecked")
    assert done.exit_code != 0
    assert "another task has the ticket" in done.output


def test_an_unknown_task_cannot_be_resolved(shell, account):
    done = shell("tasks", "resolve", "task_unknown", "--not-bought")
    assert done.exit_code == 3


def test_a_ticket_of_an_upstream_that_cannot_be_asked_is_not_believed(shell, uncertain):
    task_id = uncertain()
    done = shell("tasks", "resolve", task_id, "--ticket", "9")
    assert done.exit_code == 3
    assert "kling is not in the settings" in done.output
    assert shell.json("tasks", "show", task_id)["status"] == "uncertain"


def test_a_mistyped_ticket_is_not_believed(shell, account):
    def work(tx):
        return move(tx, begin(tx, account.id, upstream="local"), TaskStatus.UNCERTAIN).id

    task_id = made(shell, work)
    done = shell("tasks", "resolve", task_id, "--ticket", "9")
    assert done.exit_code == 3
    assert "local knows no task '9'; `framegate upstreams tasks local` lists" in done.output
    assert shell.json("tasks", "show", task_id)["status"] == "uncertain"
