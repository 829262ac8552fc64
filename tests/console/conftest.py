"""A served gateway and a real Chromium that looks at it, for every test of what a person does."""

import io

import pytest
from PIL import Image

from browsing import AXE, Visit, browser, browser_path, is_required
from processes import Framegate


# A module's, not the session's: the browser's driver holds this thread's event loop while it is
# open, and the asynchronous tests of other modules want one of their own.
@pytest.fixture(scope="module")
def chromium():
    """The browser; without one the tests are skipped, unless one is required."""
    missing = "a browser" if browser_path() is None else "axe-core" if not AXE.is_file() else ""
    if missing:
        if is_required():
            pytest.fail(f"FRAMEGATE_REQUIRE_BROWSER=1, and there is no {missing}")
        pytest.skip(f"there is no {missing} on this machine")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def gate(tmp_path_factory):
    """One gateway with the embedded renderer for the whole session."""
    with Framegate(tmp_path_factory.mktemp("console")) as served:
        yield served


@pytest.fixture
def new_gate(tmp_path):
    """Starts gateways of one test, each on a folder of its own."""
    opened = []

    def new(config="", **environment):
        gate = Framegate(tmp_path / str(len(opened)), config=config, **environment)
        opened.append(gate)
        return gate.start()

    yield new
    for gate in opened:
        gate.__exit__()


@pytest.fixture
def visit(chromium, gate):
    """Opens browsers on a gateway; at the end none may have complained or asked a stranger."""
    opened = []

    def new(*, at=gate, signed_in=True, account=None, **options):
        visit = Visit(chromium, at.url, **options)
        opened.append(visit)
        if signed_in:
            visit.sign_in(link_of(at, account))
        return visit

    yield new
    complaints = [each for visit in opened for each in visit.complaints]
    foreign = [each for visit in opened for each in visit.foreign]
    for visit in opened:
        visit.close()
    assert complaints == []
    assert foreign == []


def link_of(gate, account=None):
    """A fresh one-time link, as `framegate console` prints it, at the port it listens on."""
    words = ["console", *(["--account", account] if account else [])]
    path = gate.command(*words)["url"].partition("/console/")[2]
    return f"{gate.url}/console/{path}"


def picture(width=400, height=300, colour=(200, 120, 40)):
    """A small JPEG."""
    kept = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(kept, "JPEG")
    return kept.getvalue()
