"""A reader of one page, with a gateway of its own, so that a page can be read alone."""

import pytest

from docs.reader import DEAD_PAIR, Reader
from processes import Framegate


@pytest.fixture
def reader(tmp_path):
    with Framegate(tmp_path / "gate", FRAMEGATE_OUTBOUND_ALLOW=DEAD_PAIR) as gate:
        yield Reader(tmp_path / "reader", gate)
