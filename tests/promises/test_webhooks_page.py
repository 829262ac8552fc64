"""What docs/webhooks.md tells a receiver's developer to copy does what it says."""

import re
import time
from pathlib import Path

import pytest

from framegate.domain.delivery import ATTEMPTS_EVER_MAX, WAITS_S
from framegate.domain.endpoint import ENABLED_MAX, KEPT_MAX, URL_CHARACTERS_MAX
from framegate.domain.event import EVENTS, TEST_TYPE
from framegate.domain.signature import Keyring, webhook_headers

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
OLD, NEW = (Keyring(bytes(32)).webhook_secret("hook_1", generation) for generation in (1, 2))
BODY = b'{"type":"task.failed"}'


@pytest.fixture(params=RECIPES, ids=["with the package", "without one"])
def event_of(request):
    names = {}
    exec(request.param, names)  # noqa: S102 - our own page
    return names["event_of"]


def headers(*secrets, age_s=0):
    now_s = int(time.time()) - age_s
    return webhook_headers(secrets, message_id="msg_1", timestamp_s=now_s, body=BODY)


def test_page_shows_both_ways():
    assert len(RECIPES) == 2


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_recipe_takes_a_good_message_also_while_a_secret_rotates(event_of, secret):
    assert event_of(secret, headers(NEW, OLD), BODY) == {"type": "task.failed"}


@pytest.mark.parametrize(
    ("signed", "body"),
    [(headers(NEW), BODY), (headers(OLD), BODY + b" "), (headers(OLD, age_s=400), BODY)],
    ids=["another secret", "another body", "too old"],
)
def test_recipe_refuses_what_is_not_ours(event_of, signed, body):
    with pytest.raises(Exception, match=r"(?i)signature|old|signed"):
        event_of(OLD, signed, body)


def test_page_names_every_event():
    assert [event for event in (*EVENTS, TEST_TYPE) if f"`{event}`" not in PAGE] == []


def test_page_tells_the_schedule_as_it_is():
    row = next(line for line in PAGE.splitlines() if line.startswith("| after |"))
    units = {"s": 1, "min": 60, "h": 3_600}
    told = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", row)]
    assert tuple(told) == WAITS_S


@pytest.mark.parametrize(
    "limit", [ENABLED_MAX, KEPT_MAX, URL_CHARACTERS_MAX, ATTEMPTS_EVER_MAX], ids=str
)
def test_page_tells_the_limits_as_they_are(limit):
    assert f" {limit:,} " in PAGE
