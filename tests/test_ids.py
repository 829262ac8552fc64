import re

import pytest

from framegate import ids


@pytest.mark.parametrize("prefix", ids.PREFIXES)
def test_id_is_its_prefix_and_a_ulid(prefix):
    assert re.fullmatch(rf"{prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}", ids.new(prefix))


def test_no_two_ids_are_alike_although_they_are_made_in_one_millisecond():
    assert len({ids.new("req") for _ in range(10_000)}) == 10_000


def test_number_of_an_id_is_what_stands_behind_its_prefix():
    assert ids.number_of("task_01KWKFN9WNBGF99M3TP8W6Y7J4") == ids.number_of(
        "req_01KWKFN9WNBGF99M3TP8W6Y7J4"
    )
    assert 0 < ids.number_of(ids.new("task")) < 1 << 128


@pytest.mark.parametrize("foreign", ["", "task", "task_1", "task_01KWKFN9WNBGF99M3TP8W6Y7J!"])
def test_number_of_a_foreign_id_is_0(foreign):
    assert ids.number_of(foreign) == 0
