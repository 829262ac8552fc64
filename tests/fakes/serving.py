"""Any ASGI app on a real socket, in a thread of this process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from framegate.web import server
from framegate.web.breakable import BreakableConnection


@contextmanager
def serving(app, listener: server.Listener | None = None) -> Iterator[str]:
    """The address, `http://127.0.0.1:PORT`; connections can be broken by the app."""
    listener = listener or server.listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        http=BreakableConnection,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    uvicorn_server = uvicorn.Server(config)
    thread = threading.Thread(
        target=asyncio.run, args=(uvicorn_server.serve([listener.socket]),), name="serving"
    )
    thread.start()
    try:
        yield listener.url
    finally:
        uvicorn_server.should_exit = True
        thread.join()
        listener.socket.close()
