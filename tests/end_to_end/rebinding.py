"""A network of its own, in which names lie: run by `test_rebinding.py` under `unshare -rmn`.

Nothing but a loopback is there, so public addresses can be put on it without anybody's harm. The
system's own resolver asks a name server of ours, a gateway is asked to fetch pictures and to tell
receivers, and whoever opens a socket inside is counted. It prints one JSON object.
"""

import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

from fakes.attacks import INSIDE, addresses
from fakes.drawn import picture
from processes import Framegate

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1::1"
MACHINE, NETWORK, METADATA = "127.0.0.1", "10.0.0.5", "169.254.169.254"
WEB, OTHER = 80, 8080
SIOCSIFADDR, SIOCSIFFLAGS, SIOCSIFNETMASK, IFF_UP = 0x8916, 0x8914, 0x891C, 0x1
A, CNAME, AAAA = 1, 5, 28
SITE = "pictures.example.com"

# What each name resolves to: one list of addresses or another name for every time it is asked, the
# last one from then on.
ZONE: dict[str, list[list[str] | str]] = {
    SITE: [[PUBLIC]],
    "turns.example.com": [[PUBLIC], [MACHINE]],
    "private.example.com": [[NETWORK]],
    "metadata.example.com": [[METADATA]],
    "loopback6.example.com": [["::1"]],
    "mapped.example.com": [["::ffff:10.0.0.5"]],
    "mixed.example.com": [[PUBLIC, NETWORK]],
    "mixed-late.example.com": [[PUBLIC] * 8 + [MACHINE]],
    "mixed-families.example.com": [[PUBLIC, "::1"]],
    "chain.example.com": ["link-1.example.com"],
    "link-1.example.com": ["link-2.example.com"],
    "link-2.example.com": ["private.example.com"],
    "out.example.com": [SITE],
    "loop.example.com": ["loop.example.com"],
    "nothing.example.com": [[]],
    "zero.example.com": [["0.0.0.0"]],  # noqa: S104 - resolved, not bound
    "carrier.example.com": [["100.64.0.1"]],
}
GOOD = {"straight": f"http://{SITE}/hill.jpg", "by another name": "http://out.example.com/hill.jpg"}


def up() -> None:
    """The loopback, with the addresses of both worlds on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
        for number, address in enumerate((PUBLIC, NETWORK, METADATA)):
            name = f"lo:{number}".encode()
            for call, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255")):
                packed = struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(handle, call, packed)


# --- the name server --------------------------------------------------------------------------


class NameServer(threading.Thread):
    """Answers from ZONE, and counts who was asked for."""

    def __init__(self) -> None:
        super().__init__(name="names", daemon=True)
        self.asked: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((MACHINE, 53))

    def run(self) -> None:
        while True:
            query, sender = self._socket.recvfrom(4_096)
            self._socket.sendto(self.answer(query), sender)

    def answer(self, query: bytes) -> bytes:
        name, end = _name(query)
        kind = struct.unpack_from(">H", query, end)[0]
        records = list(self._records(name, kind)) if name in ZONE else []
        flags = 0x8180 if name in ZONE else 0x8183
        head = query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        return head + query[12 : end + 4] + b"".join(records)

    def _records(self, name: str, kind: int) -> Iterator[bytes]:
        """The chain of names and the addresses at its end; no time to live at all."""
        seen = set()
        while name in ZONE and name not in seen:
            seen.add(name)
            says = ZONE[name][min(self.asked[f"{name}/{kind}"], len(ZONE[name]) - 1)]
            self.asked[f"{name}/{kind}"] += 1
            if isinstance(says, list):
                for each in map(ip_address, says):
                    if (each.version == 4) == (kind == A):
                        yield _record(name, AAAA if each.version == 6 else A, each.packed)
                return
            yield _record(name, CNAME, _packed(says))
            name = says


def _name(query: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1


def _packed(name: str) -> bytes:
    return b"".join(bytes([len(each)]) + each.encode() for each in name.split(".")) + b"\0"


def _record(name: str, kind: int, content: bytes) -> bytes:
    return _packed(name) + struct.pack(">HHIH", kind, 1, 0, len(content)) + content


# --- the two worlds' web servers --------------------------------------------------------------

INSIDE_URLS = list(addresses())


class Site(BaseHTTPRequestHandler):
    """The public one: a picture, and ways to anywhere."""

    film = picture(300, 300)

    def do_GET(self) -> None:
        if self.path == "/hill.jpg":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.film)))
            self.end_headers()
            self.wfile.write(self.film)
            return
        self.send_response(302)
        where = f"http://turns.example.com:{OTHER}/hill.jpg"
        if self.path.startswith("/to/"):
            where = INSIDE_URLS[int(self.path.removeprefix("/to/"))]
        # As bytes: some spellings have no Latin-1.
        self.wfile.write(b"")
        self._headers_buffer.append(b"Location: " + where.encode() + b"\r\n")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Trap(threading.Thread):
    """A socket of the inner world: whoever connects is counted and hung up on."""

    caught: ClassVar[Counter[str]] = Counter()

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name=f"trap {host}", daemon=True)
        self._host, self._port = host, port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)

    def run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.caught[f"{self._host}:{self._port}"] += 1
            connection.close()


# --- what is asked ----------------------------------------------------------------------------


def order(url: str, callback: str = "") -> dict[str, object]:
    options = {"callback_url": callback} if callback else {}
    contents = [{"type": "first_frame", "url": url}]
    return {"contents": contents, "settings": {"duration": 3}, "options": options}


def urls(*, is_whole: bool) -> dict[str, str]:
    """Every address that must not be reached, by what is wrong with it."""
    names = {f"{name}": f"http://{name}/hill.jpg" for name in ZONE}
    for name in (
        SITE,
        "out.example.com",
        "turns.example.com",
        *[f"link-{n}.example.com" for n in (1, 2)],
    ):
        del names[name]
    names["turns.example.com"] = "http://turns.example.com/turn"
    numbers = range(0, len(INSIDE_URLS), 1 if is_whole else len(INSIDE_URLS) // len(INSIDE))
    return names | {f"to {INSIDE_URLS[each]}": f"http://{SITE}/to/{each}" for each in numbers}


def run(folder: Path, *, is_whole: bool) -> dict[str, object]:
    """Ask for everything, and say what came of it."""
    names = NameServer()
    names.start()
    for host in (MACHINE, NETWORK, METADATA, "::1"):
        for port in (WEB, OTHER, 9):
            Trap(host, port).start()
    site = ThreadingHTTPServer((PUBLIC, WEB), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    with ExitStack() as opened:
        gate = opened.enter_context(Framegate(folder))
        good = {name: gate.created(order(url)) for name, url in GOOD.items()}
        told = gate.created(order(GOOD["straight"], "http://private.example.com/hook"))
        bad = {name: gate.created(order(url)) for name, url in urls(is_whole=is_whole).items()}
        failed = {name: gate.ended(task_id) for name, task_id in bad.items()}
        made = {name: gate.ended(task_id)["status"] for name, task_id in good.items()}
        gate.ended(told)
        attempts = gate.until(lambda: gate.rows("SELECT http_status, error FROM attempts"), len)
        return {
            "made": made,
            "tried": len(failed),
            "messages": sorted({task["task_status_msg"] for task in failed.values()}),
            "not_failed": [name for name, task in failed.items() if task["status"] != "failed"],
            "attempts": attempts,
            "caught": dict(Trap.caught),
            "asked": sorted({name.partition("/")[0] for name in names.asked}),
            "audit": gate.audit(),
        }


def main() -> None:
    folder = Path(sys.argv[1])
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {MACHINE}\noptions timeout:5 attempts:3\n", encoding="ascii")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
    up()
    sys.stdout.write(json.dumps(run(folder / "gate", is_whole="--whole" in sys.argv)))


if __name__ == "__main__":
    main()
