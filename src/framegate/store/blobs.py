"""Videos and pictures: files that are there whole or not at all.

A file is written under a temporary name, flushed to the disk, renamed, and its folder flushed;
only then may a row make it visible. Whatever lies here without a row is an orphan of a crash and
is swept. All functions block: callers run them on a thread.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from framegate import crash

Kind = Literal["videos", "images", "renders"]
SUFFIXES: dict[Kind, str] = {"videos": ".mp4", "images": "", "renders": ".mp4"}

# An orphan younger than this may belong to a transaction that is about to commit.
ORPHAN_AGE_S_MIN = 3_600
COPY_BYTES = 1 << 20


class Blobs:
    """One folder a kind, under the data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for kind in SUFFIXES:
            (folder / kind).mkdir(parents=True, exist_ok=True)
        self._incoming = folder / "incoming"
        self._incoming.mkdir(exist_ok=True)

    def path(self, kind: Kind, blob_id: str) -> Path:
        """Where a published file lies."""
        return self._folder / kind / f"{blob_id}{SUFFIXES[kind]}"

    def incoming(self, suffix: str = "") -> Path:
        """A fresh temporary name on the same file system, so that publishing is a rename."""
        return self._incoming / f"{secrets.token_hex(12)}{suffix}"

    def publish(self, kind: Kind, blob_id: str, temporary: Path) -> Path:
        """Make a finished temporary file durable under its final name."""
        crash.at("publish.written")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        crash.at("publish.synced")
        target = self.path(kind, blob_id)
        temporary.rename(target)
        crash.at("publish.renamed")
        _flush_folder(target.parent)
        return target

    def keep(self, kind: Kind, blob_id: str, content: bytes) -> Path:
        """Write and publish bytes that are already in memory."""
        temporary = self.incoming()
        try:
            temporary.write_bytes(content)
            return self.publish(kind, blob_id, temporary)
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, kind: Kind, blob_id: str) -> None:
        """Remove a published file; one that is gone already is fine."""
        self.path(kind, blob_id).unlink(missing_ok=True)

    def sweep(self, kind: Kind, *, known: set[str], now_s: float) -> list[str]:
        """Remove files without a row that are too old to be on their way; say which."""
        swept = [*_old_orphans(self._folder / kind, known, now_s)]
        swept += _old_orphans(self._incoming, set(), now_s)
        for path in swept:
            path.unlink(missing_ok=True)
        return [path.name for path in swept]

    def lengths(self, kind: Kind) -> dict[str, int]:
        """The id and length of every published file of a kind, for the audit."""
        return {path.stem: status.st_size for path, status in _files(self._folder / kind)}


def copy(source: Path, to: Path) -> tuple[int, str]:
    """Copy a file and say its length and SHA-256 (hex), computed from what was written."""
    digest, bytes_count = hashlib.sha256(), 0
    with source.open("rb") as reader, to.open("xb") as writer:
        while chunk := reader.read(COPY_BYTES):
            writer.write(chunk)
            digest.update(chunk)
            bytes_count += len(chunk)
    return bytes_count, digest.hexdigest()


def fingerprint(path: Path) -> tuple[int, str]:
    """The length and SHA-256 (hex) of a file."""
    with path.open("rb") as reader:
        digest = hashlib.file_digest(reader, "sha256")
        return reader.tell(), digest.hexdigest()


def _old_orphans(folder: Path, known: set[str], now_s: float) -> list[Path]:
    return [
        path
        for path, status in _files(folder)
        if path.stem not in known and now_s - status.st_mtime > ORPHAN_AGE_S_MIN
    ]


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in folder.iterdir():
        # Published or removed by somebody since the folder was read: not here any more.
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat()


def _flush_folder(folder: Path) -> None:
    # The rename itself is only durable once the folder's own entry is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
