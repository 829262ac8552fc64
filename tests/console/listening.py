"""Somebody's webhook server on a thread of its own, for tests that drive a browser meanwhile."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """What came, in order, as `(path, headers, body)`; `statuses` says what a path is answered."""

    def __init__(self):
        self.heard = []
        self.statuses = {}
        self.server = None

    def url(self, path):
        return f"http://{self.pair}{path}"

    @property
    def pair(self):
        return f"127.0.0.1:{self.server.server_port}"


@contextmanager
def listening():
    """A listener that answers 200 unless told otherwise."""
    listener = Listener()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            listener.heard.append((self.path, dict(self.headers), body))
            said = b"thanks for telling"
            self.send_response(listener.statuses.get(self.path, 200))
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    listener.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=listener.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.server.shutdown()
        listener.server.server_close()
        thread.join()
