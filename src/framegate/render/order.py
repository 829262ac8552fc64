"""What the parent asks of a render child, and what the child says back.

`process` writes one order to the child's stdin; `child` answers with events, one JSON line each,
on its stdout. Both ends use these values and nothing else, so the two cannot drift apart.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

FRAMES_PER_S = 24

LINE_BYTES_MAX = 65_536
"""The longest line either side reads: a prompt of 2,500 characters, escaped, fits four times."""


@dataclass(frozen=True, kw_only=True)
class RenderOrder:
    """One clip to make.

    picture     file with the raw JPEG or PNG bytes, which the caller has judged already
    prompt      "" when there is none
    resolution  "720p" or "1080p": the length of the clip's short side
    duration_s  3 to 15
    seed        the same order and seed give the same bytes on one machine
    video       where the finished MP4 goes; the caller makes it durable and names it for good
    comment     kept in the MP4 beside the prompt, the settings and the seed
    """

    picture: Path
    prompt: str
    resolution: str
    duration_s: int
    seed: int
    video: Path
    comment: str = ""

    @property
    def frames(self) -> int:
        """How many frames the clip has, exactly."""
        return self.duration_s * FRAMES_PER_S


@dataclass(frozen=True, kw_only=True)
class RenderLimits:
    """What one child may use. Each has a cause to be there: one picture must not end the server.

    memory_bytes_max  data the child may map; a 60 Mpx PNG at 1080p needs about a third of it
    cpu_s_max         processor seconds, all threads together; 15 s at 1080p need about 20
    wall_s_max        seconds until the parent kills the child, whatever it is doing
    """

    memory_bytes_max: int = 2 * 1024**3
    cpu_s_max: int = 300
    wall_s_max: int = 600


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a render stands; stages come in the order reading, depth, rendering, finishing."""

    stage: str
    frames_done: int
    frames_total: int


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A finished video, as it truly is."""

    width: int
    height: int
    frames: int
    duration_ms: int


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The one line that a child reads: the order, its paths as text, and its limits."""

    picture: str
    prompt: str
    resolution: str
    duration_s: int
    seed: int
    video: str
    comment: str
    limits: RenderLimits

    @classmethod
    def of(cls, order: RenderOrder, limits: RenderLimits) -> "Work":
        """The order as it travels."""
        return cls(
            picture=str(order.picture),
            prompt=order.prompt,
            resolution=order.resolution,
            duration_s=order.duration_s,
            seed=order.seed,
            video=str(order.video),
            comment=order.comment,
            limits=limits,
        )

    def order(self) -> RenderOrder:
        """The order as it was given."""
        return RenderOrder(
            picture=Path(self.picture),
            prompt=self.prompt,
            resolution=self.resolution,
            duration_s=self.duration_s,
            seed=self.seed,
            video=Path(self.video),
            comment=self.comment,
        )


class Moved(msgspec.Struct, frozen=True, tag="progress"):
    """The child reached a new stage or finished a frame."""

    progress: Progress


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """The video lies at its place, whole."""

    rendered: Rendered


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The child gave up; `sentence` may be shown to the task's owner.

    is_ours  it is not the picture: this machine could not write, and may be able to later
    """

    sentence: str
    is_ours: bool = False


Event = Moved | Finished | Failed


def line(message: Work | Event) -> bytes:
    """One message as one line; JSON escapes any newline that a prompt may hold."""
    return msgspec.json.encode(message) + b"\n"


def work_in(text: bytes) -> Work:
    """The order in the first line of the child's stdin; raises msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Work)


def event_in(text: bytes) -> Event:
    """The event in one line of the child's stdout; raises msgspec.DecodeError."""
    event: Event = msgspec.json.decode(text, type=Event)
    return event
