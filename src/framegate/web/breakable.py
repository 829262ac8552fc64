"""A connection that the app may break: for the pretend vendor alone, which fails on demand.

The command and the tests give it to `web.server` and find its function in the request's scope. No
gateway is ever served with it.
"""

import socket
import struct
from typing import Any

from framegate.web.connection import BoundedConnection

BREAK = "framegate.break"


class BreakableConnection(BoundedConnection):
    """A bounded connection with a function in `scope["extensions"]` that resets it."""

    def on_message_begin(self) -> None:
        """Put the function into the scope of this request."""
        super().on_message_begin()
        extensions: dict[str, Any] = {BREAK: self._reset}
        self.scope["extensions"] = extensions

    def _reset(self) -> None:
        if self.transport.is_closing():
            return  # The other side was faster.
        # Without lingering the close is a reset, which is what a dying proxy looks like.
        bound = self.transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
