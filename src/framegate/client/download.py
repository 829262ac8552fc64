"""Fetch a task's video: every byte hashed, a dead link made fresh, a file whole or not at all.

The key is not sent along: the link is the right to read, and may lead to another machine.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from framegate.client.answers import Task, task_in
from framegate.client.asking import Asking, envelope_in, refused
from framegate.client.errors import LinkExpired, VideoDamaged, VideoNotSaved
from framegate.client.steps import Dropped, Pause, Reply, Script, Send

HTTP_OK = 200
HTTP_FORBIDDEN = 403
TRIES_MAX = 3
WAIT_S = 1.0


def saved(ask: Asking, task: Task, path: str | os.PathLike[str]) -> Script[Path]:
    """Save the video at `path`, or in it when it is a folder, as `ID.mp4`.

    raises   VideoNotSaved when the copy breaks off or the disk is full; VideoDamaged when the bytes
             are not those of the video; LinkExpired; NotFound for a video that was removed. No half
             file is ever left
    """
    to = Path(path)
    if to.is_dir():
        to /= f"{task.id}.mp4"
    temporary = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        for left in reversed(range(TRIES_MAX)):
            try:
                with temporary.open("wb") as file:
                    yield from _fetched(ask, task, file.write)
                break
            except Dropped as dropped:
                if not left:
                    raise VideoNotSaved(task.video_url, dropped.why) from dropped
                yield Pause(WAIT_S)
        temporary.replace(to)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise VideoNotSaved(task.video_url, why) from error
    finally:
        temporary.unlink(missing_ok=True)
    return to


def read(ask: Asking, task: Task) -> Script[bytes]:
    """The video's bytes; a minute of video is some tens of megabytes.

    raises   as `saved`
    """
    content = bytearray()
    try:
        yield from _fetched(ask, task, content.extend)
    except Dropped as dropped:
        raise VideoNotSaved(task.video_url, dropped.why) from dropped
    return bytes(content)


def _fetched(ask: Asking, task: Task, take: Callable[[bytes], object]) -> Script[None]:
    digest = hashlib.sha256()

    def take_and_hash(chunk: bytes) -> None:
        digest.update(chunk)
        take(chunk)

    reply: Reply = yield Send(method="GET", url=task.video_url, to=take_and_hash)
    if reply.http_status == HTTP_FORBIDDEN:
        # The video outlives its links: the task's answer has a fresh one.
        data, _ = yield from ask("GET", f"/api/tasks/{task.id}", repeats=True)
        fresh = task_in(data).video_url
        reply = yield Send(method="GET", url=fresh or task.video_url, to=take_and_hash)
    if reply.http_status != HTTP_OK:
        if not envelope_in(reply).get("code"):
            raise VideoNotSaved(task.video_url, f"HTTP {reply.http_status}")
        error = refused(reply)
        raise error.as_kind(LinkExpired) if reply.http_status == HTTP_FORBIDDEN else error
    if task.sha256 and digest.hexdigest() != task.sha256:
        raise VideoDamaged(task.video_url, "the bytes that came have another SHA-256")
