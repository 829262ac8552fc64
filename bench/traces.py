"""What traces cost a create: without them, with them, and with a collector that is not there.

    python bench/traces.py [--rounds 7] [--seconds 1.0]

Three gateways with the embedded renderer, each a real process on a folder of its own and worked on
by nobody, are asked in turns with the same bodies, so that a busy machine slows all alike: read the
ratios, above all that of the processor's time which the gateway's process takes for a create. The
collector is a process of its own that swallows what it gets. Then the processor's time for a span:
while traces are off, which every gateway pays, beside calls of an empty function; and while they
are on.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from create import Pair, check, percentile_ms
from framegate.tracing import exported
from load.gate import Framegate, ended

CONNECTIONS = 8
CALLS = 200_000
COLLECTOR = """
import http.server
class Swallow(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Swallow)
print(server.server_port, flush=True)
server.serve_forever()
"""
SPAN = "with span('submit') as opened: opened.note(task_id='task_1')"
NOTHING = "nothing(); nothing()"


@contextmanager
def collector() -> Iterator[str]:
    """A collector that takes everything; its address."""
    with subprocess.Popen(
        [sys.executable, "-c", COLLECTOR], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def traced(url: str) -> dict[str, str]:
    return {"FRAMEGATE_OBSERVABILITY_TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": url}


def call_ns(statement: str, *, calls: int = CALLS) -> float:
    """The best of several, of one statement, in the time of this process alone."""
    setup = "from framegate.tracing import span\ndef nothing(): pass"
    took = timeit.repeat(statement, setup, time.thread_time, repeat=7, number=calls)
    return min(took) / calls * 1e9


def span_on_ns(url: str) -> float:
    """The same of a span that goes to a collector, without the thread that sends it."""
    os.environ |= traced(url)
    with exported(os.environ, is_wanted=True, version="0"):
        return call_ns(SPAN, calls=CALLS // 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round of a gateway")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, collector() as url:
        pairs = [
            Pair("no traces", Framegate(Path(folder) / "off")),
            Pair("traces", Framegate(Path(folder) / "on", **traced(url))),
            Pair(
                "traces, no collector",
                Framegate(Path(folder) / "dead", **traced("http://127.0.0.1:1")),
            ),
        ]
        with (
            ended(pairs[0].gate, "--no-work"),
            ended(pairs[1].gate, "--no-work"),
            ended(pairs[2].gate, "--no-work"),
        ):
            compare(pairs, asked)
            for pair in pairs:
                check(pair, None)
        on_ns = span_on_ns(url)
    print(f"two calls of an empty function: {call_ns(NOTHING):.0f} ns")
    print(f"a span while off: {call_ns(SPAN):.0f} ns; while on: {on_ns / 1_000:.1f} us")


def cpu_s(pid: int) -> float:
    """The processor's time that a process has used so far, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(pairs: list[Pair], asked: argparse.Namespace) -> None:
    for pair in pairs:
        pair.ask(CONNECTIONS, asked.seconds)
    began = [cpu_s(pair.gate.pid) for pair in pairs]
    rounds = [[pair.ask(CONNECTIONS, asked.seconds) for pair in pairs] for _ in range(asked.rounds)]
    heads = ("p50 ms", "p99 ms", "CPU ms", "p50 x", "p99 x", "CPU x")
    print(f"{'':24}{''.join(f'{head:>9}' for head in heads)}")
    first: list[float] = []
    for pair, gave, before_s in zip(pairs, zip(*rounds, strict=True), began, strict=True):
        creates = sum(len(each.answers) for each in gave)
        cpu_ms = (cpu_s(pair.gate.pid) - before_s) * 1_000 / creates
        took = [*(percentile_ms(gave, share) for share in (0.5, 0.99)), cpu_ms]
        first = first or took
        ratios = [ms / base for ms, base in zip(took, first, strict=True)]
        cells = "".join(f"{each:9.2f}" for each in (*took, *ratios))
        print(f"{pair.name:24}{cells}", flush=True)


if __name__ == "__main__":
    main()
