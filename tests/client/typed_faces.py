"""What a type checker knows of the client; mypy reads it, nothing runs it.

Both faces come from one description, and nobody should have to guess what a call answers.
"""

from pathlib import Path
from typing import Any, assert_type

from PIL.Image import Image

from framegate import (
    Account,
    AsyncFramegate,
    AsyncVideo,
    Framegate,
    Picture,
    Quote,
    Task,
    TaskEvent,
    Usage,
    Video,
)


def blocking(client: Framegate, image: Image) -> None:
    """Answers."""
    video = assert_type(client.generate("a.png", "x", duration=3, on_progress=print), Video)
    assert_type(video.save("x.mp4"), Path)
    assert_type(video.read(), bytes)
    assert_type(client.submit(b"picture"), Task)
    assert_type(client.wait("9", timeout=1), Video)
    assert_type(client.tasks(status=["failed"]), list[Task])
    assert_type(client.quote(), Quote)
    assert_type(client.account(), Account)
    assert_type(client.usage(by="key"), Usage)
    assert_type(client.usage_csv(first="2026-07-01"), bytes)
    assert_type(client.request("GET", "/api/ledger", query={"limit": 1}), dict[str, Any])
    assert_type(client.upload(image), Picture)
    assert_type(client.upload(open("a.png", "rb")), Picture)  # noqa: PTH123, SIM115 - never run
    for event in client.events("9"):
        assert_type(event, TaskEvent)
    client.generate("a.png", durration=3)  # type: ignore[call-arg]
    client.generate(17)  # type: ignore[arg-type]


async def awaited(client: AsyncFramegate) -> None:
    """What is awaited."""
    video = assert_type(await client.generate("a.png"), AsyncVideo)
    assert_type(await video.save("x.mp4"), Path)
    assert_type(await client.tasks(limit=1), list[Task])
    async for event in client.events("9"):
        assert_type(event, TaskEvent)
    client.account()  # type: ignore[unused-coroutine]
