"""The pretend vendor as a process of its own, as slow as the vendor is, and a customer beside it.

`python -m load.seller FOLDER`, in bench/; its first line is its address, its log lies in the
folder. Unlike `load.vendor` its tasks end, it can be asked for many at once, and it brings news.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fakes.vendor import API_KEY, vendor_in
from framegate.pretend.app import app
from framegate.web import server

__all__ = ["API_KEY", "HOOK", "selling_in"]

HOOK = "/customer"
ENDING_WAIT_S_MAX = 20


class WithCustomer:
    """The vendor, and on one path of its own a customer who takes every callback."""

    def __init__(self, vendor: ASGIApp) -> None:
        self._vendor = vendor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == HOOK:
            await Response()(scope, receive, send)
        else:
            await self._vendor(scope, receive, send)


def main(folder: Path) -> None:
    """Be the vendor until SIGTERM."""
    listener = server.listen("127.0.0.1", 0)
    vendor = vendor_in(folder, url=listener.url, pace=1.0)

    def announce() -> None:
        print(listener.url, flush=True)

    server.run(server.serve(WithCustomer(app(vendor)), listener, on_started=announce))
    vendor.close()


@contextmanager
def selling_in(folder: Path) -> Iterator[str]:
    """The address of a vendor whose log is `vendor.jsonl` in the folder."""
    command = [sys.executable, "-m", "load.seller", str(folder)]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(ENDING_WAIT_S_MAX)
        process.stdout.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
