"""What the server's answers become."""

from datetime import UTC, datetime
from decimal import Decimal

from framegate.client.answers import account_in, picture_in, quote_in, task_in

DONE = {
    "id": "541",
    "status": "succeeded",
    "message": "",
    "create_time": 1_800_000_000_500,
    "update_time": 1_800_000_001_000,
    "external_id": "biz-1",
    "outputs": [{"url": "http://gate.example/videos/vid_1.mp4"}],
    "task": "task_1",
    "stage": "finished",
    "frames_done": 72,
    "frames_total": 72,
    "price": "0.336",
    "currency": "USD",
    "resolution": "720p",
    "aspect_ratio": "16:9",
    "duration": 3,
    "sha256": "ab",
    "bytes": 9,
}


def test_task_is_read_whole():
    task = task_in(DONE)
    assert (task.id, task.framegate_id, task.external_task_id) == ("541", "task_1", "biz-1")
    assert (task.price, task.currency, task.duration_s) == (Decimal("0.336"), "USD", 3)
    assert task.created_at == datetime(2027, 1, 15, 8, 0, 0, 500_000, UTC)
    assert (task.video_url, task.sha256, task.bytes_count) == (DONE["outputs"][0]["url"], "ab", 9)
    assert (task.is_ended, task.raw) == (True, DONE)


def test_task_of_a_list_or_of_a_create_has_what_there_is():
    task = task_in({"task_id": "541", "task_status": "submitted", "outputs": []})
    assert (task.id, task.status, task.price, task.created_at) == ("541", "submitted", None, None)
    assert (task.video_url, task.is_ended) == ("", False)


def test_link_of_a_video_is_not_what_a_log_prints():
    assert "'outputs'" not in repr(task_in(DONE))


def test_quote_of_an_account_without_a_limit_has_nothing_available():
    line = {"what": "duration", "value": "5 s", "factor": "5"}
    quote = quote_in({"amount": "0.56", "currency": "USD", "available": None, "lines": [line]})
    assert (quote.amount, quote.available) == (Decimal("0.56"), None)
    assert quote.lines[0].factor == 5


def test_account_and_picture_are_read():
    account = account_in(
        {
            "id": "acc_1",
            "name": "acme",
            "unlimited": False,
            "posted": "10",
            "held": "0.56",
            "available": "9.44",
            "currency": "USD",
        }
    )
    assert account.available == account.posted - account.held
    facts = {"id": "img_1", "url": "http://x", "format": "png", "width": 3, "height": 4}
    assert picture_in(facts | {"bytes": 5, "sha256": "ab"}).bytes_count == 5
