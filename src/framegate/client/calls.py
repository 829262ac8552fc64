"""Every call of the client, described once as a script; `face` gives each its two faces.

`ask` is the server. What a script returns is what the user gets, but for `generate` and `wait`: the
faces turn the Task that succeeded into a Video, which is saved in their own way.
"""

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote as escaped

from framegate.client import download
from framegate.client.answers import (
    Account,
    Picture,
    Quote,
    Task,
    account_in,
    picture_in,
    quote_in,
    task_in,
)
from framegate.client.asking import BYTES, JSON, Asking, written
from framegate.client.errors import (
    CancelRefused,
    ClientError,
    Conflict,
    FieldsRefused,
    PictureRefused,
    StillRunning,
    TaskFailed,
)
from framegate.client.picture import PictureSource, content_of, is_address
from framegate.client.steps import Close, Now, Pause, Script, Tell, Work

MODEL = "kling-3.0-turbo"
WAIT_S_MAX = 1_800.0
LOOK_AFTER_S, LOOK_AFTER_S_MAX, LOOK_GROWTH = 0.25, 2.0, 1.3
"""The first look comes soon, since a short render takes seconds; later ones less and less often."""

PAGE_MAX = 500
# Rule 89 keeps nothing of a quote, and a price does not depend on the picture.
ANY_PICTURE = "https://example.com/picture.jpg"

Progress = Callable[[Task], Any]


def generate(
    ask: Asking,
    picture: PictureSource,
    prompt: str = "",
    *,
    duration: int = 5,
    resolution: str = "720p",
    aspect_ratio: str | None = None,
    callback_url: str | None = None,
    external_task_id: str | None = None,
    model: str = MODEL,
    idempotency_key: str | None = None,
    timeout: float = WAIT_S_MAX,
    on_progress: Progress | None = None,
) -> Script[Task]:
    """Make a video from a picture and a few words, and wait for it.

    picture       a file's path, bytes, an open file, a PIL image, or an http(s) address
    duration      whole seconds, 3 to 15
    resolution    720p or 1080p
    aspect_ratio  16:9, 9:16 or 1:1; for the price alone, the picture decides the real one
    timeout       seconds to wait; then StillRunning, and the task goes on
    on_progress   is called with the Task at every look
    raises        PictureUnreadable, ServerUnreachable, ServerRefused, TaskFailed, StillRunning
    """
    task = yield from submit(
        ask,
        picture,
        prompt,
        duration=duration,
        resolution=resolution,
        aspect_ratio=aspect_ratio,
        callback_url=callback_url,
        external_task_id=external_task_id,
        model=model,
        idempotency_key=idempotency_key,
    )
    return (yield from wait(ask, task, timeout=timeout, on_progress=on_progress))


def submit(
    ask: Asking,
    picture: PictureSource,
    prompt: str = "",
    *,
    duration: int = 5,
    resolution: str = "720p",
    aspect_ratio: str | None = None,
    callback_url: str | None = None,
    external_task_id: str | None = None,
    model: str = MODEL,
    idempotency_key: str | None = None,
) -> Script[Task]:
    """Begin a task and do not wait for it.

    idempotency_key   sending the same request with the same key again answers the same task; a
                      fresh key is made unless one is given, so a lost answer buys nothing twice
    raises            PictureUnreadable, ServerUnreachable, ServerRefused
    """
    url = yield from _first_frame(ask, picture)
    body = _body(url, prompt, duration, resolution, aspect_ratio, callback_url, external_task_id)
    data, reply = yield from ask(
        "POST",
        f"/kling/image-to-video/{model}",
        content=written(body),
        headers=JSON | {"Idempotency-Key": idempotency_key or secrets.token_hex(16)},
        repeats=True,
    )
    created = task_in(data | {"task": reply.headers.get("x-framegate-task", "")})
    try:
        return (yield from task(ask, created.id))
    except ClientError:
        # It was taken: what a look cannot add now must not cost the caller its id.
        return created


def task(ask: Asking, task_id: str) -> Script[Task]:
    """How a task stands.

    task_id   its id, or the task_... of X-Framegate-Task
    raises    NotFound
    """
    data, _ = yield from ask("GET", f"/api/tasks/{_in_path(task_id)}", repeats=True)
    return task_in(data)


def tasks(
    ask: Asking, *, limit: int = 20, status: str | Iterable[str] | None = None
) -> Script[list[Task]]:
    """The account's tasks of the last 30 days, newest first.

    limit    how many at most
    status   submitted, processing, succeeded, failed; one or several
    """
    wanted = [status] if isinstance(status, str) else list(status or ())
    filters = [{"key": "status", "values": wanted}] if wanted else []
    found: list[Task] = []
    cursor = ""
    while len(found) < limit:
        body: dict[str, Any] = {"limit": min(PAGE_MAX, limit - len(found))}
        body |= {"cursor": cursor} if cursor else {}
        body |= {"filters": filters} if filters else {}
        data, _ = yield from ask(
            "POST", "/kling/tasks", content=written(body), headers=JSON, repeats=True
        )
        found += [task_in(each) for each in data["result"]]
        cursor = data["next_cursor"]
        if not cursor:
            break
    return found


def cancel(ask: Asking, task_id: str) -> Script[Task]:
    """Ask for a task to be given up; it ends as failed and costs nothing if that succeeds.

    raises    NotFound; CancelRefused for one that has ended, or that its upstream cannot stop
    """
    path = f"/api/tasks/{_in_path(task_id)}/cancel"
    try:
        data, _ = yield from ask("POST", path, repeats=False)
    except Conflict as refused:
        raise refused.as_kind(CancelRefused) from None
    return task_in(data)


def wait(
    ask: Asking,
    task: Task | str,
    *,
    timeout: float = WAIT_S_MAX,
    on_progress: Progress | None = None,
) -> Script[Task]:
    """Follow a task, or its id, until there is a video.

    raises   TaskFailed with the reason; StillRunning when `timeout` seconds are over
    """
    task_id = task if isinstance(task, str) else task.id
    began = yield Now()
    pause_s = LOOK_AFTER_S
    while True:
        data, _ = yield from ask("GET", f"/api/tasks/{_in_path(task_id)}", repeats=True)
        seen = task_in(data)
        if on_progress is not None:
            yield Tell(on_progress, seen)
        if seen.status == "failed":
            raise TaskFailed(seen)
        if seen.is_ended:
            return seen
        left_s = timeout - ((yield Now()) - began)
        if left_s <= 0:
            raise StillRunning(seen, timeout)
        yield Pause(min(pause_s, left_s))
        pause_s = min(pause_s * LOOK_GROWTH, LOOK_AFTER_S_MAX)


def quote(
    ask: Asking,
    *,
    duration: int = 5,
    resolution: str = "720p",
    aspect_ratio: str | None = None,
    model: str = MODEL,
) -> Script[Quote]:
    """What a video would cost; nothing is created or held.

    raises   FieldsRefused for what a create would refuse
    """
    body = _body(ANY_PICTURE, "", duration, resolution, aspect_ratio, None, None)
    data, _ = yield from ask(
        "POST",
        f"/api/quote?model={_in_path(model)}",
        content=written(body),
        headers=JSON,
        repeats=True,
    )
    return quote_in(data)


def account(ask: Asking) -> Script[Account]:
    """What the account behind the key has, holds and may spend."""
    data, _ = yield from ask("GET", "/api/account", repeats=True)
    return account_in(data)


def upload(ask: Asking, picture: PictureSource) -> Script[Picture]:
    """Upload a picture; the answer's `url` may be used for many videos.

    raises   PictureUnreadable, PictureRefused
    """
    content = yield Work(lambda: content_of(picture))
    try:
        # A copy too many costs nothing, so a lost answer may be asked for again.
        data, _ = yield from ask(
            "POST", "/api/images", content=content, headers=BYTES, repeats=True
        )
    except FieldsRefused as refused:
        raise refused.as_kind(PictureRefused) from None
    return picture_in(data)


def close(_ask: Asking) -> Script[None]:
    """Close every connection; `with` does it by itself."""
    yield Close()


# --- a video's own ----------------------------------------------------------------------------


def save(ask: Asking, task: Task, path: str | os.PathLike[str]) -> Script[Path]:
    """Save the video, whole or not at all; its bytes are checked against `sha256`.

    path      a file, which is replaced, or a folder
    returns   where it is
    raises    VideoNotSaved with the link, VideoDamaged, LinkExpired, NotFound
    """
    return (yield from download.saved(ask, task, path))


def read(ask: Asking, task: Task) -> Script[bytes]:
    """The video's bytes, checked against `sha256`.

    raises    as `save`
    """
    return (yield from download.read(ask, task))


# --- inside -----------------------------------------------------------------------------------


def _first_frame(ask: Asking, picture: PictureSource) -> Script[str]:
    if is_address(picture):
        return str(picture)
    return (yield from upload(ask, picture)).url


def _body(
    url: str,
    prompt: str,
    duration: int,
    resolution: str,
    aspect_ratio: str | None,
    callback_url: str | None,
    external_task_id: str | None,
) -> dict[str, Any]:
    """The page's body; what was not given is not in it."""
    contents: list[dict[str, Any]] = [{"type": "first_frame", "url": url}]
    if prompt:
        contents.append({"type": "prompt", "text": prompt})
    settings = {"resolution": resolution, "aspect_ratio": aspect_ratio, "duration": duration}
    options = {"callback_url": callback_url, "external_task_id": external_task_id}
    body = {"contents": contents, "settings": _given(settings), "options": _given(options)}
    return {name: value for name, value in body.items() if value}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _in_path(text: str) -> str:
    return escaped(text, safe="")
