"""`framegate backup`: a whole copy of the data folder, beside a running server or without one.

The order makes it whole. Files come first, since retention may remove some meanwhile; then the
database, at one moment; then the files that came in between. So every video that the copied
database shows is there, and the audit of the copy says so before it gets its name.
"""

import os
import shutil
from pathlib import Path
from typing import Annotated, get_args

import typer

from framegate.cli.accounts import opened
from framegate.cli.audit import say_findings
from framegate.cli.language import _
from framegate.cli.options import ConfigOption, DataOption
from framegate.cli.terminal import EXIT_FAILED, fail, say
from framegate.errors import SettingsInvalid
from framegate.folder import FOLDER_OF_THE_OWNER, SECRET_FILE
from framegate.gateway import ADMIN_KEY_FILE, DATABASE_FILE, Gateway
from framegate.store import audit
from framegate.store.blobs import Blobs, Kind
from framegate.store.database import SQLITE, Database
from framegate.store.snapshot import snapshot

SECRETS = (SECRET_FILE, ADMIN_KEY_FILE)
KINDS: tuple[Kind, ...] = get_args(Kind)


def backup(
    target: Annotated[Path, typer.Argument(help="The copy's folder; it must not exist yet.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the whole data folder, audited, while the gateway runs.

    To go back to it, stop the gateway and start it with --data on the copy.
    """
    with opened(data, config) as gateway:
        if target.exists():
            raise SettingsInvalid(
                _("{target} exists already; name a folder that does not", target=target)
            )
        partial = target.with_name(f"{target.name}.partial")
        _clear(partial)
        partial.mkdir(FOLDER_OF_THE_OWNER, parents=True)
        bytes_count = _copied(gateway, partial)
        findings = _audited(partial)
        if any(finding.broken for finding in findings):
            say_findings(findings)
            fail(
                _("the copy breaks a promise; it is left at {partial}", partial=partial),
                EXIT_FAILED,
            )
        partial.rename(target)
        _flush(target.parent)
        size = f"{bytes_count:,}"
        say(_("{target}: {size} bytes, every promise holds", target=target, size=size))


def _clear(partial: Path) -> None:
    """Remove what a backup that died left; anything else in its place is somebody's own."""
    if not partial.exists():
        return
    ours = {*KINDS, *SECRETS, DATABASE_FILE, "incoming"}
    names = {path.name for path in partial.iterdir()} if partial.is_dir() else {partial.name}
    if not all(name in ours or name.startswith(DATABASE_FILE) for name in names):
        raise SettingsInvalid(
            _(
                "{partial} is in the way and is no unfinished backup; move it, or name another "
                "folder",
                partial=partial,
            )
        )
    shutil.rmtree(partial)


def _copied(gateway: Gateway, to: Path) -> int:
    for kind in KINDS:
        (to / kind).mkdir()
        _copy_new(gateway.folder / kind, to / kind)
    snapshot(gateway.database, to / DATABASE_FILE)
    for kind in KINDS:
        _copy_new(gateway.folder / kind, to / kind)
    for name in SECRETS:
        # A secret that is given by a setting has no file.
        if (gateway.folder / name).exists():
            shutil.copy2(gateway.folder / name, to / name)
    for path in (*to.rglob("*"), to):
        _flush(path)
    return sum(path.stat().st_size for path in to.rglob("*") if path.is_file())


def _copy_new(source: Path, to: Path) -> None:
    for path in source.iterdir():
        if not (to / path.name).exists():
            try:
                shutil.copy2(path, to / path.name)
            except FileNotFoundError:
                continue  # Its time was over just now.


def _audited(folder: Path) -> list[audit.Finding]:
    """What the audit finds in a copy, by the copy's own database and files."""
    database = Database.open(f"{SQLITE}{folder / DATABASE_FILE}")
    try:
        return database.read_now(audit.run, video_files=Blobs(folder).lengths("videos"))
    finally:
        database.close_now()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
