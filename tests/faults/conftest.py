"""Gateways whose surroundings a test can break."""

import warnings

import pytest

from fakes.vendor import selling
from faults import shim as shims


def skip_loudly(reason):
    """Skip, and say so in the summary of warnings too: a machine without the means proves less."""
    warnings.warn_explicit(
        f"a fault was not tried: {reason}", pytest.PytestWarning, __file__, 1, registry={}
    )
    pytest.skip(reason)


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
