"""Make pictures of every page and state of the console: `python tools/screenshots.py DIR`.

It starts a gateway of its own with the embedded renderer, signs in and walks the console in English
and dark, in Chinese and light, and on a phone. A page adds its states as a function of SCENES.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import shots_of_records
from browsing import DESK, PHONE, Visit, browser, browser_path
from processes import Framegate
from shots_of_tasks import SCENES_OF_TASKS

LOOKS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("dark", "en", DESK),
    ("light", "zh", DESK),
    ("light", "en", DESK),
    ("dark", "en", PHONE),
)
SETTLE_MS = 400
"""After the last change of a page, for its animations: a picture, not a test."""


class Album:
    """Takes the pictures of one visit into a folder."""

    def __init__(self, folder: Path, visit: Visit, gate: Framegate, look: str) -> None:
        self.folder, self.visit, self.gate, self.look = folder, visit, gate, look
        self.page = visit.page

    def shoot(self, name: str, *, whole: bool = False) -> None:
        """One picture: `NAME-LOOK.png`; `whole` is the page beyond the window too."""
        self.page.wait_for_timeout(SETTLE_MS)
        self.page.screenshot(path=self.folder / f"{name}-{self.look}.png", full_page=whole)

    def go(self, path: str) -> None:
        """Open a page and wait until it has everything."""
        self.page.goto(path, wait_until="networkidle")

    def link(self, account: str | None = None) -> str:
        """A fresh one-time link; the operator's, unless an account is named."""
        words = ["console", *(["--account", account] if account else [])]
        path = self.gate.command(*words)["url"].partition("/console/")[2]
        return f"{self.gate.url}/console/{path}"


def door(album: Album) -> None:
    """What is seen before the sign-in, and the pages of errors."""
    album.go("/console/sign-in")
    album.shoot("sign-in")
    album.page.locator("#key").fill("fg_wrong")
    album.page.keyboard.press("Enter")
    album.page.locator("#complaint").wait_for()
    album.shoot("sign-in-wrong")
    album.go(album.link())
    album.shoot("link")
    album.go("/console/nowhere")
    album.shoot("not-found")
    album.go("/console/link/used")
    album.shoot("link-used")
    album.visit.sign_in(album.link())


def playground(album: Album) -> None:
    """The guide, a picture chosen, the picture as it develops, the video, and a failure."""
    page = album.page
    album.go("/console/playground")
    album.shoot("playground-first")
    if page.locator("#guide-do").is_visible():
        page.locator("#guide-do").click()
    else:
        page.locator("[data-sample=dusk]").click()
        page.locator("[data-move]").first.click()
    page.locator("#go:enabled").wait_for()
    album.shoot("playground-ready")
    page.keyboard.press("Control+Enter")
    page.locator("#percent", has_text=re.compile(r"^[2-9]\d%")).wait_for()
    page.screenshot(path=album.folder / f"playground-developing-{album.look}.png")
    page.locator("#video:visible").wait_for()
    album.shoot("playground-done")
    album.shoot("playground-whole", whole=True)
    for tab in ("python", "response", "events"):
        page.locator(f"#tab-{tab}").click()
        album.shoot(f"playground-{tab}")
    page.locator("#replace").click()
    page.locator("#picture-url").fill("https://frames.example.com/frame.jpg")
    page.locator("#use-url").click()
    page.locator("#go:enabled").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#broken").wait_for()
    album.shoot("playground-failed")
    page.locator(".who").click()
    album.shoot("menu")


def poor(album: Album) -> None:
    """An account without credit, and its empty gallery."""
    name = f"poor-{album.look}"
    album.gate.command("accounts", "create", name, "--credit", "0.2")
    album.visit.sign_in(album.link(name))
    album.page.evaluate("sessionStorage.clear()")
    album.go("/console/playground")
    album.page.locator("#complaint").wait_for()
    album.shoot("no-credit")
    album.go("/console/gallery")
    album.shoot("gallery-empty")


SCENES: tuple[Callable[[Album], None], ...] = (
    door,
    playground,
    *SCENES_OF_TASKS,
    shots_of_records.records,
    poor,
)


def main(arguments: list[str]) -> int:
    """Walk every scene in every look; answers the exit status."""
    if len(arguments) != 1:
        print("usage: python tools/screenshots.py DIR", file=sys.stderr)
        return 2
    if browser_path() is None:
        print("there is no browser on the PATH: chromium or google-chrome", file=sys.stderr)
        return 1
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, Framegate(Path(data)) as gate, browser() as opened:
        for theme, language, size in LOOKS:
            look = f"{'phone' if size is PHONE else 'desk'}-{theme}-{language}"
            visit = Visit(opened, gate.url, language=language, theme=theme, size=size)
            album = Album(folder, visit, gate, look)
            for scene in SCENES:
                scene(album)
            visit.close()
            print(look)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
