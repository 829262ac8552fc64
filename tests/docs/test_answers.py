"""The answers that pages show are such as the API gives: JSON, a stream, a webhook's message."""

import json
import re

import jsonschema_rs
import pytest

from docs.snippets import every_block, of_language
from framegate import WebhookRefused, verify_webhook
from framegate.domain.event import EVENTS
from framegate.web.openapi.document import document
from processes import PATIENCE_S, Framegate
from promises.pages import ROOT, page

OPENAPI = document("en")
MORE = "..."
"""As a key: there are more fields than the page shows. Within a text: it goes on."""

CALL = re.compile(r"`(GET|POST) (/[^`\s?]*)")
WEBHOOKS = page("docs/webhooks.md")
SIGNED_WITH = re.compile(r"whsec_[\w+/=]{20,}")

EXAMPLES = [
    (path, block)
    for path in sorted(ROOT.glob("docs/*.md"))
    for block in of_language(path, "json")
    if path.name != "generate.md"  # It shows a request: tests/promises/test_generate_page.py.
]


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    """A server, asked with the key of an account that is nobody's operator."""
    with Framegate(tmp_path_factory.mktemp("gate")) as gate:
        key = gate.command("accounts", "create", "acme", "--credit", "10")["key"]
        gate.http.headers["Authorization"] = f"Bearer {key}"
        yield gate


@pytest.fixture(scope="module")
def stream(gate):
    """All that the stream of one task said; the task has ended since."""
    url = gate.upload((ROOT / "src/framegate/samples/dusk.jpg").read_bytes())
    order = {"contents": [{"type": "first_frame", "url": url}], "settings": {"duration": 3}}
    path = f"/api/tasks/{gate.created(order)}/events"
    with gate.http.stream("GET", path, timeout=PATIENCE_S) as stream:
        return "".join(stream.iter_text())


def call_of(path, block):
    """The method and the path that the page names last before the block."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return CALL.findall("\n".join(lines[: block.line]))[-1]


def schema_of(path, block):
    """An envelope, or the `data` of the call before the block; None for one that has no schema."""
    if list(json.loads(block.text)) == ["code", "message", "request_id", "data"]:
        return {"$ref": "#/components/schemas/Refusal"}
    method, route = call_of(path, block)
    answer = OPENAPI["paths"][route][method.lower()]["responses"]["200"]
    schema = answer["content"]["application/json"].get("schema")
    return schema and schema["properties"]["data"]


def names(node):
    """The names of an answer in their places; of a list, those of its first entry."""
    if isinstance(node, dict):
        return {key: names(value) for key, value in node.items()}
    return [names(each) for each in node[:1]] if isinstance(node, list) else None


def without_more(node):
    """The example as the API would write it: with the fields that it shows, and no other."""
    if isinstance(node, dict):
        return {key: without_more(value) for key, value in node.items() if key != MORE}
    return [without_more(each) for each in node] if isinstance(node, list) else node


def has_more(node, way):
    """Whether the example says that the object there has more fields than it shows."""
    for step in way:
        node = node[step]
    return MORE in node


def complaints(schema, example):
    """What speaks against an example; a field that it leaves out openly does not."""
    validator = jsonschema_rs.validator_for({**schema, "components": OPENAPI["components"]})
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator.iter_errors(without_more(example))
        if not (
            "is a required property" in error.message and has_more(example, error.instance_path)
        )
    ]


@pytest.mark.parametrize(
    ("path", "block"), EXAMPLES, ids=[f"{path.name}-{block.line}" for path, block in EXAMPLES]
)
def test_json_of_the_page_is_what_the_api_describes(gate, stream, path, block):
    """Where an answer has two media types and so no schema, a real one is compared."""
    schema, example = schema_of(path, block), json.loads(block.text)
    if schema is not None:
        assert complaints(schema, example) == []
        return
    method, route = call_of(path, block)
    answer = gate.http.request(method, route, headers={"Accept": "application/json"})
    assert names(example) == names(answer.json()["data"])


def test_wrong_example_is_seen():
    """The comparison can fail, by a missing field and by a wrong value."""
    schema = {"type": "object", "required": ["a", "b"], "properties": {"b": {"type": "integer"}}}
    assert complaints(schema, {"a": 1, "...": ""}) == []
    assert len(complaints(schema, {"a": 1})) == 1
    assert len(complaints(schema, {"a": 1, "b": "2", "...": ""})) == 1


# --- a stream ---------------------------------------------------------------------------------


def told(stream):
    """Of each event of a stream its fields, and the names in its data."""
    events = {}
    for event in re.split(r"\n\n+", stream.strip()):
        fields = dict(line.split(": ", 1) for line in event.splitlines() if line[0] != ":")
        if "event" in fields:
            data = json.loads(fields.pop("data"))
            events.setdefault(fields.pop("event"), (set(fields) - {"retry"}, set(data)))
    return events


def test_stream_of_the_page_is_what_a_stream_sends(stream):
    (block,) = of_language(page("docs/api.md"), "")
    assert block.text.splitlines()[0] == stream.splitlines()[0]
    assert told(block.text) == told(stream)


# --- a webhook's message ----------------------------------------------------------------------


def test_message_of_the_page_is_signed_as_it_says():
    """With the secret that the page names, at the time that the message has."""
    (block,) = of_language(WEBHOOKS, "http")
    head, _, body = block.text.strip().partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    text = WEBHOOKS.read_text(encoding="utf-8")
    (secret,) = set(SIGNED_WITH.findall(text))
    sent_s = int(headers["webhook-timestamp"])
    event = verify_webhook(body.encode(), headers, secret, now_s=sent_s)
    assert event["type"] in EVENTS
    assert complaints({"$ref": "#/components/schemas/VendorTask"}, event["data"]) == []
    with pytest.raises(WebhookRefused):
        verify_webhook(body.encode() + b" ", headers, secret, now_s=sent_s)


def test_examples_are_there():
    assert {path.name for path, _ in EXAMPLES} >= {"api.md", "errors.md"}
    assert every_block(WEBHOOKS)
