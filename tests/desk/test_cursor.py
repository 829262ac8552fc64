import pytest

from framegate.desk.cursor import CURSOR_CHARACTERS_MAX, cursor, place_of
from framegate.domain.signature import Keyring

KEYRING = Keyring(b"m" * 32)


def test_place_comes_back_as_it_went(member):
    made = cursor(KEYRING, member, "tasks", 12, "task_1")
    assert place_of(KEYRING, member, made) == ["tasks", "12", "task_1"]


def test_place_without_an_id_comes_back_too(member):
    assert place_of(KEYRING, member, cursor(KEYRING, member, "tasks", 12, "")) == [
        *("tasks", "12", "")
    ]


@pytest.mark.parametrize(
    "sent", ["", "x", "!", "\u00e9", "x" * (CURSOR_CHARACTERS_MAX + 1), "eDp5"]
)
def test_anything_else_is_no_place(member, sent):
    assert place_of(KEYRING, member, sent) is None


def test_place_of_another_account_or_another_gateway_is_none(member, operator):
    made = cursor(KEYRING, member, "tasks", 12, "task_1")
    assert place_of(KEYRING, operator, made) is None
    assert place_of(Keyring(b"n" * 32), member, made) is None


def test_place_that_was_changed_is_none(member):
    made = cursor(KEYRING, member, "tasks", 12, "task_1")
    for at in range(len(made)):
        changed = made[:at] + ("A" if made[at] != "A" else "B") + made[at + 1 :]
        assert place_of(KEYRING, member, changed) is None
