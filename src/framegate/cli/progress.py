"""How a task's progress is shown: a bar on a terminal, a line a stage elsewhere, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from framegate.cli.language import _, marked
from framegate.cli.terminal import err, printable
from framegate.client import answers

WAITING = marked("waiting")
STAGES = {
    "": WAITING,
    "reading": marked("reading the picture"),
    "depth": marked("estimating depth"),
    "rendering": marked("rendering"),
    "finishing": marked("writing the file"),
    "finished": marked("storing"),
    answers.AWAY: marked("waiting for the server to answer again"),
}
QUARTERS = 4

Listener = Callable[[answers.Task], None]


@contextmanager
def shown(*, is_quiet: bool, console: Console = err) -> Iterator[Listener]:
    """Give somebody to tell each look to."""
    if is_quiet:
        yield lambda _: None
    elif not console.is_terminal:
        yield _Lines(console)
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            _Frames(),
            _TimeLeft(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task(_(WAITING), total=None)
            yield lambda task: progress.update(
                bar,
                # The last that was done stays beside a bar that has ended.
                description=stage(task) or None,
                completed=task.frames_done,
                total=task.frames_total or None,
            )


def stage(task: answers.Task) -> str:
    """What happens now, in words, "" once it has ended; without a stage the status says it."""
    if task.is_ended:
        return ""
    if not task.stage and task.status == "processing":
        return _("processing")
    return _(STAGES[task.stage]) if task.stage in STAGES else printable(task.stage)


class _Lines:
    """A line when the stage changes, and at each quarter of the frames."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[str] = set()

    def __call__(self, task: answers.Task) -> None:
        line = stage(task)
        if task.frames_total and task.stage == "rendering":
            quarter = task.frames_done * QUARTERS // task.frames_total
            line = _(
                "{stage}, {percent} % of {total} frames",
                stage=line,
                percent=quarter * 100 // QUARTERS,
                total=task.frames_total,
            )
        if line and line not in self._said:
            self._said.add(line)
            self._console.print(line, soft_wrap=True)


class _Frames(ProgressColumn):
    """`40/120 frames`; nothing while their number is not known."""

    def render(self, task: Task) -> Text:
        """The cell."""
        if not task.total:
            return Text("")
        return Text(_("{done}/{total} frames", done=int(task.completed), total=int(task.total)))


class _TimeLeft(ProgressColumn):
    """`3 s left`, by the speed so far; nothing before there is one."""

    def render(self, task: Task) -> Text:
        """The cell."""
        left_s = task.time_remaining
        if left_s is None or not task.total:
            return Text("")
        return Text(_("{left} s left", left=f"{left_s:.0f}"))
