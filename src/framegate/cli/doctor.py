"""`framegate doctor`: what a gateway needs of this machine, looked at and never changed.

Each look is a function of the settings; what it finds is a Finding with a sentence and, where all
is not well, what to do. It works before the first start, beside a running server and after a crash.
"""

import asyncio
import http.client
import json
import os
import shutil
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.terminal import EXIT_FAILED, printable, say, say_json, troubles
from framegate.errors import FramegateError, SettingsInvalid, StoreError
from framegate.folder import SECRET_FILE
from framegate.gateway import ADMIN_KEY_FILE, DATABASE_FILE, Gateway, now_ms
from framegate.render.encode import encoder
from framegate.settings import Settings
from framegate.store import migrate
from framegate.store.database import SQLITE
from framegate.web import server

FREE_BYTES_LOW = 5_000_000_000
FREE_BYTES_MIN = 500_000_000
"""Some hundred videos; below that a burst of tasks can fill the disk within minutes."""

PROBE_WAIT_S = 2
CLOCK_BACK_MS_MAX = 10_000
CLOCK_MIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Nobody ran this program before; a clock that says so was never set."""

OTHERS_MAY_READ = 0o077


class State(StrEnum):
    """How a look ended; only `bad` fails the command."""

    GOOD = "ok"
    DOUBTFUL = "warn"
    BAD = "BAD"


@dataclass(frozen=True)
class Finding:
    """What one look found; `next_step` is "" where there is nothing to do."""

    what: str
    state: State
    says: str
    next_step: str = ""


def doctor(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Look at disk, port, database, upstreams, clock, codecs, browser; exit 0 when none is bad.

    Nothing is changed, and a Kling upstream is asked what buys nothing.
    """
    with troubles():
        chosen = settings(data=data, config=config)
        found = list(examined(chosen))
    is_well = all(finding.state is not State.BAD for finding in found)
    if json:
        say_json({"ok": is_well, "findings": [vars(finding) for finding in found]})
    else:
        for finding in found:
            say(f"{finding.state:<5} {finding.what:<11} {printable(finding.says)}")
            if finding.next_step:
                say(f"{'':17} next: {printable(finding.next_step)}")
    if not is_well:
        raise typer.Exit(EXIT_FAILED)


def examined(chosen: Settings) -> Iterator[Finding]:
    """Every look, in the order in which a start would need it."""
    looks: tuple[Callable[[Settings], Finding], ...] = (
        _folder,
        _disk,
        _port,
        _clock,
        _codecs,
        _browser,
    )
    for look in looks:
        yield look(chosen)
    standing = _database(chosen)
    yield standing
    yield from _upstreams(chosen, can_open=standing.state is State.GOOD and _exists(chosen))


# --- the machine ------------------------------------------------------------------------------


def _folder(chosen: Settings) -> Finding:
    folder = Path(chosen.data.dir).absolute()
    there = _nearest(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            "data", State.BAD, f"{there} is not writable by this user", "choose another --data"
        )
    if there != folder:
        return Finding("data", State.GOOD, f"{folder} is made at the first start")
    for name in (SECRET_FILE, ADMIN_KEY_FILE):
        path = folder / name
        if path.exists() and path.stat().st_mode & OTHERS_MAY_READ:
            return Finding("data", State.DOUBTFUL, f"others may read {path}", f"chmod 600 {path}")
    return Finding("data", State.GOOD, f"{folder} is there and writable")


def _disk(chosen: Settings) -> Finding:
    folder = Path(chosen.data.dir).absolute()
    return disk_with(shutil.disk_usage(_nearest(folder)).free, folder)


def disk_with(free: int, folder: Path) -> Finding:
    """What so many free bytes mean."""
    says = f"{free / 1e9:.1f} GB free for {folder}"
    if free < FREE_BYTES_LOW:
        state = State.BAD if free < FREE_BYTES_MIN else State.DOUBTFUL
        return Finding("disk", state, says, "free some space, or set videos.keep_days lower")
    return Finding("disk", State.GOOD, says)


def _port(chosen: Settings) -> Finding:
    host, port = chosen.server.host, chosen.server.port
    try:
        server.listen(host, port).socket.close()
    except SettingsInvalid as error:
        version = _framegate_at(host, port)
        if version:
            return Finding("port", State.GOOD, f"framegate {version} answers on {host}:{port}")
        return Finding("port", State.BAD, str(error), "stop what uses it, or take another --port")
    return Finding("port", State.GOOD, f"{host}:{port} is free")


def _framegate_at(host: str, port: int) -> str:
    """The version of a gateway that listens there; "" when it is something else."""
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_WAIT_S)
    try:
        connection.request("GET", "/")
        about = json.loads(connection.getresponse().read())["data"]
        return str(about["version"]) if about["name"] == "framegate" else ""
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return ""
    finally:
        connection.close()


def _clock(chosen: Settings) -> Finding:
    now = datetime.fromtimestamp(now_ms() / 1_000, UTC)
    says, path = f"it is {now:%Y-%m-%d %H:%M:%S} UTC", _path(chosen)
    written_ms = path.stat().st_mtime_ns // 1_000_000 if path.is_file() else 0
    if now < CLOCK_MIN or written_ms > now_ms() + CLOCK_BACK_MS_MAX:
        return Finding(
            "clock",
            State.BAD,
            f"{says}, and the gateway's last write was later",
            "set the clock (NTP): links, webhooks and deadlines depend on it",
        )
    return Finding("clock", State.GOOD, says)


def _codecs(_chosen: Settings) -> Finding:
    with tempfile.TemporaryDirectory(prefix="framegate-doctor-") as folder:
        video = Path(folder) / "proof.mp4"
        try:
            with encoder(video, width=64, height=64, metadata={}) as film:
                frame, _ = film.canvas()
                film.put(frame)
        except Exception as error:  # noqa: BLE001 - whatever a missing codec raises
            return Finding(
                "codecs", State.BAD, f"no H.264 can be written: {error}", "install framegate anew"
            )
        return Finding("codecs", State.GOOD, "H.264 in MP4 can be written")


# --- what it keeps ----------------------------------------------------------------------------


def _browser(_chosen: Settings) -> Finding:
    try:
        webbrowser.get()
    except webbrowser.Error:
        # No ill of a server: the console is looked at from anywhere.
        says = "none here; open the link of `framegate console` from another machine"
        return Finding("browser", State.GOOD, says)
    return Finding("browser", State.GOOD, "one is here, for the console and for generate --open")


def _database(chosen: Settings) -> Finding:
    path = _path(chosen)
    if chosen.data.database and not chosen.data.database.startswith(SQLITE):
        return Finding(
            "database",
            State.DOUBTFUL,
            "data.database is no file, and is not looked at here",
            "framegate serve says at its start whether it answers",
        )
    if not path.is_file():
        return Finding("database", State.GOOD, f"{path} is made at the first start")
    try:
        standing = migrate.standing(path)
    except StoreError as error:
        return Finding("database", State.BAD, str(error), "restore it from a backup")
    if not standing.is_known:
        return Finding(
            "database",
            State.BAD,
            f"{path} is of a newer framegate (its tables are at {standing.current})",
            "start that version, or take another --data",
        )
    if standing.current != standing.newest:
        return Finding(
            "database",
            State.DOUBTFUL,
            f"{path} is at step {standing.current or 'none'} of {standing.newest}",
            "copy the folder; the next start upgrades it",
        )
    return Finding("database", State.GOOD, f"{path} is at step {standing.current}, the newest")


def _upstreams(chosen: Settings, *, can_open: bool) -> Iterator[Finding]:
    if can_open:
        yield from asyncio.run(_asked(chosen))
        return
    for name, upstream in chosen.upstreams.items():
        says = f"{name} ({upstream.kind}) is set up; it is asked once there is a database"
        yield Finding("upstream", State.GOOD, says)


async def _asked(chosen: Settings) -> list[Finding]:
    """Ask each what buys nothing; the database is at its newest step, so opening changes none."""
    try:
        gateway = Gateway.open(chosen)
    except FramegateError as error:
        return [Finding("upstream", State.BAD, str(error), "see docs/settings.md")]
    try:
        checked = {name: await each.check() for name, each in gateway.upstreams.items()}
    finally:
        await gateway.close()
    return [_upstream(name, answer) for name, answer in checked.items()]


def _upstream(name: str, checked: Any) -> Finding:
    if checked.is_well:
        return Finding("upstream", State.GOOD, f"{name}: {checked.says}")
    return Finding(
        "upstream",
        State.BAD,
        f"{name}: {checked.says}",
        f"check upstreams.{name}.base_url and its key in framegate.toml",
    )


def _path(chosen: Settings) -> Path:
    file = chosen.data.database.removeprefix(SQLITE)
    return Path(file) if file else Path(chosen.data.dir).absolute() / DATABASE_FILE


def _exists(chosen: Settings) -> bool:
    return _path(chosen).is_file()


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())
