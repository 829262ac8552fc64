"""Gateways whose surroundings a test can break."""

import os

import pytest

from fakes.vendor import selling
from faults import shim as shims


def skip_loudly(reason):
    """Skip with a reason that the summary shows, or fail where nothing may be skipped."""
    if os.environ.get("FRAMEGATE_REQUIRE_FAULTS") == "1":
        pytest.fail(f"a fault cannot be tried: {reason}")
    pytest.skip(f"a fault was not tried: {reason}")


@pytest.fixture(scope="module")
def selling_vendor(tmp_path_factory):
    """A vendor whose tasks end at once, and who hosts the videos."""
    with selling(tmp_path_factory.mktemp("vendor")) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    if shims.MISSING:
        skip_loudly(shims.MISSING)
    folder = tmp_path_factory.mktemp("shim")
    return shims.Shim(shims.compiled(folder), folder / "control")
