"""What traces cost a create: without them, with them, and with a collector that is not there.

    python bench/traces.py [--rounds 7] [--seconds 1.0]

Three gateways with the embedded renderer, each a real process on a folder of its own and worked on
by nobody, are asked in turns with the same bodies, so that a busy machine slows all alike: read the
ratios. The collector is a process of its own that swallows what it gets. Then what one call of the
door costs while traces are off, beside an empty function, which is what every gateway pays.
"""

import argparse
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from create import Pair, check, percentile_ms
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
OFF = "with span('submit') as opened: opened.note(task_id='task_1')"
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


def call_ns(statement: str) -> float:
    """The best of several, of one statement."""
    setup = "from framegate.tracing import span\ndef nothing(): pass"
    return min(timeit.repeat(statement, setup, number=CALLS, repeat=7)) / CALLS * 1e9


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
    off_ns, nothing_ns = call_ns(OFF), call_ns(NOTHING)
    print(f"a span while off: {off_ns:.0f} ns; two calls of an empty function: {nothing_ns:.0f} ns")


def compare(pairs: list[Pair], asked: argparse.Namespace) -> None:
    for pair in pairs:
        pair.ask(CONNECTIONS, asked.seconds)
    rounds = [[pair.ask(CONNECTIONS, asked.seconds) for pair in pairs] for _ in range(asked.rounds)]
    print(f"{'':24}{'p50 ms':>9}{'p99 ms':>9}{'p50 x':>8}{'p99 x':>8}")
    first: list[float] = []
    for pair, gave in zip(pairs, zip(*rounds, strict=True), strict=True):
        took = [percentile_ms(gave, share) for share in (0.5, 0.99)]
        first = first or took
        ratios = [ms / base for ms, base in zip(took, first, strict=True)]
        cells = "".join(f"{ms:9.2f}" for ms in took) + "".join(f"{each:8.2f}" for each in ratios)
        print(f"{pair.name:24}{cells}", flush=True)


if __name__ == "__main__":
    main()
