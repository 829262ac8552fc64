"""One upstream of Kling's dialect: what it sends and where."""

import pytest

from fakes.recording_door import VENDOR as VENDOR_URL
from fakes.recording_door import RecordingDoor, gateway_before
from framegate.domain.submission import parse_image_to_video
from framegate.domain.text_to_video import parse_text_to_video
from framegate.domain.upstream import Order, Ticket

PICTURE = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}] }'


@pytest.mark.parametrize("prefix", ["", "/kling"])
@pytest.mark.parametrize(
    ("parse", "body", "path"),
    [
        (parse_image_to_video, PICTURE, "/image-to-video/kling-3.0-turbo"),
        (parse_text_to_video, b'{"prompt":"x" }', "/text-to-video/kling-3.0-turbo"),
    ],
)
async def test_the_forwarded_bytes_go_to_the_path_of_their_kind(
    tmp_path, prefix, parse, body, path
):
    door = RecordingDoor()
    gateway = gateway_before(door, tmp_path, path_prefix=prefix)
    submission = parse(body, model="kling-3.0-turbo")
    order = Order(task_id="task_1", account_id="acc_1", request_id="r", submission=submission)

    taken = await gateway.upstreams["vendor"].submit(order)
    await gateway.close()

    assert isinstance(taken, Ticket)
    assert [url for url, _ in door.sent] == [VENDOR_URL + prefix + path]
    assert door.last_body is submission.forwarded
