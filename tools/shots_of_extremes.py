"""The scenes of a full gateway for `tools/screenshots.py`: many rows, long and foreign names."""

from shots_album import Album, Scene

STATES = ("submitted", "processing", "uncertain", "refused", "expired", "failed")


def lists(album: Album) -> None:
    """Every list that is longer than a page."""
    for name in ("tasks", "keys", "accounts", "webhooks", "gallery"):
        album.page.goto(f"/console/{name}")
        album.page.locator("#main").wait_for()
        album.shoot(f"full-{name}")
    album.page.goto("/console/tasks?state=succeeded")
    album.page.locator("[rel=next]").click()
    album.page.locator("#results[data-cursor=yes]").wait_for()
    album.page.locator("[rel=next]").scroll_into_view_if_needed()
    album.shoot("full-tasks-foot")
    album.go("/console/usage")
    album.shoot("full-usage", whole=True)


def tasks(album: Album) -> None:
    """One task of each state that a working gateway shows only for a moment."""
    for state in STATES:
        listed = album.gate.http.get(f"/api/tasks?state={state}&limit=1").json()["data"]
        task = listed["result"][0]["task"]
        album.page.goto(f"/console/tasks/{task}")
        album.page.locator(".life").wait_for()
        album.shoot(f"full-task-{state}", whole=True)


def names(album: Album) -> None:
    """The account with the longest name: its page, its keys, its dialogs, as its member."""
    page = album.page
    listed = album.gate.http.get("/api/accounts").json()["data"]["result"]
    longest = max(listed, key=lambda each: len(each["name"]))
    album.go(f"/console/accounts/{longest['id']}")
    album.shoot("long-account", whole=True)
    page.locator("[data-opens=topup]").first.click()
    album.shoot("long-account-topup")
    album.go(f"/console/keys?account={longest['id']}")
    album.shoot("long-keys")
    album.sign_in(longest["id"])
    page.locator(".who").click()
    album.shoot("long-menu")


SCENES_OF_EXTREMES = (
    Scene("full", "full", lists),
    Scene("full-task", "full", tasks),
    Scene("long-names", "full", names),
)
