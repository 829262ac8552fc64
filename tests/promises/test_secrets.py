"""What a whole run writes down of its secrets: nothing."""

from processes import Framegate

DEAD = "127.0.0.1:1"
API_KEY = "api-key-of-the-operator"
CONFIG = f"""
[upstreams.vendor]
kind = "kling"
base_url = "http://{DEAD}"
api_key = "{API_KEY}"

[upstreams.local]
kind = "local"
weight = 0
"""


def test_log_of_a_whole_run_holds_no_secret(tmp_path):
    """A dead vendor, a dead picture, a dead receiver and a wrong key: all of it is logged."""
    with Framegate(tmp_path, config=CONFIG, FRAMEGATE_OUTBOUND_ALLOW=DEAD) as gate:
        task_id = gate.created(
            {
                "contents": [
                    {"type": "first_frame", "url": f"http://{DEAD}/a.jpg?sign=of-picture"}
                ],
                "options": {"callback_url": f"http://{DEAD}/hook?token=of-receiver"},
            }
        )
        gate.ended(task_id)
        gate.until(lambda: gate.rows("SELECT * FROM attempts"), len)
        gate.http.get("/videos/vid_x.mp4?expires=1&signature=of-link")
        gate.http.get("/api/account", headers={"Authorization": "Bearer fg_wrong-key"})
        gate.stop()
        keys = [path.read_text().strip() for path in gate.data.glob("*.key")]

    log = gate.log.read_text(encoding="utf-8")

    assert all(event in log for event in ("upstream.not_taken", "picture.not_fetched"))
    secrets = [*keys, API_KEY, "of-picture", "of-receiver", "of-link", "fg_wrong-key"]
    assert [secret for secret in secrets if secret in log] == []
