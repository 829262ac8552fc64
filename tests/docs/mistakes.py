"""The ten most likely mistakes, each made for real through the API, the client and the command.

`PYTHONPATH=tests python tests/docs/mistakes.py` writes docs/mistakes.md and docs/zh/mistakes.md
anew, and test_mistakes.py makes them again and compares. What differs from run to run (ports, ids,
folders) becomes `...`.
"""

import io
import re
import resource
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2 as httpx
from PIL import Image
from starlette.responses import Response

from docs.snippets import PATIENCE_S, environment
from fakes.scripted_server import ScriptedServer
from fakes.serving import serving
from framegate import ClientError, Framegate
from framegate.client.face import Video
from processes import CREATE
from processes import Framegate as Gate

DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "http://127.0.0.1"
PROMPT_CHARACTERS = 2_501
FILE_BYTES_MAX = 200_000
"""What the gateway may write in one file while its disk is "full"."""


@dataclass(frozen=True)
class Page:
    """One language's page: where it is, and its words beside those that were said.

    said_by  what stands above the words of the API, of the client, of the command
    titles   of each mistake, by its English one
    """

    path: Path
    head: str
    said_by: tuple[str, str, str]
    titles: Mapping[str, str]

    def text(self, mistakes: Iterable["Mistake"]) -> str:
        """The whole page."""
        parts = [self.head]
        for each in mistakes:
            parts.append(f"## {self.titles.get(each.title, each.title)}\n")
            for who, words in zip(self.said_by, (each.api, each.client, each.command), strict=True):
                if words:
                    parts.append(f"{who}\n\n```text\n{words}\n```\n")
        return "\n".join(parts)


ENGLISH = Page(
    path=DOCS / "mistakes.md",
    head="""# The ten most likely mistakes

What the API, the Python client and the command say to each, word for word:
`tests/docs/mistakes.py` makes every one of them on a real gateway and writes this page, and a test
makes them again. `...` is what differs from time to time. A program decides by HTTP status and
code, by the class, or by the exit status; words may change.
""",
    said_by=("The API:", "The client:", "The command:"),
    titles={},
)
CHINESE = Page(
    path=DOCS / "zh" / "mistakes.md",
    head="""# 最可能犯的十个错误

每种错误，API、Python 客户端和命令各说什么，一字不差：\
`tests/docs/mistakes.py` 在真实的网关上把它们逐一犯一遍，写出这一页，另有测试再犯一遍来核对。\
`...` 是每次都不同的部分。程序应当依据 HTTP 状态和代码、异常类或退出码来判断；措辞可能会变。
""",
    said_by=("API 说：", "客户端说：", "命令说："),
    titles={
        "A wrong key": "密钥不对",
        "No credit": "额度不够",
        "A webp that was renamed to .png": "改名为 .png 的 webp",
        "A picture of 299 px": "299 像素的图片",
        "The server is not running": "服务器没有运行",
        "The port is taken": "端口被占用",
        "The server's disk is full": "服务器磁盘已满",
        "The prompt is too long": "提示词太长",
        "The picture's address cannot be reached": "图片地址无法访问",
        "A video's link has expired": "视频链接已过期",
    },
)
PAGES = (ENGLISH, CHINESE)


@dataclass(frozen=True)
class Mistake:
    """What was said to one mistake, by whom; "" where one of them cannot make it."""

    title: str
    api: str
    client: str
    command: str


@dataclass(frozen=True)
class Maker:
    """Whoever makes the mistakes: a gateway, its key, a folder with pictures."""

    gate: Gate
    key: str
    folder: Path

    def asked(self, path: str, *, key: str = "", **options: Any) -> str:
        """What the API says: status, code and message."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        method = "POST" if options else "GET"
        answer = httpx.request(
            method, self.gate.url + path, headers=headers, trust_env=False, **options
        )
        envelope = answer.json()
        return f"HTTP {answer.status_code}, code {envelope['code']}: {envelope['message']}"

    def called(self, call: Callable[[Framegate], Any], *, url: str = "", key: str = "") -> str:
        """What the client raises: class and text."""
        with Framegate(url or self.gate.url, key or self.key) as client:
            try:
                return str(call(client))
            except ClientError as error:
                return f"{type(error).__name__}: {error}"

    def typed(self, *words: str, url: str = "", key: str = "") -> str:
        """How the command ends and what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "framegate", *words],
            cwd=self.folder,
            env=environment(
                FRAMEGATE_URL=url or self.gate.url,
                FRAMEGATE_KEY=key or self.key,
                FRAMEGATE_DATA_DIR=str(self.folder / "other"),
            ),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        said = done.stdout if done.returncode == 0 else done.stderr
        lines = [line for line in said.splitlines() if line not in ("waiting", "processing")]
        return "\n".join([f"exit status {done.returncode}", *lines])


def create(picture_url: str, **settings: Any) -> dict[str, Any]:
    """A body of a create."""
    return {"contents": [{"type": "first_frame", "url": picture_url}], "settings": settings}


def wrong_key(maker: Maker) -> Mistake:
    """A key with a character too many."""
    wrong = maker.key + "x"
    return Mistake(
        "A wrong key",
        maker.asked("/api/account", key=wrong),
        maker.called(lambda client: client.account(), key=wrong),
        maker.typed("quote", key=wrong),
    )


def no_credit(maker: Maker) -> Mistake:
    """An account with a tenth of what five seconds cost."""
    poor = maker.gate.command("accounts", "create", "poor", "--credit", "0.1")["key"]
    url = maker.gate.upload((maker.folder / "good.png").read_bytes())
    return Mistake(
        "No credit",
        maker.asked(CREATE, key=poor, json=create(url)),
        maker.called(lambda client: client.generate(url), key=poor),
        maker.typed("generate", "good.png", key=poor),
    )


def refused_picture(title: str, name: str) -> Callable[[Maker], Mistake]:
    """A file that is no first frame."""

    def make(maker: Maker) -> Mistake:
        path = maker.folder / name
        return Mistake(
            title,
            maker.asked("/api/images", content=path.read_bytes()),
            maker.called(lambda client: client.generate(path)),
            maker.typed("generate", name),
        )

    return make


def no_server(maker: Maker) -> Mistake:
    """Nobody listens: the port is bound, so that nobody else begins to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"{ADDRESS}:{bound.getsockname()[1]}"
        return Mistake(
            "The server is not running",
            "",
            maker.called(lambda client: client.account(), url=url),
            maker.typed("generate", "good.png", url=url),
        )


def port_taken(maker: Maker) -> Mistake:
    """Another program has the port: a second start fails, and a client talks to a stranger."""
    strangers = deque([Response("<html>")] * 2)
    with serving(ScriptedServer(strangers).app()) as url:
        port = url.rpartition(":")[2]
        return Mistake(
            "The port is taken",
            "",
            maker.called(lambda client: client.account(), url=url),
            maker.typed("serve", "--port", port),
        )


def disk_full(maker: Maker) -> Mistake:
    """The gateway cannot write: its process may write no large file for a while."""
    limits = resource.prlimit(maker.gate.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(maker.gate.pid, resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, limits[1]))
    large = maker.folder / "large.png"
    try:
        with ThreadPoolExecutor() as side_by_side:
            calls = [
                side_by_side.submit(maker.asked, "/api/images", content=large.read_bytes()),
                side_by_side.submit(maker.called, lambda client: client.upload(large)),
                side_by_side.submit(maker.typed, "generate", "large.png"),
            ]
            api, client, command = (call.result() for call in calls)
    finally:
        resource.prlimit(maker.gate.pid, resource.RLIMIT_FSIZE, limits)
    return Mistake("The server's disk is full", api, client, command)


def long_prompt(maker: Maker) -> Mistake:
    """One character more than the page takes."""
    prompt = "x" * PROMPT_CHARACTERS
    body = create("https://example.com/a.jpg")
    body["contents"].append({"type": "prompt", "text": prompt})
    return Mistake(
        "The prompt is too long",
        maker.asked(CREATE, json=body),
        maker.called(lambda client: client.generate("https://example.com/a.jpg", prompt)),
        maker.typed("generate", "https://example.com/a.jpg", prompt),
    )


def unreachable(maker: Maker) -> Mistake:
    """A name that no resolver knows: the create is taken, and the task fails."""
    url = "http://no-such-host.invalid/a.jpg"
    task = maker.gate.ended(maker.gate.created(create(url)))
    return Mistake(
        "The picture's address cannot be reached",
        f"HTTP 200, code 0, status {task['status']}: {task['task_status_msg']}",
        maker.called(lambda client: client.generate(url)),
        maker.typed("generate", url),
    )


def expired_link(maker: Maker) -> Mistake:
    """An old link to a video: the API refuses it, client and command ask for a fresh one."""
    with Framegate(maker.gate.url, maker.key) as client:
        video = client.generate(maker.folder / "good.png", "static shot", duration=3)
        old = re.sub(r"expires=\d+", "expires=1", video.url)
        again = Video(replace(video.task, video_url=old), client._ask, client._driver)
        saved = again.save(maker.folder / "again.mp4")
    return Mistake(
        "A video's link has expired",
        maker.asked(old.removeprefix(maker.gate.url)),
        f"no error: video.save asks for a fresh link, {saved.name} is saved",
        maker.typed("tasks", "watch", video.task.id, "-o", "out.mp4"),
    )


MISTAKES = (
    wrong_key,
    no_credit,
    refused_picture("A webp that was renamed to .png", "renamed.png"),
    refused_picture("A picture of 299 px", "small.png"),
    no_server,
    port_taken,
    disk_full,
    long_prompt,
    unreachable,
    expired_link,
)


def made(folder: Path) -> list[Mistake]:
    """Make all of them on a fresh gateway in `folder`."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for name, kind, size in (
        ("good.png", "PNG", (320, 320)),
        ("renamed.png", "WEBP", (320, 320)),
        ("small.png", "PNG", (299, 800)),
    ):
        Image.new("RGB", size, (90, 120, 160)).save(pictures / name, kind)
    noise = io.BytesIO()
    Image.effect_noise((600, 600), 90).save(noise, "PNG")
    (pictures / "large.png").write_bytes(noise.getvalue())
    with Gate(folder / "gate") as gate:
        key = (gate.data / "admin.key").read_text(encoding="ascii").strip()
        maker = Maker(gate, key, pictures)
        return [_without_accidents(make(maker), folder) for make in MISTAKES]


def _without_accidents(mistake: Mistake, folder: Path) -> Mistake:
    """What differs from run to run becomes `...`."""

    def plain(text: str) -> str:
        text = text.replace(str(folder / "pictures") + "/", "")
        text = re.sub(rf"{ADDRESS}:\d+|127\.0\.0\.1:\d+", lambda found: _address(found[0]), text)
        return re.sub(r"\breq_\w+", "req_...", re.sub(r"\b\d{18}\b|\d\.\d MB", "...", text))

    return Mistake(mistake.title, *map(plain, (mistake.api, mistake.client, mistake.command)))


def _address(found: str) -> str:
    return found.rpartition(":")[0] + ":8787"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        mistakes = made(Path(scratch))
    for page in PAGES:
        page.path.write_text(page.text(mistakes), encoding="utf-8")
