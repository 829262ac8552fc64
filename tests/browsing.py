"""A real Chromium for the tests of the console and for its screenshots.

It is the machine's own browser, found on the PATH. Without one the tests are skipped, or fail where
FRAMEGATE_REQUIRE_BROWSER=1 says that there must be one.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
COME_TO_REST = """() => {
    for (const each of document.getAnimations()) {
        if (each.effect.getComputedTiming().endTime !== Infinity) each.finish();
    }
}"""
AXE = Path(__file__).parents[1] / ".venv/assets/node_modules/axe-core/axe.min.js"
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
DESK = {"width": 1440, "height": 960}
PHONE = {"width": 390, "height": 844}
TAGS = {"en": "en-US", "zh": "zh-CN"}


def browser_path() -> str | None:
    """The machine's own browser; None when it has none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def is_required() -> bool:
    """Whether a missing browser is a failure and no reason to skip."""
    return os.environ.get("FRAMEGATE_REQUIRE_BROWSER") == "1"


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser, for as long as somebody looks through it."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser_path(), args=list(QUIET))
        try:
            yield opened
        finally:
            opened.close()


class Visit:
    """One person's browser on one gateway: signed in by a link, with everything noted."""

    def __init__(
        self,
        opened: Browser,
        url: str,
        *,
        language: str = "en",
        theme: str = "dark",
        size: dict[str, int] | None = None,
    ) -> None:
        self.url = url
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self.context: BrowserContext = opened.new_context(
            viewport=size or DESK,
            locale=TAGS[language],
            color_scheme=theme,  # type: ignore[arg-type]
            base_url=url,
            device_scale_factor=1,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, link: str) -> "Visit":
        """Follow a one-time link and press its button."""
        self.page.goto(link)
        self.page.get_by_role("button").first.click()
        self.page.wait_for_url("**/console/playground")
        return self

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is now, with nothing half faded in."""
        self.page.evaluate(COME_TO_REST)
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document)")
        return [
            f"{each['id']}: {each['help']} at {node['target']}: {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def close(self) -> None:
        """Forget this browser's cookies and pages."""
        self.context.close()

    def _note_request(self, request: object) -> None:
        address = str(getattr(request, "url", ""))
        if not address.startswith((self.url, "blob:", "data:")):
            self.foreign.append(address)

    def _note_message(self, message: object) -> None:
        if getattr(message, "type", "") in {"error", "warning"}:
            self.complaints.append(str(getattr(message, "text", message)))
