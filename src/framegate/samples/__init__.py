"""The sample pictures in the wheel, drawn by `tools/draw_samples.py`: no rights of anybody else.

`framegate demo` and the pretend vendor show them. Only the standard library is imported here.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

SUFFIX = ".jpg"


def names() -> tuple[str, ...]:
    """The pictures' names, sorted: `("aurora", "balloon", ...)`."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX)))


def data(name: str) -> bytes:
    """The JPEG's bytes.

    raises   KeyError for a name that is not one of `names()`
    """
    return _picture(name).read_bytes()


def _picture(name: str) -> Traversable:
    # Judged by the list, so that a name can never be a path to somewhere else.
    if name not in names():
        raise KeyError(name)
    return files(__name__) / f"{name}{SUFFIX}"
