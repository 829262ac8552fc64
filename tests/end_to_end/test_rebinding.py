"""Names that lie and redirects that lead inside, against real sockets in a network of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from end_to_end import rebinding
from faults.conftest import skip_loudly
from framegate.domain import picture

PATIENCE_S = 120
NEW_NETWORK = ("unshare", "--map-root-user", "--mount", "--net")
TESTS = Path(__file__).parents[1]


def is_possible():
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run([*NEW_NETWORK, "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    if not is_possible():
        skip_loudly("a network namespace cannot be made here, so no name server can lie")
    folder = tmp_path_factory.mktemp("rebinding")
    done = subprocess.run(
        [*NEW_NETWORK, sys.executable, rebinding.__file__, folder],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_inside_was_ever_connected_to(seen):
    assert seen["caught"] == {}
    assert seen["tried"] > 50


def test_names_were_really_asked_for_and_public_ones_were_reached(seen):
    assert set(rebinding.ZONE) - set(seen["asked"]) == {"loop.example.com"} - set(seen["asked"])
    assert set(seen["made"].values()) == {"succeed"}


def test_every_refusal_is_a_failed_task_with_one_and_the_same_sentence(seen):
    assert seen["not_failed"] == []
    assert seen["messages"] == [picture.NOT_FETCHED]


def test_receiver_inside_is_not_told_and_no_more_is_said_than_of_a_dead_one(seen):
    assert seen["attempts"][0] == [0, "no answer"]


def test_books_hold_after_it(seen):
    assert seen["audit"] == []
