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

from framegate.cli.language import Sentence, _, marked
from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.sentences import Repeated, spoken
from framegate.cli.terminal import EXIT_FAILED, padded, printable, say, say_json, troubles
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

PROBE_WAIT_S = 5
CLOCK_BACK_MS_MAX = 10_000
CLOCK_MIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Nobody ran this program before; a clock that says so was never set."""

WHAT = {
    "data": marked("data"),
    "disk": marked("disk"),
    "port": marked("port"),
    "clock": marked("clock"),
    "codecs": marked("codecs"),
    "database": marked("database"),
    "browser": marked("browser"),
    "upstream": marked("upstream"),
}
"""What is looked at: its name for JSON, its word for people."""

STATE_CELLS, WHAT_CELLS = 5, 11

OTHERS_MAY_READ = 0o077


class State(StrEnum):
    """How a look ended; only `bad` fails the command."""

    GOOD = marked("ok")
    DOUBTFUL = marked("warn")
    BAD = marked("BAD")


@dataclass(frozen=True)
class Finding:
    """What one look found; `next_step` is "" where there is nothing to do.

    The sentences are English, as JSON has them; a `Sentence` can be said otherwise.
    """

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
            state = padded(_(finding.state), STATE_CELLS)
            what = padded(_(WHAT.get(finding.what, finding.what)), WHAT_CELLS)
            say(f"{state} {what} {printable(spoken(finding.says))}")
            if finding.next_step:
                step = _("next: {step}", step=printable(spoken(finding.next_step)))
                say(padded("", STATE_CELLS + WHAT_CELLS + 2) + step)
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
            "data",
            State.BAD,
            Sentence("{folder} is not writable by this user", folder=there),
            Sentence("choose another --data"),
        )
    if there != folder:
        says = Sentence("{folder} is made at the first start", folder=folder)
        return Finding("data", State.GOOD, says)
    for name in (SECRET_FILE, ADMIN_KEY_FILE):
        path = folder / name
        if path.exists() and path.stat().st_mode & OTHERS_MAY_READ:
            says = Sentence("others may read {path}", path=path)
            return Finding("data", State.DOUBTFUL, says, f"chmod 600 {path}")
    says = Sentence("{folder} is there and writable", folder=folder)
    return Finding("data", State.GOOD, says)


def _disk(chosen: Settings) -> Finding:
    folder = Path(chosen.data.dir).absolute()
    return disk_with(shutil.disk_usage(_nearest(folder)).free, folder)


def disk_with(free: int, folder: Path) -> Finding:
    """What so many free bytes mean."""
    size = f"{free / 1e9:.1f} GB"
    says = Sentence("{size} free for {folder}", size=size, folder=folder)
    if free < FREE_BYTES_LOW:
        state = State.BAD if free < FREE_BYTES_MIN else State.DOUBTFUL
        step = Sentence("free some space, or set videos.keep_days lower")
        return Finding("disk", state, says, step)
    return Finding("disk", State.GOOD, says)


def _port(chosen: Settings) -> Finding:
    host, port = chosen.server.host, chosen.server.port
    try:
        server.listen(host, port).socket.close()
    except SettingsInvalid as error:
        version = _framegate_at(host, port)
        if version:
            says = Sentence(
                "framegate {version} answers on {host}:{port}",
                version=version,
                host=host,
                port=port,
            )
            return Finding("port", State.GOOD, says)
        step = Sentence("stop what uses it, or take another --port")
        return Finding("port", State.BAD, str(error), step)
    return Finding("port", State.GOOD, Sentence("{host}:{port} is free", host=host, port=port))


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
    time, path = f"{now:%Y-%m-%d %H:%M:%S} UTC", _path(chosen)
    written_ms = path.stat().st_mtime_ns // 1_000_000 if path.is_file() else 0
    if now < CLOCK_MIN or written_ms > now_ms() + CLOCK_BACK_MS_MAX:
        return Finding(
            "clock",
            State.BAD,
            Sentence("it is {time}, and the gateway's last write was later", time=time),
            Sentence("set the clock (NTP): links, webhooks and deadlines depend on it"),
        )
    return Finding("clock", State.GOOD, Sentence("it is {time}", time=time))


def _codecs(_chosen: Settings) -> Finding:
    with tempfile.TemporaryDirectory(prefix="framegate-doctor-") as folder:
        video = Path(folder) / "proof.mp4"
        try:
            with encoder(video, width=64, height=64, metadata={}) as film:
                frame = film.canvas()[0]
                film.put(frame)
        except Exception as error:  # noqa: BLE001 - whatever a missing codec raises
            says = Sentence("no H.264 can be written: {why}", why=Repeated(str(error)))
            return Finding("codecs", State.BAD, says, Sentence("install framegate anew"))
        return Finding("codecs", State.GOOD, Sentence("H.264 in MP4 can be written"))


# --- what it keeps ----------------------------------------------------------------------------


def _browser(_chosen: Settings) -> Finding:
    try:
        webbrowser.get()
    except webbrowser.Error:
        # No ill of a server: the console is looked at from anywhere.
        says = Sentence("none here; open the link of `framegate console` from another machine")
        return Finding("browser", State.GOOD, says)
    says = Sentence("one is here, for the console and for generate --open")
    return Finding("browser", State.GOOD, says)


def _database(chosen: Settings) -> Finding:
    path = _path(chosen)
    if chosen.data.database and not chosen.data.database.startswith(SQLITE):
        return Finding(
            "database",
            State.DOUBTFUL,
            Sentence("data.database is no file, and is not looked at here"),
            Sentence("framegate serve says at its start whether it answers"),
        )
    if not path.is_file():
        says = Sentence("{path} is made at the first start", path=path)
        return Finding("database", State.GOOD, says)
    try:
        standing = migrate.standing(path)
    except StoreError as error:
        step = Sentence("restore it from a backup")
        return Finding("database", State.BAD, str(error), step)
    if not standing.is_known:
        return Finding(
            "database",
            State.BAD,
            Sentence(
                "{path} is of a newer framegate (its tables are at {step})",
                path=path,
                step=standing.current,
            ),
            Sentence("start that version, or take another --data"),
        )
    if standing.current != standing.newest:
        return Finding(
            "database",
            State.DOUBTFUL,
            Sentence(
                "{path} is at step {step} of {newest}",
                path=path,
                step=standing.current or "0000",
                newest=standing.newest,
            ),
            Sentence("copy the folder; the next start upgrades it"),
        )
    says = Sentence("{path} is at step {step}, the newest", path=path, step=standing.current)
    return Finding("database", State.GOOD, says)


def _upstreams(chosen: Settings, *, can_open: bool) -> Iterator[Finding]:
    if can_open:
        yield from asyncio.run(_asked(chosen))
        return
    for name, upstream in chosen.upstreams.items():
        says = Sentence(
            "{name} ({kind}) is set up; it is asked once there is a database",
            name=name,
            kind=upstream.kind,
        )
        yield Finding("upstream", State.GOOD, says)


async def _asked(chosen: Settings) -> list[Finding]:
    """Ask each what buys nothing; the database is at its newest step, so opening changes none."""
    try:
        gateway = Gateway.open(chosen)
    except FramegateError as error:
        return [Finding("upstream", State.BAD, str(error), Sentence("see docs/settings.md"))]
    try:
        checked = {name: await each.check() for name, each in gateway.upstreams.items()}
    finally:
        await gateway.close()
    return [_upstream(name, answer) for name, answer in checked.items()]


def _upstream(name: str, checked: Any) -> Finding:
    says = Sentence("{name}: {says}", name=name, says=Repeated(checked.says))
    if checked.is_well:
        return Finding("upstream", State.GOOD, says)
    step = Sentence("check upstreams.{name}.base_url and its key in framegate.toml", name=name)
    return Finding("upstream", State.BAD, says, step)


def _path(chosen: Settings) -> Path:
    file = chosen.data.database.removeprefix(SQLITE)
    return Path(file) if file else Path(chosen.data.dir).absolute() / DATABASE_FILE


def _exists(chosen: Settings) -> bool:
    return _path(chosen).is_file()


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())
