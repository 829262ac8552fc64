"""A small HTTP client of a framegate server: what `generate` and `demo` speak through.

It loads no server part. Reads are repeated after a lost connection; a create is sent with one
Idempotency-Key, so that repeating it cannot buy a second video.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2 as httpx

MODEL = "kling-3.0-turbo"
TRIES_MAX = 3
RETRY_WAIT_S = 0.5
REQUEST_WAIT_S_MAX = 60
WATCH_EVERY_S = 0.25
ENDED = frozenset({"succeeded", "failed"})
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
        self._url = url.rstrip("/")
        # The environment's proxies are not asked: the server is where the user says it is.
        self._http = httpx.Client(
            base_url=self._url,
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

        raises   VideoNotSaved with the link, which works for a while
        """
        temporary = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
        try:
            with (
                httpx.stream("GET", url, timeout=REQUEST_WAIT_S_MAX, trust_env=False) as answer,
                temporary.open("xb") as file,
            ):
                answer.raise_for_status()
                for chunk in answer.iter_bytes():
                    file.write(chunk)
            return temporary.rename(to).stat().st_size
        except (httpx.HTTPError, OSError) as error:
            raise VideoNotSaved(url, str(error) or type(error).__name__) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._send(method, path, options)
        try:
            envelope = answer.json()
        except ValueError:
            raise ServerUnreachable(self._url, f"HTTP {answer.status_code}, not JSON") from None
        if not isinstance(envelope, dict) or envelope.get("code") != 0:
            raise ServerRefused(answer.status_code, envelope if isinstance(envelope, dict) else {})
        data = envelope["data"]
        assert isinstance(data, dict)
        return data

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


def _may_repeat(answer: httpx.Response) -> bool:
    if answer.headers.get("x-should-retry") == "false":
        return False
    return answer.headers.get("Retry-After") is not None and (
        answer.status_code == HTTP_TOO_MANY or answer.status_code >= HTTP_SERVER_ERROR
    )
