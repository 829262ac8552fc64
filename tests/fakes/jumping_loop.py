"""An event loop whose time stands still while anything runs and jumps when nothing does."""

import asyncio
import functools
import selectors


class _Jumping(selectors.DefaultSelector):
    """Sees what is ready now; instead of waiting for more it moves the clock."""

    def __init__(self):
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout=None):
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self.now_s += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self):
        return self._jumping.now_s


def in_jumping_time(test):
    """Run an async test on such a loop: what waits for an hour takes a moment, to the millisecond.

    Only for tests without sockets and threads, whose work takes time of its own.
    """

    @functools.wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run
