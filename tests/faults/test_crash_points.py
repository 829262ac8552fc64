"""Every named crash point is really reached, and nothing is lost by it.

One gateway a group dies at each of its points in turn while customers order; then it is started
once more, and the count must show no loss.
"""

import signal

import pytest

from faults.house import KILLED
from faults.stage import staged
from framegate.crash import POINTS

SEED = 20
REACHED_S_MAX = 120
NO_FAULTS = {}
SHUTDOWN = ("shutdown.begun", "shutdown.sent")
RENDERER = ("render.started", "render.child", "render.parent", "render.published")
FIRST = tuple(each for each in POINTS if each.startswith(("migration", "first_start")))
ORDER = tuple(each for each in POINTS if each.startswith(("submit", "begin", "send", "ticket")))
END = tuple(
    each for each in POINTS if each.startswith(("poll", "download", "publish", "finish", "deliver"))
)


def is_reached(house, point):
    """Start a server that is to die at a point, and see that it does."""
    server = house.start("serve", crash_at=point)
    try:
        return server.died_within(REACHED_S_MAX) and server.popen.returncode == KILLED
    finally:
        house.kill_all()


def is_reached_in_a_child(house, point):
    """The child dies, and the server says so and lives."""
    before = house.log.read_text().count("status -9")
    server = house.start("serve", crash_at=point)
    while house.log.read_text().count("status -9") == before:
        assert not server.died_within(0.2)
        assert server.age_s < REACHED_S_MAX
    house.kill_all()
    return True


def is_reached_in_the_end(house, point):
    """A graceful end that is no end."""
    server = house.start("serve", crash_at=point)
    assert house.answered(server)
    return server.end(signal.SIGTERM) == KILLED


def losses_after(stage, points, is_reached):
    """Die at each point, go on, and count; also the points that were not reached."""
    house = stage.house
    assert house.answered(house.start("serve"))
    with stage.crowd(clients=2, thinks_s=0.3) as quiet:
        house.kill_all()
        missed = [point for point in points if not is_reached(house, point)]
        stage.mend()
        quiet()
    stage.settle()
    found = stage.figures(kills=len(points), commit="")
    assert found.acknowledged > 0
    return missed, found.losses


def test_every_point_is_walked_to():
    walked = [*FIRST, *ORDER, *END, *RENDERER, *SHUTDOWN]
    assert sorted(walked) == sorted(POINTS)


@pytest.mark.parametrize("points", [ORDER, END], ids=["order", "end"])
def test_gateway_that_died_on_an_orders_way_loses_nothing(tmp_path, points):
    with staged(tmp_path, seed=SEED, rates=NO_FAULTS, local_weight=0) as stage:
        assert losses_after(stage, points, is_reached) == ([], {})


def test_gateway_that_died_while_it_rendered_loses_nothing(tmp_path):
    def reached(house, point):
        return (is_reached_in_a_child if point == "render.child" else is_reached)(house, point)

    with staged(tmp_path, seed=SEED, rates=NO_FAULTS, vendor_weight=0) as stage:
        assert losses_after(stage, RENDERER, reached) == ([], {})


def test_gateway_that_died_while_it_ended_loses_nothing(tmp_path):
    with staged(tmp_path, seed=SEED, rates=NO_FAULTS) as stage:
        assert losses_after(stage, SHUTDOWN, is_reached_in_the_end) == ([], {})


def test_folder_whose_first_start_died_everywhere_is_a_good_one(tmp_path):
    with staged(tmp_path, seed=SEED, rates=NO_FAULTS) as stage:
        assert [point for point in FIRST if not is_reached(stage.house, point)] == []
        assert losses_after(stage, (), is_reached) == ([], {})
