"""The gateway's process, as the tests run it, and what every benchmark needs of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from fakes.drawn import picture
from load.crowd import Side
from processes import CREATE, Framegate

__all__ = ["CREATE", "Framegate", "ended", "picture", "side_of"]


@contextmanager
def ended(gate: Framegate, *options: str) -> Iterator[None]:
    """The gateway runs inside, and its process has ended behind."""
    try:
        gate.start(*options)
        yield
    finally:
        gate.__exit__()


def side_of(gate: Framegate) -> Side:
    """The gateway's create, with its first key."""
    authorization = gate.http.headers["Authorization"]
    return Side(url=gate.url, path=CREATE, headers={"Authorization": authorization})
