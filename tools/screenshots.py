"""Make pictures of every page and state of the console: `python tools/screenshots.py DIR`.

It starts gateways of its own, signs in and walks the console in both languages and both lights, on
a desk and on a phone. A page adds its states as a scene. `--looks` and `--scenes` take a part:

    python tools/screenshots.py DIR --looks phone-dark-en --scenes tasks,usage
"""

import argparse
import sys
import time
from pathlib import Path
from subprocess import TimeoutExpired

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from httpx2 import HTTPError
from playwright.sync_api import Browser, Error

from browsing import Visit, browser, browser_path
from shots_album import LOOKS, Album, Scene
from shots_of_door import SCENES_OF_DOOR
from shots_of_extremes import SCENES_OF_EXTREMES
from shots_of_playground import SCENES_OF_PLAYGROUND
from shots_of_records import SCENES_OF_RECORDS
from shots_of_tasks import SCENES_OF_TASKS
from shots_stage import Stage

SCENES: tuple[Scene, ...] = (
    *SCENES_OF_DOOR,
    *SCENES_OF_PLAYGROUND,
    *SCENES_OF_TASKS,
    *SCENES_OF_RECORDS,
    *SCENES_OF_EXTREMES,
)


def wanted(arguments: list[str]) -> argparse.Namespace:
    """What is asked for: the folder, the looks and the scenes, by name."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--looks", default=",".join(LOOKS), help="some of them, by comma")
    parser.add_argument("--scenes", default=",".join(each.name for each in SCENES))
    asked = parser.parse_args(arguments)
    asked.looks, asked.scenes = asked.looks.split(","), asked.scenes.split(",")
    unknown = {*asked.looks, *asked.scenes} - {*LOOKS, *(each.name for each in SCENES)}
    if unknown:
        parser.error(f"there is no look and no scene {', '.join(sorted(unknown))}")
    return asked


def played(scene: Scene, stage: Stage, opened: Browser, folder: Path, look: str) -> str:
    """Walk one scene in one look; answers what went wrong, or nothing."""
    theme, language, size = LOOKS[look]
    try:
        gate = stage.gate(scene.gate)
    except (AssertionError, OSError, TimeoutExpired) as error:
        return f"its gateway did not come up: {error!r}"
    visit = Visit(opened, gate.url, language=language, theme=theme, size=size)
    album = Album(folder, visit, gate, look)
    try:
        if scene.signed_in:
            album.sign_in_with((gate.data / "admin.key").read_text(encoding="ascii").strip())
        scene.walk(album)
    except (Error, AssertionError, TimeoutExpired, HTTPError) as error:
        return str(error).partition("\n")[0] or repr(error)
    finally:
        visit.close()
    return ""


def main(arguments: list[str]) -> int:
    """Walk the scenes in the looks; answers the exit status."""
    asked = wanted(arguments)
    if browser_path() is None:
        print("there is no browser on the PATH: chromium or google-chrome", file=sys.stderr)
        return 1
    asked.folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with Stage() as stage, browser() as opened:
        for scene in (each for each in SCENES if each.name in asked.scenes):
            for look in asked.looks:
                began = time.monotonic()
                wrong = played(scene, stage, opened, asked.folder, look)
                failed += bool(wrong)
                took = f"{time.monotonic() - began:.0f} s"
                print(f"{scene.name} {look} {took} {wrong}".rstrip(), flush=True)
    print(f"{len(list(asked.folder.glob('*.png')))} pictures in {asked.folder}; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
