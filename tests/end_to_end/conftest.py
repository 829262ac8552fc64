"""Real servers for the outer ring: each is a process with a data folder of its own."""

import pytest

from fakes.serving import serving
from fakes.site import Site
from fakes.vendor import API_KEY, selling
from processes import Framegate

# Allowed, and nobody listens there: port 1 needs a right that no test has.
DEAD = "http://127.0.0.1:1"


@pytest.fixture(scope="session")
def sites():
    """Two web servers of other people: the gate may reach the first and not the second."""
    allowed, forbidden = Site(), Site()
    with serving(allowed.app()) as allowed_url, serving(forbidden.app()) as forbidden_url:
        yield (allowed, allowed_url), (forbidden, forbidden_url)


@pytest.fixture(scope="session")
def gate(sites, tmp_path_factory):
    """One server for all tests that only add tasks to it."""
    (_, url), _ = sites
    with Framegate(tmp_path_factory.mktemp("gate"), **allowing(url, DEAD)) as gate:
        yield gate
        assert gate.audit() == []


@pytest.fixture
def new_gate(tmp_path):
    """Servers that a test may end as it likes."""
    opened = []

    def new(config="", **environment):
        gate = Framegate(tmp_path / str(len(opened)), config=config, **environment)
        opened.append(gate)
        return gate.start()

    yield new
    for gate in opened:
        gate.__exit__()


@pytest.fixture(scope="session")
def selling_vendor(tmp_path_factory):
    """The session's vendor: every task of it ends at once."""
    with selling(tmp_path_factory.mktemp("vendor")) as vendor:
        yield vendor


@pytest.fixture(scope="session")
def vendor_gate(selling_vendor, tmp_path_factory):
    """One server in front of the vendor."""
    url = selling_vendor.url
    folder = tmp_path_factory.mktemp("vendor_gate")
    with Framegate(folder, config=behind(url), **allowing(url)) as gate:
        yield gate
        assert gate.audit() == []


@pytest.fixture
def vendor(selling_vendor, vendor_gate):
    """The vendor, as if nobody had asked it anything yet; the gate holds nothing against it."""
    selling_vendor.reset()
    vendor_gate.mended("vendor")
    yield selling_vendor
    selling_vendor.reset()


def behind(url):
    """A framegate.toml with the vendor as its only upstream."""
    return f"""
[upstreams.vendor]
kind = "kling"
base_url = "{url}"
api_key = "{API_KEY}"
submit_wait_s = 10
"""


def allowing(*urls):
    """The environment under which loopback addresses of ours may be reached."""
    pairs = ",".join(url.removeprefix("http://") for url in urls)
    return {"FRAMEGATE_OUTBOUND_ALLOW": pairs}
