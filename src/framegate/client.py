"""A small HTTP client of a framegate server: what `generate` and `demo` speak through.

It loads no server part. Reads are repeated after a lost connection; a create is sent with one
Idempotency-Key, so that repeating it cannot buy a second video.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2 as httpx

from framegate.errors import SettingsInvalid

MODEL = "kling-3.0-turbo"
TRIES_MAX = 3
RETRY_WAIT_S = 0.5
REQUEST_WAIT_S_MAX = 60
WATCH_EVERY_S = 0.25
ENDED = frozenset({"succeeded", "failed"})
HTTP_OK = 200
HTTP_CONFLICT = 409  # With Retry-After: our own request, before its answer was lost, still runs.
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500


class ServerRefused(Exception):
    """The server said no. Carries what its envelope said."""

    def __init__(self, http_status: int, envelope: dict[str, Any]) -> None:
        super().__init__(str(envelope.get("message", f"HTTP {http_status}")))
        self.http_status = http_status
        self.code = envelope.get("code")
        self.request_id = envelope.get("request_id", "")
        data = envelope.get("data")
        self.errors = data.get("errors", []) if isinstance(data, dict) else []


class ServerUnreachable(Exception):
    """No server answered at the address."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"no framegate answers at {url} ({why}); start one with: framegate serve")


class TaskFailed(Exception):
    """The task ended without a video; nothing was charged."""

    def __init__(self, task: dict[str, Any]) -> None:
        super().__init__(task.get("message") or "the task failed")
        self.task = task


class VideoNotSaved(Exception):
    """The video exists and is paid for; only its copy went wrong."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"the video was made and could not be saved ({why}); fetch it from {url}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to make: the page's body in named parts."""

    picture_url: str
    prompt: str = ""
    duration_s: int = 5
    resolution: str = "720p"
    aspect_ratio: str = ""
    external_task_id: str = ""

    def body(self) -> dict[str, Any]:
        """The JSON body of a create."""
        contents: list[dict[str, str]] = [{"type": "first_frame", "url": self.picture_url}]
        if self.prompt:
            contents.append({"type": "prompt", "text": self.prompt})
        settings: dict[str, Any] = {"resolution": self.resolution, "duration": self.duration_s}
        if self.aspect_ratio:
            settings["aspect_ratio"] = self.aspect_ratio
        body: dict[str, Any] = {"contents": contents, "settings": settings}
        if self.external_task_id:
            body["options"] = {"external_task_id": self.external_task_id}
        return body


class Client:
    """One server under one key. Use it as a context manager."""

    def __init__(self, url: str, key: str) -> None:
        """Connect to nothing yet.

        raises   SettingsInvalid for what is no address, or no key
        """
        self._url = url.rstrip("/")
        if not (key.isascii() and key.isprintable()):
            raise SettingsInvalid("the key holds a character that no key has")
        # The environment's proxies are not asked: the server is where the user says it is.
        self._http = httpx.Client(
            base_url=_address(self._url),
            headers={"Authorization": f"Bearer {key}"},
            timeout=REQUEST_WAIT_S_MAX,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Open nothing: connections are made when they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._http.close()

    def upload(self, picture: bytes) -> dict[str, Any]:
        """Upload a picture; the answer's `url` is a first frame."""
        return self._call("POST", "/api/images", content=picture, headers=_BYTES)

    def quote(self, wish: Wish) -> dict[str, Any]:
        """Say what a wish costs, without asking for it."""
        return self._call("POST", "/api/quote", json=wish.body())

    def create(self, wish: Wish) -> dict[str, Any]:
        """Begin a task; `id` in the answer is what to follow."""
        return self._call(
            "POST",
            f"/kling/image-to-video/{MODEL}",
            json=wish.body(),
            headers={"Idempotency-Key": secrets.token_hex(16)},
        )

    def task(self, task_id: str) -> dict[str, Any]:
        """How a task stands: status, stage, frames, and the video once it is there."""
        return self._call("GET", f"/api/tasks/{task_id}")

    def watch(
        self, task_id: str, *, on_change: Callable[[dict[str, Any]], None], wait_s_max: float
    ) -> dict[str, Any]:
        """Follow a task until it succeeds.

        raises   TaskFailed with the reason; TimeoutError when it has not ended in time
        """
        deadline = time.monotonic() + wait_s_max
        while True:
            task = self.task(task_id)
            on_change(task)
            if task["status"] == "failed":
                raise TaskFailed(task)
            if task["status"] in ENDED:
                return task
            if time.monotonic() > deadline:
                raise TimeoutError(f"task {task_id} has not ended after {wait_s_max:g} s")
            time.sleep(WATCH_EVERY_S)

    def download(self, url: str, to: Path) -> int:
        """Save a video, whole or not at all; say its length in bytes.

        raises   ServerRefused for any answer but the file; VideoNotSaved, with the link that works
                 for a while, when the copy breaks off or the disk does not take it
        """
        temporary = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
        try:
            with (
                httpx.stream("GET", url, timeout=REQUEST_WAIT_S_MAX, trust_env=False) as answer,
                temporary.open("xb") as file,
            ):
                if answer.status_code != HTTP_OK:
                    raise ServerRefused(answer.status_code, _envelope_in(answer))
                for chunk in answer.iter_bytes():
                    file.write(chunk)
            return temporary.rename(to).stat().st_size
        except (httpx.HTTPError, OSError) as error:
            raise VideoNotSaved(url, str(error) or type(error).__name__) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._send(method, path, options)
        envelope = _envelope_in(answer)
        if envelope.get("code") == 0 and isinstance(envelope.get("data"), dict):
            return dict(envelope["data"])
        if not envelope.get("code"):
            why = f"HTTP {answer.status_code}, not an envelope"
            raise ServerUnreachable(self._url, why)
        raise ServerRefused(answer.status_code, envelope)

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        for left in reversed(range(TRIES_MAX)):
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                if not left:
                    raise ServerUnreachable(self._url, type(error).__name__) from error
            else:
                if not left or not _may_repeat(answer):
                    return answer
            time.sleep(RETRY_WAIT_S)
        raise AssertionError("the last try returns or raises")


_BYTES = {"Content-Type": "application/octet-stream"}


def _address(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise SettingsInvalid(f"{url} is not an address") from None


def _envelope_in(answer: httpx.Response) -> dict[str, Any]:
    """What stands around every answer of ours; empty when somebody else answered."""
    try:
        envelope = json.loads(answer.read())
    except ValueError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _may_repeat(answer: httpx.Response) -> bool:
    if answer.headers.get("x-should-retry") == "false":
        return False
    return answer.headers.get("Retry-After") is not None and (
        answer.status_code in (HTTP_CONFLICT, HTTP_TOO_MANY)
        or answer.status_code >= HTTP_SERVER_ERROR
    )
