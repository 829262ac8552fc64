"""What a render child takes away from itself before it opens the picture.

`child` calls it once, first thing. The kernel keeps these promises even when a decoder crashes,
loops or allocates without end; the parent's wall limit stands above them all.
"""

import contextlib
import os
import resource
from pathlib import Path

from framegate.render.order import RenderLimits

VIDEO_BYTES_MAX = 1024**3
"""15 s at 1080p take about 30 MB; a file a hundred times as long is a fault of ours."""

_NICENESS = 10


def take(limits: RenderLimits) -> None:
    """Lower this process's limits for good."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, VIDEO_BYTES_MAX)
    # The soft limit's signal names the cause; at the hard limit the kernel only kills.
    _lower(resource.RLIMIT_CPU, limits.cpu_s_max, spare=2)
    # Data is what we allocate. The address space also counts libraries and the stacks of threads
    # that are never touched, so it only gets a looser bound.
    _lower(resource.RLIMIT_DATA, limits.memory_bytes_max)
    _lower(resource.RLIMIT_AS, limits.memory_bytes_max + 2 * 1024**3)
    # Serving comes before rendering, and when memory runs out a render is what can be lost.
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")


def _lower(kind: int, value: int, *, spare: int = 0) -> None:
    bounds = [bound for bound in resource.getrlimit(kind) if bound != resource.RLIM_INFINITY]
    soft = min([value, *bounds])
    hard = min([value + spare, *bounds])
    # macOS refuses some of these; there the parent's wall limit has to do.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (soft, hard))
