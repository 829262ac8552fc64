"""A data folder opened beside the commands that are tested on it."""

from contextlib import contextmanager

import msgspec

from framegate.gateway import Gateway
from framegate.settings import Settings


@contextmanager
def opened(folder):
    gateway = Gateway.open(msgspec.convert({"data": {"dir": str(folder)}}, Settings))
    try:
        yield gateway
    finally:
        gateway.database.close_now()
