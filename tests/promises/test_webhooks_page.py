"""What docs/webhooks.md tells a receiver's developer to copy does what it says."""

import json
import os
import re
import shutil
import subprocess
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


# --- the same in other languages --------------------------------------------------------------

# Each prints the verdict on messages that stand, one a line, in the file that its argument names.
JAVASCRIPT = """
import { readFileSync } from "node:fs";
for (const line of readFileSync(process.argv[2], "utf8").trim().split("\\n")) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(eventOf(secret, headers, Buffer.from(body)).type);
  } catch (error) {
    console.log(error.message);
  }
}
"""
GO = """package hooks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	text, err := os.ReadFile(os.Getenv("MESSAGES"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\\n") {
		var message struct {
			Secret, Body string
			Headers      map[string]string
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatal(err)
		}
		headers := http.Header{}
		for name, value := range message.Headers {
			headers.Set(name, value)
		}
		if err := Verify(message.Secret, headers, []byte(message.Body)); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("task.failed")
		}
	}
}
"""
VERDICTS = [
    "task.failed",
    "task.failed",
    "not signed with our secret",
    "not signed with our secret",
    "too old, or too new",
    "too old, or too new",
]


def recipe(language):
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return text


@pytest.fixture
def messages(tmp_path):
    """Two that are ours, during a rotation; then another secret, another body, too old, no time."""
    said = [
        (OLD, headers(NEW, OLD), BODY),
        (NEW, headers(NEW, OLD), BODY),
        (OLD, headers(NEW), BODY),
        (OLD, headers(OLD), BODY + b" "),
        (OLD, headers(OLD, age_s=400), BODY),
        (OLD, {**headers(OLD), "webhook-timestamp": "soon"}, BODY),
    ]
    lines = [
        json.dumps({"secret": secret, "headers": dict(signed), "body": body.decode()})
        for secret, signed, body in said
    ]
    path = tmp_path / "messages"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def said_by(*command, **options):
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, **options
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
def test_recipe_in_javascript_gives_the_same_verdicts(messages, tmp_path):
    script = tmp_path / "verify.mjs"
    script.write_text(recipe("javascript") + JAVASCRIPT, encoding="utf-8")
    assert said_by("node", script, messages) == VERDICTS


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no go on this machine")
def test_recipe_in_go_gives_the_same_verdicts(messages, tmp_path):
    (tmp_path / "go.mod").write_text("module hooks\n\ngo 1.21\n")
    (tmp_path / "verify.go").write_text(recipe("go"), encoding="utf-8")
    (tmp_path / "verify_test.go").write_text(GO, encoding="utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = {"MESSAGES": str(messages), "GOFLAGS": "-mod=mod", "GOCACHE": str(tmp_path / "cache")}
    told["GOTOOLCHAIN"] = "local"
    said = said_by("go", "test", "-count=1", "-v", ".", cwd=tmp_path, env=kept | told)
    assert [line for line in said if line in VERDICTS] == VERDICTS


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
