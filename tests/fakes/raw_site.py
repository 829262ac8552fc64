"""A web server that answers byte for byte as it was told, and breaks off where it is to."""

import asyncio
import socket
from dataclasses import dataclass, field

TLS_HANDSHAKE = b"\x16"


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def reply(body=b"", *, status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location, *, status="302 Found"):
    return reply(b"moved", status=status, Location=location)


async def reset(writer):
    """Cut the connection without a goodbye, as a crashed server does."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    return False


async def hang_up(_writer):
    return False


async def stay_silent(_writer):
    await asyncio.Event().wait()


def half(body=b"half"):
    async def send(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body)
        await writer.drain()
        return False

    return send


def half_then_silence(body=b"half"):
    async def send(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body)
        await writer.drain()
        await asyncio.Event().wait()

    return send


async def send_without_end(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
        await writer.drain()


@dataclass
class RawSite:
    """A real server on the loopback that does what its answers say, one for each path.

    An answer is the bytes to send, or a coroutine function that is given the writer and breaks
    something; the connection is closed when it returns False.
    """

    answers: dict = field(default_factory=dict)
    seen: list = field(default_factory=list)
    connections: int = 0
    port: int = 0

    # What an answer may be, at hand for the tests.
    reply = staticmethod(reply)
    redirect = staticmethod(redirect)
    reset = staticmethod(reset)
    hang_up = staticmethod(hang_up)
    stay_silent = staticmethod(stay_silent)
    half = staticmethod(half)
    half_then_silence = staticmethod(half_then_silence)
    send_without_end = staticmethod(send_without_end)

    def __post_init__(self):
        self._tasks = set()
        self.got_request = asyncio.Event()

    @property
    def pair(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path="/"):
        return f"http://{self.pair}{path}"

    async def start(self, ssl_context=None):
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=ssl_context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            while await self._answered(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _answered(self, reader, writer):
        first = await reader.readexactly(1)
        if first == TLS_HANDSHAKE:
            writer.write(reply(b"speak plain HTTP here", status="400 Bad Request"))
            return False
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.seen.append(Seen(method, target, headers, body))
        self.got_request.set()
        answer = self.answers.get(
            target.partition("?")[0], reply(b"missing", status="404 Not Found")
        )
        if isinstance(answer, list):
            answer = answer.pop(0)
        if not isinstance(answer, bytes):
            return await answer(writer)
        writer.write(answer)
        await writer.drain()
        return True
