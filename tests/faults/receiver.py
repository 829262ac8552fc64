"""A webhook receiver that writes down what it took, before it says so.

It refuses a share of first attempts, so that some news need their second one. `POST /callback` is
a task's own callback, `POST /hooks` the account's webhook.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

REFUSED_SHARE = 0.03
CALLBACK, HOOKS = "/callback", "/hooks"


@dataclass
class Receiver:
    """Which tasks it was told of, by their public ids, at each of its two paths."""

    journal: Path
    draws: Random
    url: str = ""
    told: dict[str, set[str]] = field(default_factory=lambda: {CALLBACK: set(), HOOKS: set()})
    taken: int = 0
    _refused: set[str] = field(default_factory=set)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pair(self) -> str:
        return self.url.removeprefix("http://")

    def answer(self, path: str, message_id: str, body: bytes) -> int:
        """The status for one attempt; a 200 is in the journal first."""
        with self._turn:
            is_new = message_id not in self._refused
            if is_new and self.draws.random() < REFUSED_SHARE:
                self._refused.add(message_id)
                return 503
            said = json.loads(body)
            task = said["data"] if path == HOOKS else said
            record = {"path": path, "webhook_id": message_id, "id": task["id"]}
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record | {"status": task["status"]}) + "\n")
            self.told[path].add(task["id"])
            self.taken += 1
            return 200


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # Five, its default, are soon full while this process is held.

    def handle_error(self, *_: object) -> None:
        """Who called has died: that is what a run is for."""


@contextmanager
def receiving(journal: Path, draws: Random) -> Iterator[Receiver]:
    """A receiver on a port of the loopback, in threads of this process."""
    receiver = Receiver(journal, draws)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answer(self.path, self.headers.get("webhook-id", ""), body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="receiver")
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
