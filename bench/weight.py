"""What a first visit to each page of the console weighs, and when it is first painted.

Run `python bench/weight.py`. A gateway with the embedded renderer serves on loopback; a real
Chromium without anything in its cache opens each page --times times. Bytes are those that travel
(gzip), in brackets those that they unfold to; fonts and pictures are not counted. `paint` is the
browser's first contentful paint since the navigation began, `bare` the same of the door, the
plainest page, in the same turns: what the browser itself takes on this machine.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser, Page

from browsing import DESK, Visit, browser, browser_path
from processes import Framegate

BARE = "/console/sign-in"
PAGES = (
    *(f"/console/{name}" for name in ("playground", "gallery", "tasks", "usage", "keys")),
    *(f"/console/{name}" for name in ("webhooks", "upstreams", "audit", "accounts")),
    "/docs",
)
SEEN = """
() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .map((each) => [each.name, each.encodedBodySize, each.decodedBodySize])
"""
PAINT = "() => (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime || 0"
KINDS = {".js": "js", ".css": "css"}


def kind_of(address: str) -> str:
    """js, css, other, or the page itself."""
    path = address.partition("?")[0]
    return KINDS.get(Path(path).suffix, "other" if "/static/" in path else "page")


def opened(page: Page, path: str) -> tuple[float, dict[str, list[int]]]:
    """First paint in ms, and by kind the bytes that came and what they unfolded to."""
    page.goto(path, wait_until="load")
    for _ in range(200):
        if painted := page.evaluate(PAINT):
            break
        page.wait_for_timeout(10)
    sums: dict[str, list[int]] = {}
    for address, came, whole in page.evaluate(SEEN):
        counted = sums.setdefault(kind_of(address), [0, 0])
        counted[0] += came
        counted[1] += whole
    return float(painted), sums


def visited(chromium: Browser, gate: Framegate, path: str, cookies: list[Any]) -> Any:
    """One page in a browser that has nothing but the session."""
    visit = Visit(chromium, gate.url, size=DESK)
    try:
        visit.context.add_cookies(cookies)
        return opened(visit.page, path)
    finally:
        visit.close()


def kilobytes(counted: list[int]) -> str:
    """`12 (40)`: thousands of bytes that travelled, and that they unfolded to."""
    came, whole = (each / 1_000 for each in counted)
    return f"{came:.0f} ({whole:.0f})"


def main() -> int:
    """A row a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    if browser_path() is None:
        print("nothing is measured: there is no browser on the PATH")
        return 0
    with (
        tempfile.TemporaryDirectory() as folder,
        Framegate(Path(folder)) as gate,
        browser() as chromium,
    ):
        first = Visit(chromium, gate.url)
        path = gate.command("console")["url"].partition("/console/")[2]
        first.sign_in(f"{gate.url}/console/{path}")
        cookies: list[Any] = first.context.cookies()
        first.close()
        print(
            f"{'page':22}{'js KB':>12}{'css KB':>12}{'page KB':>12}{'paint ms':>10}{'bare ms':>9}"
        )
        for page in PAGES:
            turns = [
                (visited(chromium, gate, page, cookies), visited(chromium, gate, BARE, []))
                for _ in range(times)
            ]
            sums = turns[0][0][1]
            paint, bare = (statistics.median(turn[side][0] for turn in turns) for side in (0, 1))
            weights = "".join(
                f"{kilobytes(sums.get(kind, [0, 0])):>12}" for kind in ("js", "css", "page")
            )
            print(f"{page:22}{weights}{paint:10.0f}{bare:9.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
