"""The scenes before the sign-in, the pages of errors, and `/docs`, for `tools/screenshots.py`."""

import uuid

from shots_album import Album, Scene


def door(album: Album) -> None:
    """Signing in, with a wrong key too; a link, fresh and used; a page that is not there."""
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


def session_over(album: Album) -> None:
    """A session that ends while its page is open."""
    made = album.gate.http.post("/api/keys", json={"name": uuid.uuid4().hex}).json()["data"]
    album.sign_in_with(made["key"])
    album.page.goto("/console/keys")
    album.gate.http.post(f"/api/keys/{made['id']}/revoke")
    album.page.locator("#new").click()
    album.page.locator("#new-key-name").fill("too late")
    album.page.locator("#new-key button:not([type])").click()
    album.page.wait_for_url("**/console/sign-in**")
    album.shoot("session-over")


def docs(album: Album) -> None:
    """The viewer of the API's description, and one operation of it."""
    album.page.goto("/docs")
    album.page.locator(".opblock").first.wait_for()
    album.shoot("docs")
    album.page.locator(".opblock-summary-control").first.click()
    album.page.locator(".opblock-body").first.wait_for()
    album.page.locator(".opblock-body").first.scroll_into_view_if_needed()
    album.shoot("docs-operation")


SCENES_OF_DOOR = (
    Scene("door", "first", door, signed_in=False),
    Scene("session-over", "home", session_over, signed_in=False),
    Scene("docs", "first", docs),
)
