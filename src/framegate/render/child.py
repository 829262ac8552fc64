"""The program of a render child: `python -I -m framegate.render.child`.

`process` starts it, writes one order to its stdin and reads events from its stdout. When stdin
ends it stops between two frames: that is how it is cancelled, and how it learns that its parent
was killed. Whatever goes wrong becomes one sentence; the traceback goes to stderr.
"""

import errno
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import BinaryIO

from framegate import crash
from framegate.errors import RenderFailed
from framegate.render import limits
from framegate.render.film import Stopped, make
from framegate.render.order import (
    LINE_BYTES_MAX,
    Event,
    Failed,
    Finished,
    Moved,
    Progress,
    RenderOrder,
    line,
    work_in,
)

STOPPED_STATUS = 75
"""The exit status of a child that was told to stop; sysexits.h calls it a temporary failure."""

STOP_GRACE_S = 2.0
"""How long a stop waits for the current frame or decoder before the process just ends."""


OUR_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EFBIG}
)
"""What a disk or a limit of this machine says; a picture that cannot be read says none of them."""


def main() -> int:
    """Render the order on stdin; 0 when an answer was given, STOPPED_STATUS when told to stop."""
    crash.arm(os.environ)
    answers = _own_stdout()
    work = work_in(sys.stdin.buffer.readline(LINE_BYTES_MAX))
    limits.take(work.limits)
    order = work.order()
    watch = _Watch(order.video)
    watch.start()
    try:
        _say(answers, _render(order, watch, answers))
    except Stopped:
        order.video.unlink(missing_ok=True)
        return STOPPED_STATUS
    return 0


def _render(order: RenderOrder, watch: "_Watch", answers: BinaryIO) -> Event:
    stage = "reading"

    def tell(progress: Progress) -> None:
        nonlocal stage
        stage = progress.stage
        _say(answers, Moved(progress=progress))
        crash.at("render.child")

    try:
        return Finished(rendered=make(order, on_progress=tell, is_stopped=watch.is_stopped))
    except Stopped:
        raise
    # The edge of this process: every error becomes the answer, and the traceback goes to the log.
    except Exception as exc:  # noqa: BLE001
        traceback.print_exc()
        order.video.unlink(missing_ok=True)
        return Failed(sentence=_sentence(exc, stage), is_ours=_is_ours(exc))


def _sentence(exc: Exception, stage: str) -> str:
    if isinstance(exc, RenderFailed):
        return exc.message
    if isinstance(exc, MemoryError) or "Insufficient memory" in str(exc):
        return "image needs more memory than a render may use"
    return "image is not readable" if stage == "reading" else "video could not be rendered"


def _is_ours(exc: Exception) -> bool:
    """Whether this machine is at fault; the encoder's own errors carry the system's number too."""
    return isinstance(exc, OSError) and exc.errno in OUR_ERRORS


class _Watch(threading.Thread):
    """Waits for stdin to end.

    A frame takes milliseconds, so a stop is usually seen by `make`;
    a decoder deep in C sees nothing, and then the whole process ends from here.
    """

    def __init__(self, video: Path) -> None:
        super().__init__(name="stdin watch", daemon=True)
        self._stopped = threading.Event()
        self._video = video

    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def run(self) -> None:
        # Straight from the descriptor: a buffered reader's lock, held by this daemon thread,
        # would make the interpreter abort at exit.
        while os.read(0, 4_096):
            pass
        self._stopped.set()
        threading.Event().wait(STOP_GRACE_S)
        self._video.unlink(missing_ok=True)
        os._exit(STOPPED_STATUS)


def _own_stdout() -> BinaryIO:
    """The way to the parent, out of the reach of any library that prints."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return answers


def _say(answers: BinaryIO, event: Event) -> None:
    answers.write(line(event))


if __name__ == "__main__":
    sys.exit(main())
