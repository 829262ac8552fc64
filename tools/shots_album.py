"""What every scene of `tools/screenshots.py` takes its pictures with: an album.

A scene is a function of an album. It says on which gateway it plays (tools/shots_stage.py) and
whether somebody is signed in; each has a browser of its own: one that fails spoils no other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from browsing import DESK, PHONE, Visit
from processes import Framegate

LOOKS: dict[str, tuple[str, str, dict[str, int]]] = {
    "desk-dark-en": ("dark", "en", DESK),
    "desk-light-en": ("light", "en", DESK),
    "desk-dark-zh": ("dark", "zh", DESK),
    "desk-light-zh": ("light", "zh", DESK),
    "phone-dark-en": ("dark", "en", PHONE),
    "phone-light-zh": ("light", "zh", PHONE),
}
SETTLE_MS = 400
"""After the last change of a page, for its animations: a picture, not a test."""


class Album:
    """Takes the pictures of one visit into a folder."""

    def __init__(self, folder: Path, visit: Visit, gate: Framegate, look: str) -> None:
        self.folder, self.visit, self.gate, self.look = folder, visit, gate, look
        self.page = visit.page

    def shoot(self, name: str, *, whole: bool = False, settle_ms: int = SETTLE_MS) -> None:
        """One picture: `NAME-LOOK.png`; `whole` is the page beyond the window too."""
        self.page.wait_for_timeout(settle_ms)
        self.page.screenshot(path=self.folder / f"{name}-{self.look}.png", full_page=whole)

    def go(self, path: str) -> None:
        """Open a page and wait until it has everything; not for one that follows a stream."""
        self.page.goto(path, wait_until="networkidle")

    def link(self, account: str | None = None) -> str:
        """A fresh one-time link; the operator's, unless an account is named."""
        words = ["console", *(["--account", account] if account else [])]
        path = self.gate.command(*words)["url"].partition("/console/")[2]
        return f"{self.gate.url}/console/{path}"

    def sign_in(self, account: str) -> None:
        """Come in as an account's owner, by a link."""
        self.visit.sign_in(self.link(account))

    def sign_in_with(self, key: str) -> None:
        """Come in by a pasted key, with its rights and no others."""
        self.visit.context.clear_cookies()
        self.page.goto("/console/sign-in")
        self.page.locator("#key").fill(key)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/console/playground")


@dataclass(frozen=True)
class Scene:
    """One walk: its name, the gateway it plays on, and whether the operator is signed in."""

    name: str
    gate: str
    walk: Callable[[Album], None]
    signed_in: bool = True
