"""The page's six examples through a real server: what was ordered is what is downloaded."""

import json
from pathlib import Path

import pytest

from fakes.drawn import picture
from fakes.videos import Facts, facts, first_frame, likeness_db

EXAMPLES = (Path(__file__).parents[1] / "data" / "image_to_video.examples.jsonl").read_bytes()
SIDES = {"16:9": (640, 360), "9:16": (360, 640), "1:1": (400, 400)}
SIZES = {
    ("720p", "16:9"): (1280, 720),
    ("720p", "9:16"): (720, 1280),
    ("720p", "1:1"): (720, 720),
    ("1080p", "16:9"): (1920, 1080),
    ("1080p", "9:16"): (1080, 1920),
}
PSNR_DB_MIN = 33


@pytest.mark.parametrize("example", EXAMPLES.splitlines())
def test_example_of_the_page_becomes_the_video_that_it_orders(gate, example):
    """The body is sent as it stands in the page, with only the picture's address filled in."""
    order = json.loads(example)
    settings = order["settings"]
    # The size of the picture gives the ratio; a small one is as good and quickly read.
    drawn = picture(*SIDES[settings["aspect_ratio"]])
    published = order["contents"][0]["url"].encode()

    task = gate.ended(gate.created(example.replace(published, gate.upload(drawn).encode())))

    assert task["status"] == "succeed", task["task_status_msg"]
    video = gate.http.get(task["outputs"][0]["url"]).content
    seconds = settings["duration"]
    assert facts(video) == Facts(
        size=SIZES[settings["resolution"], settings["aspect_ratio"]],
        frames=seconds * 24,
        seconds=seconds,
        rate=24,
        codec="h264 High",
        pixels="yuv420p",
        colour=(1, 1, 1),
        index_first=True,
    )
    assert likeness_db(first_frame(video), drawn) >= PSNR_DB_MIN
