"""Every call of the client, described once as a script; `face` gives each its two faces.

`ask` is the server. What a script returns is what the user gets, but for `generate` and `wait`: the
faces turn the Task that succeeded into a Video, which is saved in their own way.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote as escaped
from urllib.parse import urlencode

from framegate.client import download
from framegate.client import usage as used
from framegate.client.answers import (
    AWAY,
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
    LimitReached,
    PictureRefused,
    ServerBusy,
    ServerFault,
    ServerUnreachable,
    SetupInvalid,
    StillRunning,
    TaskFailed,
)
from framegate.client.picture import PictureSource, content_of, is_address
from framegate.client.steps import Close, Dropped, Now, Pause, Piece, Script, Tell, Work
from framegate.client.stream import Reader, Stream, is_stream
from framegate.client.usage import Usage

MODEL = "kling-3.0-turbo"
WAIT_S_MAX = 1_800.0
LOOK_AFTER_S, LOOK_AFTER_S_MAX, LOOK_GROWTH = 0.25, 2.0, 1.3
"""The first look comes soon, since a short render takes seconds; later ones less and less often."""

AWAY_S_MAX = 120.0
"""A server that is started anew, or whose machine is, comes back within this; the task is kept."""

STREAM_LEFT_S_MIN = 20.0
"""With less time left a stream, which may be silent for 15 seconds, would end the wait too late."""

PAGE_MAX = 100
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
    on_progress   is called with the Task at every look, and as its render goes on
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
    ask: Asking,
    *,
    limit: int = 20,
    status: str | Iterable[str] | None = None,
    first: date | str | None = None,
    last: date | str | None = None,
    text: str | None = None,
    key: str | None = None,
    model: str | None = None,
    resolution: str | None = None,
    upstream: str | None = None,
    account: str | None = None,
) -> Script[list[Task]]:
    """Tasks, newest first; an admin key sees those of every account.

    limit              how many at most; they are asked for page by page
    status             submitted, processing, succeeded, failed; one or several
    first, last        UTC days of their creation, both included
    text               in the prompt, as it stands
    key                the id of the key that made them
    upstream, account  for admin keys
    raises             FieldsRefused, RightRefused, NotFound
    """
    query = {
        "status": status,
        "from": first,
        "to": last,
        "text": text,
        "key": key,
        "model": model,
        "resolution": resolution,
        "upstream": upstream,
        "account": account,
    }
    found: list[Task] = []
    cursor = None
    while len(found) < limit:
        page = {"limit": min(PAGE_MAX, limit - len(found)), "cursor": cursor}
        data = yield from request(ask, "GET", "/api/tasks", query=query | page)
        found += [task_in(each) for each in data["result"]]
        # A page of a rare text may be empty although more may come.
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

    It listens to the task's events, and looks now and then where the server has none. A server
    that answered before and goes away is waited for, two minutes at most; `on_progress` is told so
    by the stage "away".
    raises   TaskFailed with the reason; StillRunning when `timeout` seconds are over
    """
    task_id = task if isinstance(task, str) else task.id
    began = yield Now()
    pause_s = LOOK_AFTER_S
    stream: Stream | None = Stream(ask, _events_path(task_id))
    seen = task if isinstance(task, Task) else Task(id=task_id, status="submitted")
    while True:
        seen = yield from _looked(ask, seen, until=began + timeout, on_progress=on_progress)
        if on_progress is not None:
            yield Tell(on_progress, seen)
        if seen.status == "failed":
            raise TaskFailed(seen)
        if seen.is_ended:
            return seen
        left_s = timeout - ((yield Now()) - began)
        if left_s <= 0:
            raise StillRunning(seen, timeout)
        if stream is not None and left_s > STREAM_LEFT_S_MIN:
            until = began + timeout - STREAM_LEFT_S_MIN
            if (yield from _listened(stream, seen, until=until, on_progress=on_progress)):
                continue
            stream = None
        yield Pause(min(pause_s, left_s))
        pause_s = min(pause_s * LOOK_GROWTH, LOOK_AFTER_S_MAX)


def events(ask: Asking, task: Task | str) -> Script[None]:
    """What happens to a task, or to the one of an id, from its beginning to its end.

    A stream that breaks is taken up again behind what was heard last: nothing is missed, and no
    status comes twice.
    returns   TaskEvents to iterate over; the last one says that it succeeded or failed
    raises    NotFound, LimitReached; ServerUnreachable when it breaks again and again
    """
    task_id = task if isinstance(task, str) else task.id
    yield from Stream(ask, _events_path(task_id)).heard()


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


def usage(
    ask: Asking,
    *,
    by: str = "day",
    first: date | str | None = None,
    last: date | str | None = None,
    account: str | None = None,
) -> Script[Usage]:
    """What was made and spent. A task counts on the UTC day on which it ended.

    by           day, key, resolution, model or status; for admin keys also upstream, account
    first, last  days, both included; the last 30 unless given, at most 400
    account      for admin keys: one account instead of all
    raises       FieldsRefused, RightRefused, NotFound
    """
    query = {"by": by, "from": first, "to": last, "account": account}
    data, _ = yield from ask("GET", used.path_of(query), repeats=True)
    return used.usage_in(data)


def usage_csv(
    ask: Asking,
    *,
    by: str = "day",
    first: date | str | None = None,
    last: date | str | None = None,
    account: str | None = None,
) -> Script[bytes]:
    """As `usage`, as the server writes it for a spreadsheet: a head, and a line a group."""
    query = {"by": by, "from": first, "to": last, "account": account, "format": "csv"}
    return (yield from used.table_of(ask, used.path_of(query)))


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


def request(
    ask: Asking,
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Script[dict[str, Any]]:
    """Anything else under `/api` (docs/api.md): the answer's `data` as it came.

    method   a GET is repeated when no answer came, anything else is sent once
    path     /api/...
    query    parameters; None leaves one out, several values go by comma
    body     is sent as JSON
    raises   ServerUnreachable, ServerRefused
    """
    if not path.startswith("/"):
        # It would become a part of the host, who would be sent the key.
        raise SetupInvalid(f"the path must begin with /; got {path!r}", "give one like /api/usage")
    asked = urlencode({name: _word(value) for name, value in _given(query or {}).items()})
    data, _ = yield from ask(
        method,
        f"{path}?{asked}" if asked else path,
        content=b"" if body is None else written(body),
        headers={} if body is None else JSON,
        repeats=method == "GET",
    )
    return data


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


def _events_path(task_id: str) -> str:
    return f"/api/tasks/{_in_path(task_id)}/events"


def _looked(ask: Asking, last: Task, *, until: float, on_progress: Progress | None) -> Script[Task]:
    """How a task stands, from a server that may be away or too busy for a while."""
    began = yield Now()
    while True:
        try:
            return (yield from task(ask, last.id))
        except (ServerUnreachable, ServerBusy, ServerFault, LimitReached):
            if not ask.has_answered or (yield Now()) >= min(until, began + AWAY_S_MAX):
                raise
            if on_progress is not None:
                yield Tell(on_progress, replace(last, stage=AWAY))
            yield Pause(LOOK_AFTER_S_MAX)


def _listened(
    stream: Stream, seen: Task, *, until: float, on_progress: Progress | None
) -> Script[bool]:
    """Tell the progress of a task until a look is worth while; False: there is no such stream.

    Another gateway may have none, an account may have too many open; then looking is enough.
    """
    has_heard = False
    with suppress(Dropped):
        reply = yield from stream.opened()
        if not is_stream(reply):
            return False
        reader = Reader()
        while piece := (yield Piece()):
            for event in reader.events(piece):
                has_heard, stream.last_id = True, event.id or stream.last_id
                if event.is_last or (event.status == "processing" and seen.status == "submitted"):
                    return True
                if event.kind == "progress" and on_progress is not None:
                    seen = replace(
                        seen,
                        stage=event.stage,
                        frames_done=event.frames_done,
                        frames_total=event.frames_total,
                    )
                    yield Tell(on_progress, seen)
            # Something comes every 15 seconds, if only a sign of life.
            if (yield Now()) > until:
                return True
    if has_heard:
        # It ended or broke without news: whatever cuts streams short is not asked again at once.
        yield Pause(LOOK_AFTER_S)
    return has_heard


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


def _word(value: Any) -> str:
    is_several = not isinstance(value, str) and isinstance(value, Iterable)
    return ",".join(map(str, value)) if is_several else str(value)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _in_path(text: str) -> str:
    return escaped(text, safe="")
