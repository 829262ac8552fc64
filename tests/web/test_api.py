"""framegate's own paths: pictures, quotes, progress, the account."""

import io

import numpy as np
import pytest
from PIL import Image

from framegate.domain.ledger import Scope

BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
CREATE = "/kling/image-to-video/kling-3.0-turbo"


def picture(width=320, height=300, kind="JPEG"):
    pixels = np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, kind)
    return written.getvalue()


def form(content, *, name="file"):
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n\r\n'
    return head.encode() + content + b"\r\n--b--\r\n"


async def test_an_uploaded_picture_can_be_read_back_by_its_link(door):
    content = picture()
    answer = await door.post("/api/images", content, key=door.key(), Content_Type="image/jpeg")
    data = answer.json()["data"]
    assert (data["format"], data["width"], data["height"]) == ("jpeg", 320, 300)
    assert (await door.get(data["url"])).content == content


async def test_a_form_is_as_good_as_a_raw_body(door):
    content = picture(kind="PNG")
    answer = await door.post(
        "/api/images",
        form(content),
        key=door.key(),
        Content_Type="multipart/form-data; boundary=b",
    )
    data = answer.json()["data"]
    assert (data["format"], data["bytes"]) == ("png", len(content))


async def test_an_uploaded_picture_may_be_a_first_frame_although_we_are_on_loopback(door):
    key = door.key()
    url = (await door.post("/api/images", picture(), key=key)).json()["data"]["url"]
    content = BODY.replace(b"https://cdn.example.com/a.jpg", url.encode())
    assert (await door.post(CREATE, content, key=key)).status_code == 200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (picture(299, 800), "image width and height must each be at least 300 px; got 299x800"),
        (picture(900, 300), "image aspect ratio must be from 1:2.5 to 2.5:1; got 3.00:1"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image format must be jpg, jpeg or png; got webp"),
        (b"", "image is not readable"),
    ],
)
async def test_a_bad_picture_is_refused_at_once_and_not_kept(door, content, message):
    answer = await door.post("/api/images", content, key=door.key())
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["message"] == message
    assert door.count("pictures") == 0
    assert not door.gateway.blobs.lengths("images")


async def test_a_picture_beyond_the_limit_is_stopped_while_it_comes(door):
    async def endless():
        while True:
            yield bytes(1 << 20)

    answer = await door.http.post(
        "/api/images", content=endless(), headers={"Authorization": f"Bearer {door.key()}"}
    )
    assert answer.json()["message"] == "image must be at most 50 MB; got more"
    assert not list((door.gateway.folder / "incoming").iterdir())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"--b--\r\n", "the form holds no file"),
        (b"nonsense", "request body is not a readable form"),
        (b"--b\r\nbroken", "form"),
    ],
)
async def test_a_form_without_a_file_is_a_clear_no(door, content, words):
    answer = await door.post(
        "/api/images", content, key=door.key(), Content_Type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 400
    assert words in answer.json()["message"]


async def test_a_reading_key_may_not_upload(door):
    answer = await door.post("/api/images", picture(), key=door.key(scope=Scope.READ))
    assert answer.status_code == 403


async def test_a_quote_shows_what_the_price_is_made_of_and_keeps_nothing(door):
    content = BODY[:-1] + b',"settings":{"resolution":"1080p","duration":10}}'
    data = (await door.post("/api/quote", content, key=door.key())).json()["data"]
    assert (data["amount"], data["amount_micros"], data["currency"]) == ("1.68", 1_680_000, "USD")
    assert data["available"] == "10"
    assert {line["what"]: line["factor"] for line in data["lines"]} == {
        "duration": "10", "per second": "0.112", "resolution": "1.5", "aspect_ratio": "1",
    }  # fmt: skip
    assert door.count("tasks") == door.count("holds") == 0


async def test_a_quote_prices_a_text_by_its_own_rules(vendor_door):
    content = b'{"prompt":"x","settings":{"duration":10,"resolution":"1080p"}}'
    key = vendor_door.key()
    quoted = await vendor_door.post("/api/quote?kind=text-to-video", content, key=key)
    assert quoted.json()["data"]["amount"] == "1.68"
    as_picture = await vendor_door.post("/api/quote?kind=image-to-video", content, key=key)
    assert (as_picture.status_code, as_picture.json()["code"]) == (400, 1201)


async def test_a_quote_for_a_kind_that_nobody_makes_is_refused_as_its_create_is(door):
    key = door.key()
    quoted = await door.post("/api/quote?kind=text-to-video", b'{"prompt":"x"}', key=key)
    created = await door.post("/kling/text-to-video/kling-3.0-turbo", b'{"prompt":"x"}', key=key)
    assert quoted.status_code == created.status_code == 404
    assert quoted.json()["message"] == created.json()["message"]


async def test_a_quote_for_an_unknown_kind_names_those_there_are(door):
    answer = await door.post("/api/quote?kind=video-to-video", BODY, key=door.key())
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["message"] == (
        'kind must be one of image-to-video, text-to-video; got string "video-to-video"'
    )


@pytest.mark.parametrize(
    ("content", "credit", "status"), [(b"{}", "10", 400), (BODY, "0.1", 402), (b"{", "10", 400)]
)
async def test_a_quote_refuses_what_a_create_would_refuse(door, content, credit, status):
    key = door.key(credit=credit)
    quoted = await door.post("/api/quote", content, key=key)
    created = await door.post(CREATE, content, key=key)
    assert quoted.status_code == created.status_code == status
    assert quoted.json()["message"] == created.json()["message"]


async def test_a_task_shows_its_price_and_progress(door):
    key = door.key()
    task_id = (await door.post(CREATE, BODY, key=key)).json()["data"]["id"]
    data = (await door.get(f"/api/tasks/{task_id}", key=key)).json()["data"]
    assert (data["status"], data["price"], data["frames_done"]) == ("submitted", "0.56", 0)
    assert data["task"].startswith("task_")


async def test_another_accounts_progress_is_not_found(door):
    task_id = (await door.post(CREATE, BODY, key=door.key("one"))).json()["data"]["id"]
    answer = await door.get(f"/api/tasks/{task_id}", key=door.key("two"))
    assert answer.json()["message"] == "task not found"
