"""Content codings undone in bounded steps, for servers that compress although asked not to.

`reading` feeds it what arrives and counts what comes out. However small a bomb is, no step unpacks
more than STEP_BYTES, so the count stops it in time.
"""

import zlib
from collections.abc import Iterator

from framegate.errors import AnswerLost

STEP_BYTES = 64 * 1024
# zlib's window argument: 32 more than the size detects gzip and zlib headers by itself.
_WINDOW_BITS = 32 + zlib.MAX_WBITS
_PLAIN = frozenset({"", "identity"})
_DEFLATED = frozenset({"gzip", "x-gzip", "deflate"})


class Decoding:
    """One body's coding being undone; `feed` every part, then `finish`."""

    def __init__(self, coding: str) -> None:
        """`coding` is the Content-Encoding as sent. Raises AnswerLost for one we cannot undo."""
        name = coding.strip().lower()
        if name not in _PLAIN | _DEFLATED:
            raise AnswerLost("the answer has a content coding that was not asked for")
        self._inflater = zlib.decompressobj(_WINDOW_BITS) if name in _DEFLATED else None
        self._has_begun = False

    @property
    def is_plain(self) -> bool:
        """Whether what arrives is what comes out."""
        return self._inflater is None

    def feed(self, part: bytes) -> Iterator[bytes]:
        """The plain bytes that `part` brings, in steps. Raises AnswerLost when it is not coded."""
        if self._inflater is None:
            yield part
            return
        self._has_begun = True
        rest = part
        while rest and not self._inflater.eof:
            try:
                plain = self._inflater.decompress(rest, STEP_BYTES)
            except zlib.error as exc:
                raise AnswerLost("the answer is not in the coding that it claims") from exc
            rest = self._inflater.unconsumed_tail
            yield plain

    def finish(self) -> None:
        """Raise AnswerLost when the coded body broke off; an empty one never began."""
        if self._inflater is not None and self._has_begun and not self._inflater.eof:
            raise AnswerLost("the answer ended inside its content coding")
