"""Every way in which an upstream fails, at once, on one gateway: the table of tests/failures.py."""

import pytest

from failures import (
    DEADLINE_S,
    ENDLESS,
    OTHERS,
    PACE,
    POLLS,
    Table,
    allowing,
    config,
    has_room,
)
from fakes.serving import serving
from fakes.site import Site
from fakes.vendor import selling
from processes import Framegate

ROOM_BYTES = 8 << 30


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Every order has been sent and every task has ended."""
    folder, site = tmp_path_factory.mktemp("failures"), Site()
    with selling(folder, pace=PACE) as vendor, serving(site.app()) as site_url:
        gate = Framegate(folder / "gate", config=config(vendor), **allowing(vendor, site_url))
        with gate:
            table = Table(gate, vendor, site, site_url)
            table.run(POLLS)
            table.run(OTHERS + [ENDLESS] * has_room(folder, bytes_free=ROOM_BYTES))
            yield table


@pytest.fixture
def run(table, request):
    found = [run for run in table.runs if run.failure is request.param]
    if not found:
        pytest.skip("not room enough for a video without an end")
    return found[0]


@pytest.mark.parametrize("run", [*POLLS, *OTHERS, ENDLESS], ids=str, indirect=True)
def test_failure_ends_as_promised(table, run):
    assert table.outcome(run) == run.failure.outcome


@pytest.mark.parametrize("run", [*POLLS, *OTHERS, ENDLESS], ids=str, indirect=True)
def test_order_is_never_sent_twice(table, run):
    assert table.sent(run) <= 1


def test_every_promise_holds_after_all_of_them(table):
    assert table.gate.audit() == []
    paid = sum(run.failure.outcome.hold == "settled" for run in table.runs)
    assert table.gate.account["held"] == "0"
    assert table.gate.rows("SELECT COUNT(*) FROM holds WHERE state = 'settled'") == [(paid,)]


def test_nothing_takes_longer_than_the_deadline(table):
    slow = [run.failure.name for run in table.runs if run.recovered_s > DEADLINE_S + 30]
    assert slow == []
