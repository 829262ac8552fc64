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


@pytest.fixture
def table(tmp_path):
    """Every order has been sent and every task has ended."""
    folder, site = tmp_path, Site()
    with selling(folder, pace=PACE) as vendor, serving(site.app()) as site_url:
        gate = Framegate(folder / "gate", config=config(vendor), **allowing(vendor, site_url))
        with gate:
            table = Table(gate, vendor, site, site_url)
            table.run(POLLS)
            table.run(OTHERS + [ENDLESS] * has_room(folder, bytes_free=ROOM_BYTES))
            yield table


def test_every_failure_ends_as_promised_and_no_order_is_sent_twice(table, subtests):
    """One test, since the table takes minutes: several would be shared out to several processes,
    and each would begin it anew."""
    for run in table.runs:
        with subtests.test(run.failure.name):
            assert table.outcome(run) == run.failure.outcome
            assert table.sent(run) <= 1
            assert run.recovered_s < DEADLINE_S + 30
    with subtests.test(ENDLESS.name):
        if not any(run.failure is ENDLESS for run in table.runs):
            pytest.skip("not room enough for a video without an end")
    paid = sum(run.failure.outcome.hold == "settled" for run in table.runs)
    assert len(table.runs) >= len(POLLS) + len(OTHERS)
    assert table.gate.audit() == []
    assert table.gate.account["held"] == "0"
    assert table.gate.rows("SELECT COUNT(*) FROM holds WHERE state = 'settled'") == [(paid,)]
