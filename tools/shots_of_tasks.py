"""The scenes of tasks, usage and the gallery for `tools/screenshots.py`: full, empty and broken.

The gateway is filled once, through its API, with tasks of every end; a second account has nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from framegate import samples
from shots_album import Album, Scene

if TYPE_CHECKING:
    from processes import Framegate

NEWCOMER = "newcomer"
WORDS = (
    "The camera pushes in slowly, petals drift by, the last light fades behind the ridge",
    "Camera orbits, mist lifts off the water",
    "Pan left, snow falls on the roofs",
    "静态镜头，薄雾从水面升起，灯光一盏盏亮起来",
    "Handheld, rain, a train passes far away",
    "Pull back until the whole valley is seen",
)
GONE = "https://pictures.invalid/gone.jpg"


def _order(url: str, prompt: str, **settings: object) -> dict[str, object]:
    contents = [{"type": "first_frame", "url": url}, {"type": "prompt", "text": prompt}]
    return {"contents": contents, "settings": {"duration": 3, "resolution": "720p", **settings}}


def fill(gate: Framegate) -> None:
    """Tasks of every end: some succeed, one fails, one is cancelled."""
    gate.command("accounts", "create", NEWCOMER, "--credit", "25")
    wanted = []
    for name, prompt in zip(samples.names(), WORDS, strict=False):
        url = gate.upload(samples.data(name))
        wanted.append(gate.created(_order(url, prompt)))
    told = _order(url, "One that is told", duration=4) | {
        "options": {"callback_url": "https://example.com/hook", "external_task_id": "order-4711"}
    }
    wanted.append(gate.created(told))
    failed = gate.created(_order(GONE, "A picture that is not there"))
    stopped = gate.created(_order(url, "Stopped before its end", duration=15, resolution="1080p"))
    gate.http.post(f"/api/tasks/{stopped}/cancel")
    for task in (*wanted, failed):
        gate.ended(task)


def _some(album: Album, state: str) -> str:
    """The page of the newest task of a state."""
    listed = album.gate.http.get(f"/api/tasks?state={state}&limit=1").json()["data"]
    return f"/console/tasks/{listed['result'][0]['task']}"


def _running(album: Album) -> str:
    """A task that is long enough to be looked at while it runs."""
    url = album.gate.upload(samples.data(samples.names()[0]))
    order = _order(url, "It develops while you look", duration=15, resolution="1080p")
    made: str = album.gate.created(order)
    # Its stage comes before its first frames.
    album.gate.until(
        lambda: album.gate.http.get(f"/api/tasks/{made}").json()["data"],
        lambda task: task["frames_done"] > 0,
    )
    return made


def tasks(album: Album) -> None:
    """The list and one task, in every state."""
    running = _running(album)
    for name, path in (("tasks", "/console/tasks"), ("task-running", f"/console/tasks/{running}")):
        # A stream is open: the network is never idle.
        album.page.goto(path)
        album.page.locator("#live:visible, #percent:not(:empty)").first.wait_for()
        album.shoot(name, whole=name.startswith("task-"))
    album.gate.http.post(f"/api/tasks/{running}/cancel")
    for name, path in (
        ("tasks-filtered", "/console/tasks?state=failed&text=not+there"),
        ("tasks-no-match", "/console/tasks?text=zeppelin"),
        ("tasks-wrong", "/console/tasks?from=yesterday"),
        ("task-failed", _some(album, "failed")),
        ("task-cancelled", _some(album, "cancelled")),
    ):
        album.page.goto(path)
        album.shoot(name, whole=name.startswith("task-"))
    album.page.goto("/console/tasks")
    album.page.locator(".more-filters summary").click()
    album.shoot("tasks-filters")
    album.page.goto("/console/tasks?text=told")
    album.page.locator(".task-link").click()
    album.page.locator("#video").wait_for()
    album.shoot("task", whole=True)


def usage(album: Album) -> None:
    """Usage of a time with something, and of one with nothing."""
    album.go("/console/usage?from=2026-01-01&to=2026-01-31")
    album.shoot("usage-quiet", whole=True)
    album.go("/console/usage")
    album.shoot("usage", whole=True)


def gallery(album: Album) -> None:
    """The wall, one video whole, a file's settings, and a search without a find."""
    album.page.goto("/console/gallery")
    album.page.locator(".card").first.hover()
    album.page.locator(".card-video.is-on").wait_for()
    album.shoot("gallery")
    album.page.locator(".card-open").first.click()
    album.page.locator("#full-video").wait_for()
    album.shoot("gallery-full")
    album.page.keyboard.press("Escape")
    video = album.page.locator(".card").first.get_attribute("data-video")
    kept = album.gate.folder / "made.mp4"
    kept.write_bytes(album.gate.http.get(str(video)).content)
    album.page.locator("#read-file").set_input_files(kept)
    album.page.locator("#read-good").wait_for()
    album.shoot("gallery-read")
    other = Path(album.gate.folder) / "other.mp4"
    other.write_bytes(b"no video")
    album.page.keyboard.press("Escape")
    album.page.locator("#read-file").set_input_files(other)
    album.page.locator("#read-bad").wait_for()
    album.shoot("gallery-read-none")
    album.page.goto("/console/gallery?text=zeppelin")
    album.shoot("gallery-no-match")


def newcomer(album: Album) -> None:
    """The same pages for an account that has made nothing."""
    album.sign_in(NEWCOMER)
    for name in ("tasks", "usage", "gallery"):
        album.page.goto(f"/console/{name}")
        album.shoot(f"{name}-first")


SCENES_OF_TASKS = (
    Scene("tasks", "home", tasks),
    Scene("usage", "home", usage),
    Scene("gallery", "home", gallery),
    Scene("newcomer", "home", newcomer, signed_in=False),
)
