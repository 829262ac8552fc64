"""How long names take to load, in fresh interpreters: beside nothing at all, and beside httpx2.

    python bench/imports.py [--runs 15]

Prints the median of whole processes, and what is left of it without the interpreter's own start.
"""

import argparse
import statistics
import subprocess
import sys
import time

NOTHING = "pass"
LOADED = (
    NOTHING,
    "import httpx2",
    "import framegate",
    "from framegate import verify_webhook",
    "from framegate import Framegate",
    "import framegate.cli.main",
    "import framegate.cli.generate",
    "import framegate.cli.accounts",
)


def took_ms(code: str) -> float:
    """One fresh interpreter, from start to end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - began) * 1_000


def main() -> None:
    """Take turns, so that what else the machine does falls on all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    for code in LOADED:
        took_ms(code)  # Bytecode is written, files are in the cache.
    taken = {code: [] for code in LOADED}
    for _ in range(runs):
        for code in LOADED:
            taken[code].append(took_ms(code))
    nothing = statistics.median(taken[NOTHING])
    print(f"{'':40} {'process':>9} {'its own':>9}")
    for code, times in taken.items():
        median = statistics.median(times)
        print(f"{code:40} {median:6.0f} ms {median - nothing:6.0f} ms")


if __name__ == "__main__":
    main()
