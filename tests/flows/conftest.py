"""One house with one scripted upstream and one caller, for every flow."""

import pytest

from fakes.house import House
from fakes.scripted_upstream import ScriptedUpstream


@pytest.fixture
def upstream():
    return ScriptedUpstream()


@pytest.fixture
def house(tmp_path, upstream):
    opened = House(tmp_path, upstream)
    yield opened
    opened.database.close_now()


@pytest.fixture
def caller(house):
    return house.caller()
