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

PATIENCE_S = 300
NEW_NETWORK = ("unshare", "--map-root-user", "--mount", "--net")
TESTS = Path(__file__).parents[1]


def is_possible():
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run([*NEW_NETWORK, "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def seen(tmp_path):
    if not is_possible():
        skip_loudly("a network namespace cannot be made here, so no name server can lie")
    done = subprocess.run(
        [*NEW_NETWORK, sys.executable, rebinding.__file__, tmp_path],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_names_that_lie_open_no_socket_inside_and_each_fails_with_the_same_sentence(seen):
    """One test, since what it looks at takes a network, a name server and a gateway."""
    assert seen["caught"] == {}
    assert seen["tried"] > 50
    assert seen["not_failed"] == []
    assert seen["messages"] == [picture.NOT_FETCHED]
    # A receiver inside is not told, and no more is said than of a dead one.
    assert seen["attempts"][0] == [0, "no answer"]
    # The names were really asked for, and public ones were reached.
    assert set(rebinding.ZONE) - set(seen["asked"]) <= {"loop.example.com"}
    assert set(seen["made"].values()) == {"succeed"}
    assert seen["audit"] == []
