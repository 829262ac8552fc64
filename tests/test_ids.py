import re

import pytest

from framegate import ids


@pytest.mark.parametrize("prefix", ids.PREFIXES)
def test_id_is_its_prefix_and_a_ulid(prefix):
    assert re.fullmatch(rf"{prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}", ids.new(prefix))


def test_no_two_ids_are_alike_although_they_are_made_in_one_millisecond():
    assert len({ids.new("req") for _ in range(10_000)}) == 10_000
