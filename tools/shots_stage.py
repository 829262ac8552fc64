"""The gateways that the scenes of `tools/screenshots.py` play on, each started when first asked.

home     the embedded renderer, with a task of every end
first    its first day: nothing but what it made itself
pool     a vendor, the renderer and an upstream that is gone; accounts, keys, webhooks
full     thousands of rows of a month, names as long and as foreign as they may be
down     an upstream that nobody reaches
broken   a database that breaks promises
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Self

import shots_of_records
import shots_of_tasks
from processes import Framegate
from shots_full import full

DOWN_CONFIG = """
[upstreams.kling]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "of-nobody"

[outbound]
allow = ["127.0.0.1:1"]
"""


@contextmanager
def plain(
    config: str = "", prepare: Callable[[Framegate], None] | None = None
) -> Iterator[Framegate]:
    """A gateway on a folder of its own, after `prepare` has had it."""
    with tempfile.TemporaryDirectory() as folder, Framegate(Path(folder), config=config) as gate:
        if prepare:
            prepare(gate)
        yield gate


class Stage:
    """Every gateway that is open, ended together."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._open: dict[str, Framegate] = {}
        self._makers: dict[str, Callable[[], AbstractContextManager[Framegate]]] = {
            "home": lambda: plain(prepare=shots_of_tasks.fill),
            "first": plain,
            "pool": shots_of_records.world,
            "full": full,
            "down": lambda: plain(DOWN_CONFIG),
            "broken": lambda: plain(prepare=shots_of_records.break_promises),
        }

    def __enter__(self) -> Self:
        """Nothing is open yet."""
        return self

    def __exit__(self, *why: object) -> None:
        """End what was opened."""
        self._stack.close()

    def gate(self, name: str) -> Framegate:
        """The gateway of this name."""
        if name not in self._open:
            self._open[name] = self._stack.enter_context(self._makers[name]())
        return self._open[name]
