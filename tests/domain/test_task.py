import itertools

import pytest

from framegate.domain.task import MOVES, TERMINAL, TaskStatus, check_move
from framegate.errors import IllegalMove

# Written out by hand, not read from MOVES: the other opinion.
LEGAL = {
    ("sending", "uncertain"),
    ("sending", "submitted"),
    ("sending", "refused"),
    ("sending", "expired"),
    ("uncertain", "submitted"),
    ("uncertain", "refused"),
    ("uncertain", "cancelled"),
    ("uncertain", "expired"),
    ("submitted", "processing"),
    ("submitted", "succeeded"),
    ("submitted", "failed"),
    ("submitted", "cancelled"),
    ("submitted", "expired"),
    ("processing", "succeeded"),
    ("processing", "failed"),
    ("processing", "cancelled"),
    ("processing", "expired"),
}
PAIRS = set(itertools.product(map(str, TaskStatus), repeat=2))


@pytest.mark.parametrize(("status", "to"), sorted(LEGAL))
def test_task_moves_forward(status, to):
    check_move(TaskStatus(status), TaskStatus(to))


@pytest.mark.parametrize(("status", "to"), sorted(PAIRS - LEGAL))
def test_task_makes_no_other_move(status, to):
    with pytest.raises(IllegalMove, match=f"from {status} to {to}"):
        check_move(TaskStatus(status), TaskStatus(to))


def test_terminal_statuses_are_those_that_nothing_follows():
    assert {status for status, after in MOVES.items() if not after} == TERMINAL
    assert {status for status in TaskStatus if status.is_terminal} == TERMINAL


def test_every_status_has_its_row_and_is_reached_from_sending():
    reached, fresh = set(), {TaskStatus.SENDING}
    while fresh:
        reached |= fresh
        fresh = {after for status in fresh for after in MOVES[status]} - reached

    assert reached == set(MOVES) == set(TaskStatus)


def test_no_task_is_refused_once_an_upstream_took_it():
    """A refused task is nobody's: one that has a ticket must not vanish from its caller."""
    before = {status for status, after in MOVES.items() if TaskStatus.REFUSED in after}

    assert before == {TaskStatus.SENDING, TaskStatus.UNCERTAIN}
