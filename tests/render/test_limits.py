"""What a render child gives up: seen in processes of their own, since nothing gives it back."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from framegate.render.limits import VIDEO_BYTES_MAX

GIB = 1024**3
NAMES = ("CORE", "FSIZE", "CPU", "DATA", "AS")
PROGRAM = """
import json, os, resource
from framegate.render import limits
from framegate.render.order import RenderLimits

{before}
limits.take(RenderLimits(memory_bytes_max={memory}, cpu_s_max={cpu_s}))
{after}
kinds = {{name: getattr(resource, "RLIMIT_" + name) for name in {names}}}
print(json.dumps({{name: resource.getrlimit(kind) for name, kind in kinds.items()}}))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="macOS refuses some of these")


def limited(*, memory=GIB, cpu_s=7, before="", after=""):
    """A process that took its limits; what it printed, line by line."""
    program = PROGRAM.format(memory=memory, cpu_s=cpu_s, before=before, after=after, names=NAMES)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_limits_are_those_of_the_order():
    (said,) = limited()
    assert json.loads(said) == {
        "CORE": [0, 0],
        "FSIZE": [VIDEO_BYTES_MAX, VIDEO_BYTES_MAX],
        "CPU": [7, 9],
        "DATA": [GIB, GIB],
        "AS": [3 * GIB, 3 * GIB],
    }


def test_limit_that_is_lower_already_is_kept():
    (said,) = limited(before="resource.setrlimit(resource.RLIMIT_CPU, (3, 4))")
    soft, hard = json.loads(said)["CPU"]
    assert soft == 3
    assert hard <= 4


def test_memory_beyond_the_limit_is_not_given():
    take = "\ntry:\n    bytearray(900 * 1024**2)\nexcept MemoryError:\n    print('no')\n"
    assert limited(memory=600 * 1024**2, after=take)[0] == "no"


def test_file_beyond_the_limit_is_not_written(tmp_path):
    write = f"""
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = open({str(tmp_path / "video")!r}, "wb")
file.seek({VIDEO_BYTES_MAX})
try:
    file.write(b"x") and file.flush()
except OSError as error:
    print(error.strerror)
os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())
"""
    assert limited(after=write)[0] == "File too large"


def test_rendering_comes_after_serving():
    said = limited(after="print(os.nice(0)); print(open('/proc/self/oom_score_adj').read())")
    assert int(said[0]) == min(os.nice(0) + 10, 19)
    assert int(said[1]) == 900


def test_this_process_has_kept_its_own_limits():
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != VIDEO_BYTES_MAX
    assert Path("/proc/self/oom_score_adj").read_text(encoding="ascii").strip() != "900"
