"""Somebody's webhook receiver on the test's own loop: hears, and answers as it was told."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from fakes.site import Heard


@dataclass
class Receiver:
    """Put statuses in `statuses` (200 when none is left); set `hangs` and it never answers."""

    statuses: deque[int] = field(default_factory=deque)
    heard: list[Heard] = field(default_factory=list)
    hangs: bool = False
    before_answering = None

    async def __aenter__(self):
        """Listen on a port of the loopback."""
        self.was_heard = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        """Drop everybody."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def pair(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.pair}/hooks"

    async def _connected(self, reader, writer):
        self._open.add(asyncio.current_task())
        try:
            while await self._answered(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answered(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in head[1:-2])
        headers = {name.lower(): value for name, _, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append(Heard(headers, body))
        self.was_heard.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.before_answering is not None:
            await self.before_answering()
        status = self.statuses.popleft() if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 6\r\n\r\nthanks".encode())
        await writer.drain()
        return True
