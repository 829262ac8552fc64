"""The scenes of the playground for `tools/screenshots.py`: from first visit to every refusal."""

import io
import re
import uuid

from PIL import Image

from shots_album import Album, Scene

FOREIGN = "אט אט הערפל עולה 🌫️ ثم تتحرك الكاميرا ببطء نحو النافذة 🎬"
LONG = " ".join(f"petal {number} drifts past the window" for number in range(90))


def _choose(album: Album) -> None:
    """A sample and a move: ready to be pressed."""
    album.page.locator("[data-sample=dusk]").click()
    album.page.locator("[data-move]").first.click()
    album.page.locator("#go:enabled").wait_for()


def first(album: Album) -> None:
    """The guide, and what it does for whoever lets it."""
    album.go("/console/playground")
    album.shoot("playground-first", whole=True)
    album.page.locator("#guide-do").click()
    album.page.locator("#go:enabled").wait_for()
    album.shoot("playground-guided")


def made(album: Album) -> None:
    """Chosen, developing, done, in code, and the menu."""
    page = album.page
    album.go("/console/playground")
    _choose(album)
    album.shoot("playground-ready", whole=True)
    page.locator("#duration").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Control+Enter")
    page.locator("#percent", has_text=re.compile(r"^[2-9]\d%")).wait_for()
    album.shoot("playground-developing", settle_ms=0)
    page.locator("#video:visible").wait_for()
    album.shoot("playground-done", whole=True)
    for tab in ("python", "response", "events"):
        page.locator(f"#tab-{tab}").click()
        album.shoot(f"playground-{tab}")
    page.locator(".more summary").click()
    page.locator(".who").click()
    album.shoot("menu")


def refused(album: Album) -> None:
    """A picture that breaks a rule, an address that is none, a field that is wrong, a failure."""
    page = album.page
    album.go("/console/playground")
    kept = io.BytesIO()
    Image.new("RGB", (1_000, 290), (120, 90, 60)).save(kept, "PNG")
    name = "a-very-long-name-of-a-picture-that-somebody-scanned-" * 4 + ".png"
    page.locator("#file").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": kept.getvalue()}
    )
    page.locator("#checks .bad").first.wait_for()
    page.locator("#prompt").fill(LONG)
    album.shoot("playground-picture-refused")
    page.reload()
    page.locator("#prompt").fill(FOREIGN)
    page.locator("#picture-url").fill("frame.jpg")
    page.locator("#use-url").click()
    page.locator("#picture-complaint:visible").wait_for()
    page.locator(".more summary").click()
    page.locator("#callback").fill("nowhere")
    page.locator("#complaint").wait_for()
    album.shoot("playground-address-wrong", whole=True)
    page.locator("#callback").fill("")
    page.locator("#picture-url").fill("https://frames.example.com/frame.jpg")
    page.locator("#use-url").click()
    page.locator("#go:enabled").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#broken").wait_for()
    album.shoot("playground-failed", whole=True)


def cancelled(album: Album) -> None:
    """Stopped before its end."""
    page = album.page
    album.go("/console/playground")
    _choose(album)
    page.locator("#duration").focus()
    page.keyboard.press("End")
    page.keyboard.press("Control+Enter")
    page.locator("#cancel").click()
    page.locator("#broken-title:visible").wait_for()
    album.shoot("playground-cancelled")


def poor(album: Album) -> None:
    """An account without credit, and its empty gallery."""
    name = f"poor-{uuid.uuid4().hex[:6]}"
    album.gate.command("accounts", "create", name, "--credit", "0.2")
    album.sign_in(name)
    album.go("/console/playground")
    album.page.locator("[data-sample=dusk]").click()
    album.page.locator("#complaint").wait_for()
    album.shoot("no-credit", whole=True)
    album.go("/console/gallery")
    album.shoot("gallery-empty")


def looker(album: Album) -> None:
    """A key that may only read."""
    made = album.gate.http.post("/api/keys", json={"name": "Wall screen", "scope": "read"})
    album.sign_in_with(made.json()["data"]["key"])
    album.go("/console/playground")
    album.page.locator("#go:disabled").wait_for()
    album.shoot("playground-read")


def down(album: Album) -> None:
    """No upstream can be reached, and then no gateway either."""
    page = album.page
    album.go("/console/playground")
    _choose(album)
    page.keyboard.press("Control+Enter")
    page.locator("#complaint:visible").wait_for()
    album.shoot("playground-upstream-down", whole=True)
    page.route("**/*", lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    album.shoot("playground-gateway-gone", whole=True, settle_ms=1_500)


SCENES_OF_PLAYGROUND = (
    Scene("playground-first", "first", first),
    Scene("playground", "home", made),
    Scene("playground-refused", "home", refused),
    Scene("playground-cancelled", "home", cancelled),
    Scene("poor", "home", poor),
    Scene("looker", "home", looker),
    Scene("down", "down", down),
)
