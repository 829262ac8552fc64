"""What a user may give as a picture: an address, a file, bytes, an open file, or a PIL image.

Addresses go to the server as they are; everything else becomes the bytes of an upload. PIL is never
imported: an image of it knows how to save itself.
"""

import io
import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from framegate.client.errors import PictureUnreadable
from framegate.domain.picture import PICTURE_BYTES_MAX, TOO_LARGE_UNCOUNTED

NAME_CHARACTERS_MAX = 200
ADDRESSES = ("http://", "https://")
# Modes that a PNG can hold as they are; any other image is converted.
PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


@runtime_checkable
class OpenFile(Protocol):
    """Anything with `read`, opened for bytes."""

    def read(self, size: int, /) -> Any:
        """At most so much of what is left of the file."""


class PillowImage(Protocol):
    """The little of `PIL.Image.Image` that is needed."""

    @property
    def mode(self) -> str:
        """How a pixel is kept."""

    def save(self, fp: Any, format: str) -> None:  # noqa: A002 - Pillow's own name
        """Write the image."""

    def convert(self, mode: str) -> "PillowImage":
        """The image in another mode."""


PictureSource = str | os.PathLike[str] | bytes | bytearray | memoryview | OpenFile | PillowImage


def is_address(source: PictureSource) -> bool:
    """Whether the server is to fetch it by itself."""
    return isinstance(source, str) and source.lower().startswith(ADDRESSES)


def content_of(source: PictureSource) -> bytes:
    """The bytes to upload; may read a file or write a PNG, so it can be slow.

    raises   PictureUnreadable with what is wrong
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _judged(bytes(source), "the bytes")
    if isinstance(source, str | os.PathLike):
        return _file(source)
    if isinstance(source, OpenFile):
        return _opened(source)
    if hasattr(source, "save") and hasattr(source, "mode"):
        return _png(source)
    raise PictureUnreadable(f"a {type(source).__name__} is no picture")


def _file(source: str | os.PathLike[str]) -> bytes:
    if str(source).startswith("data:"):
        raise PictureUnreadable("a data: address is no picture", "pass the bytes themselves")
    try:
        with Path(source).open("rb") as file:
            return _judged(file.read(PICTURE_BYTES_MAX + 1), _short(source))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise PictureUnreadable(
            f"{_short(source)} cannot be read: {why}",
            "check the path, and that it is a file which this user may read",
        ) from None


def _opened(source: OpenFile) -> bytes:
    content = source.read(PICTURE_BYTES_MAX + 1)
    if not isinstance(content, bytes):
        raise PictureUnreadable("the file gives text", "open it for bytes: open(path, 'rb')")
    return _judged(content, "the file")


def _png(image: PillowImage) -> bytes:
    buffer = io.BytesIO()
    (image if image.mode in PNG_MODES else image.convert("RGB")).save(buffer, "PNG")
    return _judged(buffer.getvalue(), "the image as a png")


def _judged(content: bytes, name: str) -> bytes:
    # The server judges a picture; only what must not be read or sent whole is judged here.
    if not content:
        raise PictureUnreadable(f"{name} holds nothing", "was an open file read before?")
    if len(content) > PICTURE_BYTES_MAX:
        raise PictureUnreadable(f"{name}: {TOO_LARGE_UNCOUNTED}", "make the picture smaller")
    return content


def _short(source: str | os.PathLike[str]) -> str:
    text = str(source)
    return text if len(text) <= NAME_CHARACTERS_MAX else text[:NAME_CHARACTERS_MAX] + "…"
