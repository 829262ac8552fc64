"""One data folder and the processes on it, which a run starts, stops, freezes and kills."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx

from fakes.vendor import API_KEY
from processes import COMMAND, PATIENCE_S

LOOK_EVERY_S = 0.02
KILLED = -signal.SIGKILL

CONFIG = """
[server]
port = {port}
shutdown_wait_s = 2

[outbound]
allow = [{allowed}]

[upstreams.vendor]
kind = "kling"
base_url = "{vendor}"
api_key = "{api_key}"
callbacks = "gateway"
submit_wait_s = 1
poll_wait_s = 2
queries_per_s = 100
weight = {vendor_weight}

[upstreams.local]
kind = "local"
weight = {local_weight}

[webhooks]
attempt_wait_s = 3

[worker]
renders = 2

[tracking]
uncertain_release_s = {uncertain_release_s}
deadline_s = {deadline_s}

[audit]
every_s = 5
"""
UNCERTAIN_RELEASE_S = 22
DEADLINE_S = 60


@dataclass
class Process:
    """A `framegate serve` or `work` that may die at any time."""

    popen: subprocess.Popen[bytes]
    words: Sequence[str]
    began_s: float
    peak_kb: int = 0
    point: str = ""  # Where it is to die by itself.
    is_timed: bool = False  # Its first 200 was seen, or nobody looked in time.

    @property
    def is_server(self) -> bool:
        return self.words[0] == "serve"

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def age_s(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.began_s

    def measure(self) -> None:
        """Note the most memory that it ever had; nothing once it is gone."""
        try:
            status = Path(f"/proc/{self.popen.pid}/status").read_text(encoding="ascii")
        except OSError:
            return
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        self.peak_kb = max(self.peak_kb, int(found[1]) if found else 0)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit status."""
        self.measure()
        self.popen.send_signal(number)
        try:
            return self.popen.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise

    def died_within(self, seconds: float) -> bool:
        """Whether it ended by itself in the given time."""
        until = time.monotonic() + seconds
        while self.is_alive and time.monotonic() < until:
            self.measure()
            time.sleep(LOOK_EVERY_S)
        return not self.is_alive


@dataclass
class House:
    """The folder, and what runs on it now."""

    folder: Path
    port: int
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.log = self.folder / "stderr.log"
        self.running: list[Process] = []
        self.peak_kb = 0
        self.recoveries_s: list[float] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key_file(self) -> Path:
        return self.data / "admin.key"

    def configure(
        self, *, vendor: str, allowed: Sequence[str], vendor_weight: int, local_weight: int
    ) -> None:
        """Write framegate.toml."""
        text = CONFIG.format(
            port=self.port,
            vendor=vendor,
            allowed=", ".join(f'"{each}"' for each in allowed),
            api_key=API_KEY,
            vendor_weight=vendor_weight,
            local_weight=local_weight,
            uncertain_release_s=UNCERTAIN_RELEASE_S,
            deadline_s=DEADLINE_S,
        )
        (self.folder / "framegate.toml").write_text(text, encoding="utf-8")

    def environment(self, crash_at: str = "") -> dict[str, str]:
        """This process's own without our variables, and a crash point if one is wished."""
        kept = {name: text for name, text in os.environ.items() if "FRAMEGATE" not in name}
        armed = {"FRAMEGATE_CRASH_AT": crash_at, "FRAMEGATE_TEST_BUILD": "1"}
        return kept | armed if crash_at else kept

    def start(self, *words: str, crash_at: str = "") -> Process:
        """Start `serve` or `work`, and do not wait for it."""
        with self.log.open("ab") as log:
            popen = subprocess.Popen(
                [*COMMAND, *words, "--data", str(self.data)],
                cwd=self.folder,
                env=self.environment(crash_at),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        process = Process(popen, words, time.monotonic(), point=crash_at.partition(":")[0])
        self.running.append(process)
        return process

    def answered(self, server: Process, *, patience_s: float = PATIENCE_S) -> bool:
        """Wait for the server's first 200 and note how long it took; False when it died first."""
        until = time.monotonic() + patience_s
        while server.is_alive:
            assert time.monotonic() < until, self.log.read_text(encoding="utf-8")[-2_000:]
            try:
                answer = httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False)
            except (httpx.HTTPError, OSError):
                time.sleep(LOOK_EVERY_S)
                continue
            if answer.status_code == 200:
                if not server.is_timed:
                    self.recoveries_s.append(server.age_s)
                    server.is_timed = True
                return True
        return False

    def bury(self) -> int:
        """Forget those that have ended; how many of them a SIGKILL ended, their own or ours."""
        ended = [each for each in self.running if not each.is_alive]
        self.running = [each for each in self.running if each.is_alive]
        self.peak_kb = max([self.peak_kb, *(each.peak_kb for each in ended)])
        return sum(each.popen.returncode == KILLED for each in ended)

    def kill_all(self) -> int:
        """End everything at once; how many died of it."""
        for each in self.running:
            each.measure()
            each.popen.kill()
        for each in self.running:
            each.popen.wait()
        return self.bury()
