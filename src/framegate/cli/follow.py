"""Follow one task to its video file: the end of `generate`, `demo` and `tasks watch`."""

import os
from pathlib import Path

from framegate.cli.language import _
from framegate.cli.progress import shown
from framegate.cli.terminal import EXIT_STOPPED, fail
from framegate.client.answers import Task
from framegate.client.face import Framegate, Video
from framegate.errors import SettingsInvalid

WAIT_S_MAX = 1_800.0


def followed(
    client: Framegate, task: Task, *, is_quiet: bool, again: str, wait_s: float = WAIT_S_MAX
) -> Video:
    """Wait for the video, and tell meanwhile how it goes.

    again    the command that picks the task up, said when somebody stops looking
    raises   TaskFailed, StillRunning
    """
    try:
        with shown(is_quiet=is_quiet) as on_progress:
            return client.wait(task, timeout=wait_s, on_progress=on_progress)
    except KeyboardInterrupt:
        fail(
            _(
                "stopped looking; the task goes on\n  next: pick it up with: {command}",
                command=again,
            ),
            EXIT_STOPPED,
        )


def check_output(output: Path) -> None:
    """Refuse a place that takes no file, before anything is bought.

    A video that cannot be saved is paid for all the same.
    raises   SettingsInvalid
    """
    folder = output.absolute().parent
    if not folder.is_dir():
        raise SettingsInvalid(
            _("--output: the folder {folder} does not exist; make it first", folder=folder)
        )
    if output.is_dir():
        raise SettingsInvalid(_("--output: {output} is a folder; name a file in it", output=output))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsInvalid(
            _(
                "--output: the folder {folder} is not writable by this user; choose another",
                folder=folder,
            )
        )
