"""An OpenTelemetry collector of the tests' own: what it was sent, decoded, and the bytes of it."""

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """Every span that arrived, oldest first, each with the attributes of its sender."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    status: int = 200  # What it answers.

    @property
    def spans(self):
        return [
            span
            for body in self.bodies
            for sender in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in sender.scope_spans
            for span in scope.spans
        ]

    @property
    def senders(self):
        return [
            attributes(sender.resource)
            for body in self.bodies
            for sender in ExportTraceServiceRequest.FromString(body).resource_spans
        ]

    def named(self, name):
        return [span for span in self.spans if span.name == name]


def attributes(of):
    """Of a span or a sender, as plain values."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}


@contextmanager
def collecting():
    """A collector on loopback for as long as the block lasts."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.bodies.append(body)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield collector
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
