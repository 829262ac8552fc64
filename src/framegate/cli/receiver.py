"""A receiver of webhooks on this machine alone: it takes a message, and answers what it is told to.

`framegate webhooks listen` runs one. It knows no signature and no gateway: who made it judges a
message, on the thread of its connection, and is handed the judged ones in their order.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, Generic, Self, TypeVar

from framegate.cli.language import _
from framegate.cli.sentences import spoken
from framegate.errors import SettingsInvalid

T = TypeVar("T")

HOST = "127.0.0.1"
BODY_BYTES_MAX = 1 << 20
READ_WAIT_S_MAX = 15.0
ANSWER_WAIT_S_MAX = 5.0
WAITING_MAX = 1_000
"""Messages that were judged and nobody has taken yet; then senders wait for their answers."""

HTTP_LENGTH_REQUIRED, HTTP_TOO_LARGE = 411, 413


@dataclass(frozen=True, kw_only=True)
class Message:
    """One request: its body byte for byte, the names of its headers in lower case."""

    headers: dict[str, str]
    body: bytes


class Receiver(Generic[T]):
    """Takes messages from its making on; `with` ends it.

    judge    what to make of a message, and the HTTP status that it is answered with
    """

    def __init__(self, port: int, judge: Callable[[Message], tuple[T, int]]) -> None:
        """Listen on the loopback address; port 0 is any free one.

        raises   SettingsInvalid when the port cannot be had
        """
        self._judged: Queue[tuple[T, threading.Event]] = Queue(WAITING_MAX)
        self._judge = judge
        try:
            self._server = _Server((HOST, port), self._handler())
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else _("there is no such port")
            raise SettingsInvalid(
                _(
                    "port {port} cannot be listened on: {why}; choose another with --port",
                    port=port,
                    why=spoken(why or ""),
                )
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver")

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`, as `outbound.allow` names it."""
        return f"{HOST}:{self._server.server_address[1]}"

    def next(self) -> T:
        """What was made of the next message; waits for it, and until it was answered.

        Whoever ends after the last message would otherwise cut off its answer.
        """
        seen, answered = self._judged.get()
        answered.wait(ANSWER_WAIT_S_MAX)
        return seen

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        judged, judge = self._judged, self._judge

        class Handler(BaseHTTPRequestHandler):
            timeout = READ_WAIT_S_MAX
            server_version, sys_version = "framegate", ""

            def do_POST(self) -> None:
                length = self.headers.get("content-length", "")
                if not (length.isascii() and length.isdigit()):
                    self._answer(HTTP_LENGTH_REQUIRED)
                    return
                if len(length) > len(str(BODY_BYTES_MAX)) or int(length) > BODY_BYTES_MAX:
                    self._answer(HTTP_TOO_LARGE)
                    return
                body = self.rfile.read(int(length))
                if len(body) < int(length):
                    return  # It went away in the middle; there is nobody to answer.
                headers = {name.lower(): text for name, text in self.headers.items()}
                seen, status = judge(Message(headers=headers, body=body))
                # First, so that what was answered is surely told.
                answered = threading.Event()
                judged.put((seen, answered))
                try:
                    self._answer(status)
                finally:
                    answered.set()

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
                """Say nothing: the messages themselves are told."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is its sender's trouble, who tries again."""
