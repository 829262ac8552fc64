"""The scenes of keys, accounts, webhooks, upstreams and the audit for `tools/screenshots.py`.

They want more than a plain gateway: a receiver that answers and fails, a vendor that can be asked,
a database that breaks a promise. tools/shots_stage.py opens them.
"""

import io
import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PIL import Image

from fakes.vendor import API_KEY, selling
from processes import Framegate
from shots_album import Album, Scene

VENDOR_CONFIG = """
[upstreams.kling]
kind = "kling"
base_url = "{url}"
api_key = "{key}"
access_key = "pretend-access-key"
secret_key = "pretend-secret-key-of-nobody-at-all"
concurrency = 8
weight = 3

[upstreams.local]
kind = "local"

[upstreams.standby]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "{key}"
weight = 0

[outbound]
allow = [{allow}]
"""
PAYER = "acme"


STATUSES = {"/hooks": 200, "/broken": 500, "/gone": 410}


class Answers(BaseHTTPRequestHandler):
    """Somebody's webhook server: hears at /hooks, fails at /broken, is gone at /gone."""

    def do_POST(self) -> None:
        """Read it all, and answer by the path."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = STATUSES.get(self.path, 404)
        said = b'{"ok": true}' if status == 200 else b"<h1>upstream connect error</h1>\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Nothing: a picture has no log."""


@contextmanager
def receiver() -> Iterator[str]:
    """A receiver on a real socket; gives its `host:port`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def posted(gate: Framegate, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a POST of the operator's answers."""
    content = b"" if body is None else json.dumps(body).encode()
    answer = gate.http.post(path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def picture() -> bytes:
    """A small first frame."""
    kept = io.BytesIO()
    Image.new("RGB", (640, 400), (196, 122, 52)).save(kept, "JPEG")
    return kept.getvalue()


def make(gate: Framegate, count: int = 1, **more: Any) -> list[str]:
    """Tasks that have ended, by the operator's key."""
    url = gate.upload(picture())
    body = {
        "contents": [{"type": "first_frame", "url": url}, {"type": "prompt", "text": "push in"}],
        "settings": {"duration": 3, "resolution": "720p"},
        **more,
    }
    made = [gate.created(body) for _ in range(count)]
    for task_id in made:
        gate.ended(task_id)
    return made


def damage(gate: Framegate, *statements: str) -> None:
    """Change the database past its own guards, as no program of ours does."""
    database = sqlite3.connect(gate.data / "framegate.db", isolation_level=None, timeout=30)
    try:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA ignore_check_constraints = ON")
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
    finally:
        database.close()


@contextmanager
def world() -> Iterator[Framegate]:
    """A gateway in which one of everything has happened: accounts, keys, webhooks, tasks."""
    with (
        tempfile.TemporaryDirectory() as folder,
        receiver() as listening,
        selling(Path(folder)) as vendor,
    ):
        allow = ", ".join(
            f'"{each}"' for each in (vendor.url.split("//")[1], "127.0.0.1:1", listening)
        )
        config = VENDOR_CONFIG.format(url=vendor.url, key=API_KEY, allow=allow)
        with Framegate(Path(folder) / "gate", config=config) as gate:
            live(gate, listening)
            yield gate


def live(gate: Framegate, listening: str) -> None:
    """What happens before the first picture."""
    for name, credit in ((PAYER, "250"), ("northlight-studio", "40"), ("interns", "5")):
        posted(gate, "/api/accounts", {"name": name, "credit": credit, "in_flight": 20})
    posted(gate, "/api/accounts/interns/limits", {"rate": 30, "in_flight": 2})
    for path in ("hooks", "broken", "gone"):
        posted(gate, "/api/webhooks", {"url": f"http://{listening}/{path}"})
    posted(gate, "/api/keys", {"name": "Storyboard app", "budget": "50", "rate": 120})
    posted(gate, "/api/keys", {"name": "Usage dashboard", "scope": "read"})
    old = posted(gate, "/api/keys", {"name": "Laptop of last year", "in_flight": 1})
    batch = posted(gate, "/api/keys", {"name": "nightly batch", "budget": "2.4", "in_flight": 12})
    posted(gate, f"/api/keys/{old['id']}/revoke")
    own = gate.http.headers["Authorization"]
    gate.http.headers["Authorization"] = f"Bearer {batch['key']}"
    make(gate, 6)
    gate.http.headers["Authorization"] = own
    make(gate, 2)


def keys(album: Album) -> None:
    """The list, the dialogs, the key shown once, a key that may not manage keys."""
    page = album.page
    album.go("/console/keys")
    album.shoot("keys")
    page.locator("#new").click()
    album.shoot("keys-new")
    page.locator("#new-key-rate").fill("many")
    page.locator("#new-key-budget").fill("-3")
    page.locator("#new-key button:not([type])").click()
    page.locator('[data-complaint="rate"]:visible').wait_for()
    album.shoot("keys-new-refused")
    page.locator("#new-key-rate").fill("60")
    page.locator("#new-key-budget").fill("25")
    page.locator("#new-key-name").fill(f"made {album.look}")
    page.locator("#new-key button:not([type])").click()
    page.locator("#made[open]").wait_for()
    album.shoot("keys-made")
    page.locator("#made [data-closes]").click()
    page.locator("[data-opens=limits]").first.click()
    album.shoot("keys-limits")
    page.keyboard.press("Escape")
    page.locator("[data-opens=revoke]").last.click()
    album.shoot("keys-revoke")
    page.keyboard.press("Escape")


def narrow_key(album: Album) -> None:
    """A key that may only read: its own limits, and why it sees no others."""
    narrow = posted(
        album.gate, "/api/keys", {"name": "Usage dashboard", "scope": "read", "account": PAYER}
    )
    album.sign_in_with(narrow["key"])
    album.go("/console/keys")
    album.shoot("keys-read")
    album.go("/console/webhooks")
    album.shoot("webhooks-empty-read")
    album.go("/console/accounts")
    album.shoot("accounts-refused")


def accounts(album: Album) -> None:
    """The list, making one, a top-up, one with its ledger."""
    page = album.page
    album.go("/console/accounts")
    album.shoot("accounts")
    page.locator("#new").click()
    page.locator("#new-account-name").fill(PAYER)
    page.locator("#new-account-credit").fill("100")
    page.locator("#new-account button:not([type])").click()
    page.locator('[data-complaint="name"]:visible').wait_for()
    album.shoot("accounts-new-refused")
    page.locator("#new-account-name").fill(f"studio {album.look}")
    page.locator("#new-account button:not([type])").click()
    page.locator("#made[open]").wait_for()
    album.shoot("accounts-made")
    page.locator("#made [data-closes]").click()
    page.locator("[data-opens=topup]").first.click()
    album.shoot("accounts-topup")
    page.keyboard.press("Escape")
    page.locator(".row-to", has_text="default").first.click()
    album.shoot("account", whole=True)
    album.go("/console/accounts")
    page.locator(".row-to", has_text="interns").first.click()
    album.shoot("account-new")


def webhooks(album: Album) -> None:
    """The list, making one, one that fails, a test, the dialogs, a delivery."""
    page = album.page
    album.go("/console/webhooks")
    album.shoot("webhooks", whole=True)
    page.locator("#new").click()
    page.locator("#new-hook-url").fill("http://10.0.0.7/hooks")
    page.locator("#new-hook button:not([type])").click()
    page.locator('[data-complaint="url"]:visible').wait_for()
    album.shoot("webhooks-new-refused")
    page.keyboard.press("Escape")
    page.locator(".hook .row-to", has_text="/broken").click()
    page.locator("#test").click()
    page.locator("#test-says:visible").wait_for()
    album.shoot("webhook-failing", whole=True)
    page.locator("#rotate-it").click()
    album.shoot("webhook-rotate")
    page.keyboard.press("Escape")
    page.locator("#able").click()
    album.shoot("webhook-disable")
    page.keyboard.press("Escape")
    page.locator(".rows .row-to").first.click()
    album.shoot("delivery")
    album.go("/console/webhooks?status=failed")
    album.shoot("deliveries-failed")


def upstreams(album: Album) -> None:
    """A pool with one that cannot be reached, a test, a pause, the vendor's own account."""
    page = album.page
    album.go("/console/upstreams")
    page.locator("#test-standby").click()
    page.locator("#says-standby", has_text=":").wait_for()
    page.locator("#pause-local").click()
    page.locator(".toast").first.wait_for()
    album.shoot("upstreams", whole=True)
    page.locator("#pause-local").click()
    album.go("/console/upstreams/kling")
    album.shoot("upstream-kling", whole=True)
    album.go("/console/upstreams/standby")
    album.shoot("upstream-unreachable")


def audit(album: Album) -> None:
    """Every promise holds."""
    page = album.page
    album.go("/console/audit")
    page.locator("#run").click()
    page.locator(".verdict-holds").wait_for()
    page.locator(".toast").wait_for(state="detached")
    album.shoot("audit", whole=True)


def first_run(album: Album) -> None:
    """A gateway on its first day: nothing but what it made itself."""
    for name in ("keys", "accounts", "webhooks", "upstreams", "audit", "usage"):
        album.go(f"/console/{name}")
        album.shoot(f"first-{name}", whole=True)


def break_promises(gate: Framegate) -> None:
    """Two tasks, and then a balance and a sum that nothing accounts for."""
    make(gate, 2)
    damage(gate, "UPDATE accounts SET posted_micros = posted_micros + 1", "DELETE FROM usage")


def broken(album: Album) -> None:
    """The audit of a database that breaks promises."""
    page = album.page
    album.go("/console/audit")
    page.locator("#run").click()
    page.locator(".verdict-broken").wait_for()
    page.locator(".toast").wait_for(state="detached")
    album.shoot("audit-broken", whole=True)


SCENES_OF_RECORDS = (
    Scene("first-records", "first", first_run),
    Scene("keys", "pool", keys),
    Scene("accounts", "pool", accounts),
    Scene("webhooks", "pool", webhooks),
    Scene("upstreams", "pool", upstreams),
    Scene("audit", "pool", audit),
    Scene("narrow-key", "pool", narrow_key),
    Scene("broken", "broken", broken),
)
