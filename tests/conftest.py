"""What every test stands on: the language of whoever runs them is not theirs, nor is the hurry."""

import os
import signal

import pytest
from hypothesis import settings

from fakes.scripted_server import ScriptedServer
from fakes.serving import serving

for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(name, None)
# Of this process and of every one that a test starts: the command line speaks by it.
os.environ["LANG"] = "C.UTF-8"

# A shell starts what goes on behind it with Ctrl-C ignored, and so would every process of a test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items):
    """Begin with the run that kills for minutes, or whoever gets it last is waited for."""
    items.sort(key=lambda item: "faults/test_run.py" not in item.nodeid)


@pytest.fixture(scope="module")
def script_server():
    """A server that answers as it is told, and its address; each package's `scripted` resets it."""
    server = ScriptedServer()
    with serving(server.app()) as url:
        yield server, url
