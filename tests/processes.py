"""framegate as people run it: processes, sockets and a data folder, for end-to-end tests.

The benchmarks use it too. Nothing here looks into the code: what a server says on its standard
output and over HTTP is all that is known of it.
"""

import contextlib
import json
import os
import random
import re
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import httpx2 as httpx

COMMAND = (sys.executable, "-m", "framegate")
CREATE = "/kling/image-to-video/kling-3.0-turbo"
PATIENCE_S = 60
"""How long anything may take before a test fails; nothing waits so long when all is well."""

LOOK_EVERY_S = 0.05
KEPT_PORTS = range(20_000, 32_000)
"""Below what a system gives to those that ask for any port: nobody takes one between two lives."""

ENDED = frozenset({"succeed", "failed"})


def free_port() -> int:
    """A port that was free a moment ago, and that a server can keep over all its lives."""
    while True:
        port = random.choice(KEPT_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Framegate:
    """One data folder and the server on it, which may be started and ended many times."""

    def __init__(
        self, folder: Path, *, config: str = "", under: Sequence[str] = (), **environment: str
    ) -> None:
        """A data folder in `folder`; `under` is a command that runs the server's."""
        self._under = under
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "stderr.log"
        self.database: Path | None = None  # Where it is not in the data folder.
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "framegate.toml").write_text(config, encoding="utf-8")
        kept = {name: text for name, text in os.environ.items() if "FRAMEGATE" not in name}
        self._environment = kept | environment
        self._process: subprocess.Popen[str] | None = None
        self.port = free_port()
        self.http = httpx.Client(trust_env=False, timeout=PATIENCE_S)

    def __enter__(self) -> Self:
        """Start serving."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """End the server, by force if need be."""
        self.kill()
        self.http.close()

    # --- the process --------------------------------------------------------------------------

    def start(self, *options: str) -> Self:
        """Start the server, on the port it had before, and wait for its address."""
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [
                    *self._under,
                    *COMMAND,
                    "serve",
                    "--port",
                    str(self.port),
                    "--data",
                    str(self.data),
                    *options,
                ],
                cwd=self.folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        address = re.search(r"http://127\.0\.0\.1:(\d+)", self._first_line())
        if address is None:
            self.kill()
            raise AssertionError(self.log.read_text(encoding="utf-8"))
        self.port = int(address[1])
        key = (self.data / "admin.key").read_text(encoding="ascii").strip()
        self.http.base_url = httpx.URL(address[0])
        self.http.headers["Authorization"] = f"Bearer {key}"
        return self

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Ask it to end with SIGTERM, and say its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would; an ended one stays ended."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(PATIENCE_S)
        finally:
            process.kill()
            assert process.stdout is not None
            process.stdout.close()

    def _first_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        return self._process.stdout.readline() if readable else ""

    # --- its commands -------------------------------------------------------------------------

    def command(self, *words: str) -> Any:
        """What a command on the data folder answers with `--json`."""
        done = subprocess.run(
            [*COMMAND, *words, "--data", str(self.data), "--json"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.stdout, done.stderr
        return json.loads(done.stdout) | {"exit": done.returncode}

    def audit(self) -> list[str]:
        """The promises that are broken; empty when `framegate audit` exits with 0."""
        said = self.command("audit")
        broken = [each["says"] for each in said["promises"] if each["broken"]]
        assert (said["exit"] == 0) == (not broken)
        return broken

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of its database, read beside it: what a promise left behind, or did not."""
        path = self.database or self.data / "framegate.db"
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()

    # --- its API ------------------------------------------------------------------------------

    def upload(self, picture: bytes) -> str:
        """Keep a picture; its URL is good as a first frame."""
        answer = self.http.post("/api/images", content=picture)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["url"])

    def create(self, body: bytes | dict[str, Any], **headers: str) -> httpx.Response:
        """Send one create; a dict is written as compact JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        json_type = {"Content-Type": "application/json"}
        return self.http.post(CREATE, content=content, headers=json_type | named)

    def created(self, body: bytes | dict[str, Any]) -> str:
        """The id of a task that was taken."""
        answer = self.create(body)
        assert answer.json()["code"] == 0, answer.text
        return str(answer.json()["data"]["id"])

    def task(self, task_id: str) -> dict[str, Any]:
        """The page's `data` of a query."""
        answer = self.http.get(f"{CREATE}/{task_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    def mended(self, upstream: str) -> None:
        """Have an upstream examined, as its operator does after mending it: the breaker closes."""
        self.until(
            lambda: self.http.post(f"/api/upstreams/{upstream}/test").json()["data"],
            lambda found: found["well"],
        )

    def ended(self, task_id: str) -> dict[str, Any]:
        """The task once it has ended."""
        return self.until(lambda: self.task(task_id), lambda task: task["status"] in ENDED)

    def until(self, ask: Any, is_so: Any) -> Any:
        """What `ask` answers, once `is_so` of it; fails when that takes too long."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_so(answer := ask()):
            assert time.monotonic() < deadline, f"still {answer}"
            time.sleep(LOOK_EVERY_S)
        return answer

    @property
    def account(self) -> dict[str, Any]:
        """The account behind the key."""
        return dict(self.http.get("/api/account").json()["data"])
