"""The ways to answer are those of the vendor's list of codes."""

import pytest

from framegate.pretend import says

TABLE = [
    (401, 1002),
    *((429, code) for code in (1100, 1101, 1102, 1302, 1303, 1304)),
    (403, 1103),
    *((400, code) for code in (1300, 1301)),
    (500, 5000),
    (503, 5001),
    (504, 5002),
]


@pytest.mark.parametrize(("status", "code"), TABLE)
def test_code_comes_with_the_status_of_the_contract(status, code):
    statuses = {each.status for each in says.CREATES if each.code == code}
    assert statuses == {status}


def test_names_are_unique_and_are_what_a_test_shows():
    for group in (says.CREATES, says.QUERIES):
        assert len({str(each) for each in group}) == len(group)


def test_a_definite_no_buys_nothing():
    definite = [each for each in says.CREATES if each.code and each.code not in {5000, 5002}]
    assert definite
    assert not any(each.buys for each in definite)


def test_only_full_slots_come_without_data():
    assert [each.name for each in says.CREATES if not each.has_data] == ["slots-full"]
