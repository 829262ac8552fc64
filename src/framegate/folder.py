"""The data folder itself: made at first start, with secrets that only its owner reads.

The gateway opens it before anything else. What lies in it besides is the store's business.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from framegate import crash
from framegate.errors import SettingsInvalid

SECRET_FILE = "secret.key"  # noqa: S105 - a file's name
SECRET_BYTES = 32
OWNER_ONLY = 0o600
FOLDER_OF_THE_OWNER = 0o700


def open_folder(path: str) -> Path:
    """The folder, absolute; made for its owner alone if it was not there.

    raises   SettingsInvalid when it cannot be made or written
    """
    folder = Path(path).absolute()
    try:
        folder.mkdir(FOLDER_OF_THE_OWNER, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsInvalid(f"data.dir: {folder} cannot be made: {error.strerror}") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise SettingsInvalid(f"data.dir: {folder} is not writable by this user")
    return folder


def master_secret(folder: Path, *, given: str) -> bytes:
    """The secret that all others are derived from (decision 7).

    given    `data.secret`, hexadecimal; "" for the one in the folder, made at first start
    raises   SettingsInvalid when either is malformed
    """
    text, origin = given, "data.secret"
    if not text:
        path = folder / SECRET_FILE
        crash.at("first_start.secret")
        text, origin = kept_private(path, secrets.token_hex(SECRET_BYTES)), str(path)
    try:
        master = bytes.fromhex(text)
    except ValueError:
        master = b""
    if len(master) != SECRET_BYTES:
        raise SettingsInvalid(f"{origin} must be {SECRET_BYTES * 2} hexadecimal digits")
    return master


def kept_private(path: Path, text: str) -> str:
    """What a secret file holds; `text` where there was none. On disk before anybody relies on it.

    Two processes may start together on a new folder: the first one's secret is everybody's.
    """
    with alone_in(path.parent) as folder:
        if not path.exists():
            _write_private(path, text + "\n")
            # The name is only durable once the folder's own entry is.
            os.fsync(folder)
        return path.read_text(encoding="ascii").strip()


@contextmanager
def alone_in(folder: Path) -> Iterator[int]:
    """Be the one process that makes something in a folder; others wait. Yields its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def left_while_alive(path: Path, text: str) -> Iterator[None]:
    """Leave a text for other processes, in a file that only its owner reads, until the end.

    The file is locked while we live, by a lock that dies with us: after a kill the file stays, and
    nobody holds it. It is a convenience, so a folder that takes no file stops nothing.
    """
    try:
        file = _leave(path, text)
    except OSError:
        yield
        return
    with file:
        try:
            yield
        finally:
            # The folder may be gone by now, or the file another process's, which came after us.
            with suppress(OSError), alone_in(path.parent):
                if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                    path.unlink()


def _leave(path: Path, text: str) -> TextIO:
    with alone_in(path.parent):
        file = _private(_beside(path))
        try:
            # Locked before it has its name: nobody finds it and takes it for a dead one's.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(text + "\n")
            file.flush()
            _beside(path).rename(path)
        except OSError:
            file.close()
            raise
    return file


def _write_private(path: Path, text: str) -> None:
    with _private(_beside(path)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _beside(path).rename(path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _private(temporary: Path) -> TextIO:
    temporary.unlink(missing_ok=True)  # Of a start that died here.
    # Made with its mode, not changed after: there is no moment at which others may read it.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    return os.fdopen(descriptor, "w", encoding="utf-8")
