"""Whose turn it is, with a clock in hand."""

import pytest

from framegate.flows.turns import LINES_MAX, TOOK_MS_GUESS, WAIT_MS_MAX, Turns

NOW_MS = 1_783_065_388_949
WAIT_MS = 1_000
HANGS_MS = 15_000


@pytest.fixture
def turns():
    return Turns(per_host_max=2, per_account_max=3, wait_ms_min=WAIT_MS)


def take(turns, host="dead:443", account="acc_1", *, now_ms=NOW_MS):
    """How long one has to wait; 0 is a turn."""
    back_ms = turns.take(host, account, now_ms=now_ms)
    return back_ms and back_ms - now_ms


def give_back(turns, host="dead:443", account="acc_1", *, took_ms=HANGS_MS):
    turns.give_back(host, account, took_ms=took_ms, now_ms=NOW_MS)


def test_as_many_turns_as_a_host_may_have_are_given_and_no_more(turns):
    assert [take(turns) for _ in range(3)] == [0, 0, WAIT_MS]


def test_another_host_has_its_own_turns(turns):
    for _ in range(9):
        take(turns, account="acc_2")

    assert take(turns, "good:443") == 0


def test_an_account_has_so_many_turns_under_however_many_host_names(turns):
    given = [take(turns, f"{number}.dead:443") for number in range(4)]

    assert given == [0, 0, 0, WAIT_MS]
    assert take(turns, "4.dead:443", "acc_2") == 0


def test_a_turn_that_ended_is_given_again(turns):
    take(turns), take(turns)
    give_back(turns)

    assert take(turns) == 0


def test_those_who_wait_come_back_one_after_another(turns):
    """A thousand who all came back each second would cost everybody the database."""
    take(turns), take(turns)

    waits = [take(turns) for _ in range(4)]

    step_ms = TOOK_MS_GUESS // 2
    assert waits == [WAIT_MS + step_ms * number for number in range(4)]


def test_a_host_that_hangs_has_a_slower_line_than_one_that_answers(turns):
    for host, took_ms in (("dead:443", HANGS_MS), ("good:443", 40)):
        for account in ("acc_1", "acc_2", "acc_3"):
            take(turns, host, account)
        for _ in range(5):
            give_back(turns, host, "acc_1", took_ms=took_ms)
            turns.take(host, "acc_1", now_ms=NOW_MS)

    def step_ms(host):
        first, second = (take(turns, host, "acc_9") for _ in range(2))
        return second - first

    assert step_ms("dead:443") > 20 * step_ms("good:443")


def test_nobody_waits_longer_than_the_longest_wait(turns):
    """Nobody knows when the host will be well again."""
    take(turns), take(turns)

    waits = [take(turns) for _ in range(1_000)]

    assert max(waits) == waits[-1] == WAIT_MS_MAX


def test_a_wait_is_never_shorter_than_the_shortest(turns):
    take(turns), take(turns), take(turns)

    assert take(turns, now_ms=NOW_MS + 60_000) == WAIT_MS


def test_lines_that_are_empty_are_forgotten(turns):
    for number in range(LINES_MAX + 5):
        host, account = f"{number}.example:443", f"acc_{number}"
        for _ in range(3):
            take(turns, host, account, now_ms=NOW_MS - 60_000)
        give_back(turns, host, account)

    assert len(turns._lines) <= LINES_MAX + 1
