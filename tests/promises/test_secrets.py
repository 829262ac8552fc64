"""What a whole run writes down of its secrets: nothing, in its log, its figures or its database."""

import json
import re
from base64 import b64decode

import pytest

from fakes.drawn import picture
from fakes.serving import serving
from fakes.site import Site
from fakes.vendor import selling
from processes import CREATE, Framegate

DEAD = "127.0.0.1:1"
# Each of them is in settings, as an operator's would be.
ACCESS_KEY, SECRET_KEY = "access-key-of-the-operator", "secret-key-of-the-operator"
DEAD_API_KEY = "api-key-of-a-dead-upstream"
CONFIG = """
[upstreams.vendor]
kind = "kling"
base_url = "{url}"
api_key = "{api_key}"
access_key = "{access_key}"
secret_key = "{secret_key}"
callbacks = "gateway"
submit_wait_s = 10
poll_wait_s = 10

[upstreams.dead]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "{dead_api_key}"

[upstreams.local]
kind = "local"
weight = 0

[webhooks]
attempt_wait_s = 1
"""
FAULTS = {
    "create": ("reset-unbought", "half", "not-json", "internal", "bad-key", "in-arrears", "no-id"),
    "query": ("not-json", "internal", "half", "absent", "unknown-word", "nulls"),
    "video": ("not-found", "html", "half", "forbidden", "redirect-loop", "empty"),
    "callback": ("forged-signature", "forged-state", "early", "twice"),
}
TOKEN = re.compile(r"/callbacks/\w+/([\w-]{20,})")
SIGNATURE = re.compile(r"signature=([0-9a-f]{32,})")
ATTEMPTS = 20
EVENTS = {
    *("upstream.not_taken", "picture.not_fetched", "track.video_not_stored"),
    *("delivery.no_answer", "track.no_news"),
}


class Busy:
    """A gateway that has had a day of everything, and every secret that was about."""

    def __init__(self, folder, vendor, site, url):
        self.vendor, self.site, self.url = vendor, site, url
        allowed = (vendor.url, url, f"http://{DEAD}")
        self.gate = Framegate(
            folder,
            config=CONFIG.format(
                url=vendor.url,
                api_key=vendor.config.api_key,
                access_key=ACCESS_KEY,
                secret_key=SECRET_KEY,
                dead_api_key=DEAD_API_KEY,
            ),
            FRAMEGATE_OUTBOUND_ALLOW=",".join(each.removeprefix("http://") for each in allowed),
        )
        # What must not be in the database either: it keeps hashes of keys, and derives the rest.
        self.own = {vendor.config.api_key, ACCESS_KEY, SECRET_KEY, DEAD_API_KEY}
        self.secrets = set(self.own)

    def live(self):
        """Orders that go well and badly, receivers that are there and not, and wrong keys."""
        gate = self.gate
        made = gate.command("accounts", "create", "acme", "--credit", "100")
        shown = gate.command("accounts", "show", "default")
        self.own |= {made["key"], made["webhook_secret"], shown["webhook_secret"]}
        self.own |= {path.read_text().strip() for path in gate.data.glob("*.key")}
        self._hooks(made["key"])
        self._orders(made["key"])
        self._strangers()
        gate.until(self._events, EVENTS.issubset)
        gate.until(lambda: gate.rows("SELECT COUNT(*) FROM attempts")[0][0], lambda n: n > ATTEMPTS)
        self.figures = gate.http.get("/metrics").text + gate.http.get("/api/upstreams").text
        for record in self.vendor.log.records("sent"):
            self.secrets |= set(TOKEN.findall(b64decode(record["body"]).decode()))

    def _events(self):
        said = self.gate.log.read_text(encoding="utf-8")
        whole, _, _half_written = said.rpartition("\n")
        return {json.loads(line)["event"] for line in whole.splitlines()}

    def _hooks(self, key):
        for url in (f"{self.url}/hooks/all?token=of-receiver", f"http://{DEAD}/?token=of-dead-one"):
            hook = {"url": url, "events": ["task.submitted", "task.failed", "task.succeeded"]}
            kept = self._asked("POST", "/api/webhooks", key, json=hook)["data"]
            old, webhook = kept["secret"], f"/api/webhooks/{kept['id']}"
            new = self._asked("POST", f"{webhook}/rotate", key, json={"overlap_s": 60})["data"][
                "secret"
            ]
            self._asked("POST", f"{webhook}/test", key)
            self.own |= {old, new}
        self.secrets |= {"of-receiver", "of-dead-one"}

    def _orders(self, key):
        link = self._asked("POST", "/api/images", key, content=picture(300, 300))["data"]["url"]
        order = {
            "contents": [{"type": "first_frame", "url": link}],
            "options": {"callback_url": f"{self.url}/hooks/own?token=of-callback"},
        }
        for place, names in FAULTS.items():
            for name in names:
                if place == "create":
                    self.gate.mended("vendor")
                own = order["options"]["external_task_id"] = f"{place}-{name}"
                self.vendor.faults.plan(own).add(place, [name])
                self._asked("POST", CREATE, key, json=order)
        # By the embedded renderer, whose picture cannot be had.
        self.vendor.faults.next.add("create", ["maintenance"])
        lost = {"contents": [{"type": "first_frame", "url": f"http://{DEAD}/?sign=of-picture"}]}
        self._asked("POST", CREATE, key, json=lost)
        self.secrets |= {"of-callback", "of-picture"}

    def _strangers(self):
        for key in ("fg_wrong-key-of-somebody", "sk-key-of-another-service"):
            self._asked("GET", "/api/account", key)
            self.secrets.add(key)
        for path in ("/videos/vid_x.mp4?expires=1&signature=", "/callbacks/task_x/"):
            self._asked("POST" if "callbacks" in path else "GET", path + "of-no-link", "none")
        self.secrets.add("of-no-link")

    def _asked(self, method, path, key, **content):
        answer = self.gate.http.request(
            method, path, headers={"Authorization": f"Bearer {key}"}, **content
        )
        self._note(answer.text + path)
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else {}

    def _note(self, text):
        self.secrets |= set(SIGNATURE.findall(text))


@pytest.fixture
def busy(tmp_path):
    """The day is over and the gateway has ended."""
    site = Site()
    with selling(tmp_path) as vendor, serving(site.app()) as url:
        busy = Busy(tmp_path, vendor, site, url)
        with busy.gate:
            busy.live()
            busy.gate.stop()
    return busy


def found(secrets, text):
    return [secret for secret in secrets if secret in text]


def test_a_busy_day_leaves_no_secret_in_log_figures_database_or_news(busy):
    log = busy.gate.log.read_text(encoding="utf-8")
    kept = b"".join(path.read_bytes() for path in busy.gate.data.glob("framegate.db*"))
    heard = [each for news in busy.site.heard.values() for each in news]
    told = str([each.body for each in heard]) + str([each.headers for each in heard])

    # All of it is really there.
    assert "Traceback" in log
    assert "framegate_tasks" in busy.figures
    assert b"of-receiver" in kept
    assert len(heard) > 10
    assert len(busy.secrets | busy.own) > 40

    assert found(busy.secrets | busy.own, log) == []
    assert found(busy.secrets | busy.own, busy.figures) == []
    assert found({secret.encode() for secret in busy.own}, kept) == []
    assert found(busy.own, told) == []
