"""What the pages of tasks, usage and the gallery show in these tests: orders, ended or going on."""

from browsing import PATIENCE_MS
from console.conftest import picture

LOOK_EVERY_MS = 50


def ordered(gate, words, *, colour=(200, 120, 40), **settings):
    """A task of a small picture, as it is taken; three seconds unless it is said otherwise."""
    url = gate.upload(picture(colour=colour))
    return gate.created(body(url, words, **settings))


def body(url, words, *, options=None, **settings):
    contents = [{"type": "first_frame", "url": url}, {"type": "prompt", "text": words}]
    wanted = {"contents": contents, "settings": {"duration": 3, "resolution": "720p", **settings}}
    return wanted | ({"options": options} if options else {})


def finished(gate, words, **facts):
    """A task with its video; answers its own id here."""
    return whole(gate, gate.ended(ordered(gate, words, **facts))["id"])["task"]


def failed(gate, words):
    """A task whose picture is nowhere: no name ends in `.invalid`."""
    made = gate.created(body("https://pictures.invalid/gone.jpg", words))
    return whole(gate, gate.ended(made)["id"])["task"]


def whole(gate, any_id):
    return gate.http.get(f"/api/tasks/{any_id}").json()["data"]


def fits(page):
    """Whether nothing of a page lies beyond the window's right edge."""
    width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return page.evaluate(width)


def until(page, question, arg=None):
    """Ask a page until it says yes. The policy of pages forbids Playwright's own way to wait."""
    for _ in range(PATIENCE_MS // LOOK_EVERY_MS):
        if page.evaluate(question, arg):
            return
        page.wait_for_timeout(LOOK_EVERY_MS)
    raise AssertionError(f"never so: {question}")
