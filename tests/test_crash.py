"""Crash points: who may name one, and that each name stands somewhere in the code."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from framegate import crash
from framegate.errors import SettingsInvalid

SOURCE = Path(__file__).parents[1] / "src" / "framegate"
TEST_BUILD = {"FRAMEGATE_TEST_BUILD": "1"}


def process(*times, **environment):
    """A process that reaches `begin.inside` so many times, each on a line of its own."""
    code = (
        "import os; from framegate import crash; crash.arm(os.environ)\n"
        f"for number in range({times[0]}):\n"
        "    print(number, flush=True); crash.at('begin.inside')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.split()


def test_process_dies_at_its_point():
    ended = process(3, FRAMEGATE_CRASH_AT="begin.inside", **TEST_BUILD)
    assert ended == (-signal.SIGKILL, ["0"])


def test_process_dies_at_the_time_that_was_named():
    ended = process(3, FRAMEGATE_CRASH_AT="begin.inside:2", **TEST_BUILD)
    assert ended == (-signal.SIGKILL, ["0", "1"])


@pytest.mark.parametrize("wish", [None, "begin.after", "begin.inside:4"])
def test_process_passes_by_any_other_point(wish):
    environment = {"FRAMEGATE_CRASH_AT": wish, **TEST_BUILD} if wish else {}
    assert process(3, **environment) == (0, ["0", "1", "2"])


@pytest.mark.parametrize("build", [{}, {"FRAMEGATE_TEST_BUILD": ""}, {"FRAMEGATE_TEST_BUILD": "0"}])
def test_crash_outside_a_test_build_is_refused(build):
    with pytest.raises(SettingsInvalid, match="it is for tests, with FRAMEGATE_TEST_BUILD=1"):
        crash.arm({"FRAMEGATE_CRASH_AT": "begin.inside", **build})


def test_unknown_point_is_refused_with_those_that_there_are():
    with pytest.raises(SettingsInvalid, match=r"takes submit\.body, .*; got 'begin'"):
        crash.arm({"FRAMEGATE_CRASH_AT": "begin", **TEST_BUILD})


@pytest.mark.parametrize("count", ["0", "-1", "x", "1000000", "²"])
def test_count_that_is_none_is_refused(count):
    with pytest.raises(SettingsInvalid, match="counts from 1 to 999999"):
        crash.arm({"FRAMEGATE_CRASH_AT": f"begin.inside:{count}", **TEST_BUILD})


def test_every_point_stands_in_the_code_once():
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    placed = [name for text in texts for name in re.findall(r'crash\.at\("([^"]+)"\)', text)]
    assert sorted(placed) == sorted(crash.POINTS)


def test_only_a_childs_own_point_is_handed_down():
    try:
        crash.arm({"FRAMEGATE_CRASH_AT": "render.child:2", **TEST_BUILD})
        assert crash.handed_down() == {"FRAMEGATE_CRASH_AT": "render.child:2", **TEST_BUILD}
        crash.arm({"FRAMEGATE_CRASH_AT": "render.parent", **TEST_BUILD})
        assert crash.handed_down() == {}
    finally:
        crash.arm({})
