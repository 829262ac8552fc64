"""A vendor without a socket, on a clock that a test moves, and a caller with the right key."""

import pytest

from fakes.vendor import Caller, Clock, vendor_in


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(tmp_path, clock):
    """Make vendors that are closed at the end."""
    vendors = []

    def open_vendor(**config):
        vendor = vendor_in(tmp_path, **{"clock_ms": clock, **config})
        vendors.append(vendor)
        return Caller(vendor)

    yield open_vendor
    for vendor in vendors:
        vendor.close()


@pytest.fixture
def caller(opened):
    """In front of a vendor as slow as the real one, with its five slots."""
    return opened(pace=1, slots=5)
