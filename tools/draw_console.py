"""Take the READMEs' pictures of the console: `.venv/bin/python tools/draw_console.py`.

A gateway of its own with the embedded renderer, some tasks made through its API, and a browser that
makes one more: what is shown has happened. English and dark for README.md, Chinese and light for
README.zh.md. Take them again when these pages change.
"""

import io
import itertools
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from PIL import Image

from browsing import Visit, browser, browser_path
from framegate import samples
from processes import Framegate
from shots_of_tasks import GONE

TO = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LOOKS = (("en", "dark"), ("zh", "light"))
SIZES = {
    "playground": {"width": 1280, "height": 800},
    "tasks": {"width": 1280, "height": 690},
}
BYTES_MAX = {"playground": 56_000, "tasks": 38_000}
"""By name: what all of docs/pictures may weigh together is little."""

QUALITIES = range(88, 40, -2)
SETTLE_MS = 600
"""After the last change of a page, for its animations: a picture, not a test."""

SAMPLE, FROM_S = "dusk", 1.5
PROMPT = {
    "en": "The camera pushes in slowly, snow falls over the lake",
    "zh": "镜头缓缓推近，雪花飘落湖面",
}
MADE = {
    "en": {
        "aurora": "Green light drifts over the lake, still camera",
        "balloon": "The balloon rises, the camera pulls back",
        "dunes": "Sand blows over the dunes, pan left",
        "rose": "Petals fall, the camera orbits",
    },
    "zh": {
        "aurora": "绿光飘过湖面，固定镜头",
        "balloon": "热气球升起，镜头拉远",
        "dunes": "黄沙掠过沙丘，镜头左移",
        "rose": "花瓣飘落，镜头环绕",
    },
}
"""By sample: what is asked of it, in turns by the operator and by ACCOUNT."""

ACCOUNT = "studio"


def main() -> int:
    """Make some tasks, look at them in both languages, write; answers the exit status."""
    if browser_path() is None:
        print("there is no browser on the PATH: chromium or google-chrome", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as data, browser() as opened:
        for language, theme in LOOKS:
            with Framegate(Path(data) / language) as gate:
                fill(gate, MADE[language])
                visit = Visit(opened, gate.url, language=language, theme=theme)
                visit.sign_in(link(gate))
                for name, scene in SCENES.items():
                    visit.page.set_viewport_size(SIZES[name])
                    scene(visit, language)
                    to = TO / f"{name}-{language}.webp"
                    print(f"{to}: {write(taken(visit), to, BYTES_MAX[name])} bytes")
    return 0


def link(gate: Framegate) -> str:
    """A one-time link to the console, at the port where the gateway listens now."""
    path = gate.command("console")["url"].partition("/console/")[2]
    return f"{gate.url}/console/{path}"


def fill(gate: Framegate, made: dict[str, str]) -> None:
    """A list as it looks after a while: most made, one failed, one cancelled."""
    theirs = gate.command("accounts", "create", ACCOUNT, "--credit", "25")["key"]
    keys = itertools.cycle((gate.http.headers["Authorization"], f"Bearer {theirs}"))
    prompts = list(made.values())
    for seconds, (name, prompt) in enumerate(made.items(), start=3):
        gate.http.headers["Authorization"] = next(keys)
        gate.ended(gate.created(order(gate.upload(samples.data(name)), prompt, seconds)))
    gate.http.headers["Authorization"] = next(keys)
    gate.ended(gate.created(order(GONE, prompts[0], 5)))
    stopped = gate.created(order(gate.upload(samples.data("balloon")), prompts[1], 15))
    gate.http.post(f"/api/tasks/{stopped}/cancel")


def order(url: str, prompt: str, duration_s: int) -> dict[str, object]:
    """The body of a create."""
    contents = [{"type": "first_frame", "url": url}, {"type": "prompt", "text": prompt}]
    return {"contents": contents, "settings": {"duration": duration_s, "resolution": "720p"}}


def playground(visit: Visit, language: str) -> None:
    """A sample and a prompt, sent, and the video that came of it."""
    page = visit.page
    page.goto("/console/playground", wait_until="networkidle")
    page.locator(f"[data-sample={SAMPLE}]").click()
    page.locator("#prompt").fill(PROMPT[language])
    page.locator("#go:enabled").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#video:visible").wait_for()
    page.locator("#video").evaluate(
        """async (video, from) => {
            await video.play();
            while (video.currentTime < from)
                await new Promise((next) => video.requestVideoFrameCallback(next));
        }""",
        FROM_S,
    )


def tasks(visit: Visit, _language: str) -> None:
    """The list, with the task of the playground on top."""
    visit.page.goto("/console/tasks")
    visit.page.locator("#live:visible").first.wait_for()


def taken(visit: Visit) -> Image.Image:
    """The window as it looks when a scene has settled."""
    visit.page.wait_for_timeout(SETTLE_MS)
    return Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")


def write(picture: Image.Image, to: Path, bytes_max: int) -> int:
    """Write the WebP at the best quality that keeps it small; its length in bytes."""
    to.parent.mkdir(parents=True, exist_ok=True)
    for quality in QUALITIES:
        picture.save(to, "WEBP", quality=quality, method=6)
        if to.stat().st_size <= bytes_max:
            return to.stat().st_size
    raise SystemExit(f"{to} is larger than {bytes_max} bytes at every quality")


SCENES = {"playground": playground, "tasks": tasks}


if __name__ == "__main__":
    sys.exit(main())
