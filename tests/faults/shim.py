"""Disk faults and clock jumps for one process, switched on and off while it runs.

The C file beside this one is compiled when a test first wants it and preloaded into the gateway.
Where it cannot be, `MISSING` says why, and the tests that need it are skipped with that reason.
"""

import errno
import mmap
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntFlag
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
NUMBERS = struct.Struct("<4q")
ERROR, CALLS, HITS, CLOCK = range(4)
PATH_BYTES = 256


class Call(IntFlag):
    """As in the C file."""

    WRITE = 1
    SYNC = 2
    RENAME = 4
    OPEN = 8  # For writing.
    UNLINK = 16
    READ = 32  # And opening for reading.


def _why_missing() -> str:
    if not sys.platform.startswith("linux"):
        return "LD_PRELOAD and /proc are Linux's"
    if shutil.which("gcc") is None:
        return "no gcc here to compile tests/faults/shim.c"
    return ""


MISSING = _why_missing()
"""Why there can be no shim; "" where there can."""


@cache
def compiled(folder: Path) -> Path:
    """The library, made anew in a folder of the test run."""
    library = folder / "shim.so"
    subprocess.run(
        ["gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"],
        check=True,
    )
    return library


class Shim:
    """What goes wrong in the processes that were started with `environment`."""

    def __init__(self, library: Path, control: Path) -> None:
        control.write_bytes(bytes(NUMBERS.size + PATH_BYTES))
        with control.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), 0)
        self.environment = {"LD_PRELOAD": str(library), "FAULT_SHIM": str(control)}

    @contextmanager
    def failing(self, calls: Call, *, number: int = errno.EIO, path: str) -> Iterator[None]:
        """Let calls on every path with this part in it fail, until the block is left."""
        self._mapped[NUMBERS.size :] = path.encode().ljust(PATH_BYTES, b"\0")
        self._set(CALLS, calls)
        self._set(HITS, 0)
        self._set(ERROR, number)
        try:
            yield
        finally:
            self._set(ERROR, 0)

    @property
    def hits(self) -> int:
        """How often the newest fault was met."""
        return int(NUMBERS.unpack_from(self._mapped)[HITS])

    def set_clock(self, off_s: float) -> None:
        """Let the wall clock be so many seconds off; steady clocks go on as they are."""
        self._set(CLOCK, int(off_s * 1_000))

    def _set(self, field: int, value: int) -> None:
        struct.pack_into("<q", self._mapped, field * 8, value)
