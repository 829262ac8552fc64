"""Our verdict against an independent validator that runs the page's own schema.

The schema is the page's, word for word. Where the contract says more than a schema can, or less,
`is_refused_beyond_the_schema` says so; everywhere else both must agree.
"""

import json
import random
from pathlib import Path

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from framegate.domain.submission import parse_image_to_video
from framegate.errors import Refusal

DATA = Path(__file__).parents[1] / "data"
SCHEMA = json.loads((DATA / "image_to_video.schema.json").read_text(encoding="utf-8"))
EXAMPLES = [
    json.loads(line)
    for line in (DATA / "image_to_video.examples.jsonl").read_text(encoding="utf-8").splitlines()
]
PAGE = jsonschema_rs.validator_for(SCHEMA)

BODIES_PER_SEED = 1_000
SEEDS = 20

GOOD_URLS = [
    "https://cdn.example.com/a.jpg",
    "http://localhost:81/x?y=1",
    "https://[2606:4700::1]/",
]
GOOD_URLS += [value["contents"][0]["url"] for value in EXAMPLES]
GOOD_URLS += ["https://your-server.com/webhook/kling"]
BAD_URLS = [
    "",
    "a.jpg",
    "ftp://a.example/",
    "https://u@a.example/",
    "http://127.0.0.1/",
    "https://",
]
TEXTS = ["", "x", "x" * 2500, "x" * 2501, "\U0001f600" * 2500, "\U0001f600" * 2501, "a\nb"]
WORDS = ["prompt", "first_frame", "last_frame", "720p", "1080p", "4k", "16:9", "9:16", "1:1", "4:3"]
NUMBERS = [0, 2, 3, 5, 15, 16, -1, 2**63 - 1, 5.0, 15.0, 5.5, 1e10]
NAMES = ["contents", "settings", "options", "type", "url", "text", "resolution", "aspect_ratio"]
NAMES += ["duration", "callback_url", "external_task_id", "watermark_info", "x_trace", "Settings"]
NAMES += ["\u017fettings", "Duration", "a/b~c", ""]


# --- what a schema cannot say -----------------------------------------------------------------


def is_refused_beyond_the_schema(value):
    """The contract's rules above the schema, for a value that the schema accepts."""
    contents = value["contents"]
    frames = [item for item in contents if item["type"] == "first_frame"]
    urls = [frame["url"] for frame in frames]
    urls += [value["options"]["callback_url"]] if "callback_url" in value.get("options", {}) else []
    return (
        not frames  # Rule 4: the page demands one in words; its schema does not.
        or len(contents) - len(frames) > 1  # Rule 16: at most one prompt.
        or not all(url in GOOD_URLS for url in urls)  # Rules 55 to 58: `format` asserts nothing.
        or isinstance(value.get("settings", {}).get("duration"), float)  # Rule 53: 5.0.
        or any(is_shadow(name) for name in value)  # Rule 52.
    )


def is_shadow(name):
    return name.casefold() in SCHEMA["properties"] and name not in SCHEMA["properties"]


# --- bodies, from a seed ----------------------------------------------------------------------


def any_value(rng, depth=3):
    kind = rng.randrange(8 if depth else 6)
    if kind < 6:
        return rng.choice(
            [
                None,
                rng.random() < 0.5,
                rng.choice(NUMBERS),
                rng.choice(WORDS),
                rng.choice(TEXTS),
                rng.choice(GOOD_URLS + BAD_URLS),
            ]
        )
    inner = [any_value(rng, depth - 1) for _ in range(rng.randrange(3))]
    return inner if kind == 6 else {rng.choice(NAMES): item for item in inner}


def any_item(rng):
    if rng.random() < 0.3:
        return {"type": "prompt", "text": rng.choice(TEXTS)}
    return {"type": "first_frame", "url": rng.choice(GOOD_URLS * 4 + BAD_URLS)}


def any_request(rng):
    """Nearly valid: every field is of the right type, some values are not."""
    value = {"contents": [any_item(rng) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3]))]}
    if rng.random() < 0.5:
        choices = {
            "resolution": ["720p", "1080p"],
            "aspect_ratio": ["16:9", "9:16", "1:1"],
            "duration": [3, 5, 10, 15, rng.choice(NUMBERS)],
        }
        names = rng.sample(list(choices), rng.randrange(4))
        value["settings"] = {name: rng.choice(choices[name]) for name in names}
    if rng.random() < 0.4:
        choices = {
            "callback_url": [*GOOD_URLS, rng.choice(BAD_URLS)],
            "external_task_id": ["", "biz-1", rng.choice(TEXTS)],
            "watermark_info": [{}, {"enabled": True}, {"deep": [any_value(rng)]}],
        }
        names = rng.sample(list(choices), rng.randrange(4))
        value["options"] = {name: rng.choice(choices[name]) for name in names}
    return value


def containers(value):
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def mutate(rng, value):
    """One change anywhere: a value replaced, a field removed, renamed, added or doubled."""
    place = rng.choice(list(containers(value)))
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    change = rng.randrange(4)
    if change == 0 or not keys:
        if isinstance(place, dict):
            place[rng.choice(NAMES)] = any_value(rng)
        else:
            place.append(any_value(rng))
    elif change == 1:
        del place[rng.choice(keys)]
    elif change == 2 and isinstance(place, dict):
        place[rng.choice(NAMES)] = place.pop(rng.choice(keys))
    else:
        place[rng.choice(keys)] = any_value(rng)


def any_body(rng):
    roll = rng.random()
    if roll < 0.05:
        return any_value(rng)
    value = json.loads(json.dumps(rng.choice(EXAMPLES))) if roll < 0.2 else any_request(rng)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4])):
        mutate(rng, value)
    return value


# --- the two verdicts -------------------------------------------------------------------------


def is_accepted(body):
    try:
        return parse_image_to_video(body, model="kling-3.0-turbo").body == body
    except Refusal:
        return False


def should_be_accepted(value):
    return PAGE.is_valid(value) and not is_refused_beyond_the_schema(value)


@settings(max_examples=SEEDS, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_verdict_is_the_one_of_the_pages_schema_and_the_known_differences(seed):
    rng = random.Random(seed)
    for _ in range(BODIES_PER_SEED):
        value = any_body(rng)
        body = json.dumps(value, ensure_ascii=rng.random() < 0.5).encode()
        assert is_accepted(body) == should_be_accepted(value), body


def test_generated_bodies_are_of_every_kind():
    """Otherwise the agreement above would say little."""
    rng = random.Random(0)
    values = [any_body(rng) for _ in range(BODIES_PER_SEED)]
    valid = [value for value in values if PAGE.is_valid(value)]
    accepted = [value for value in valid if not is_refused_beyond_the_schema(value)]
    assert len(values) - len(valid) > 200
    assert len(valid) - len(accepted) > 70
    assert len(accepted) > 200


@settings(max_examples=SEEDS, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_doubled_key_is_refused_although_the_schema_never_sees_it(seed):
    rng = random.Random(seed)
    for _ in range(50):
        value = any_body(rng)
        places = [place for place in containers(value) if place and isinstance(place, dict)]
        if not places:
            continue
        place = rng.choice(places)
        name = rng.choice(list(place))
        place["doubled"] = place[name]
        body = json.dumps(value).replace('"doubled"', json.dumps(name)).encode()
        assert not is_accepted(body), body


@settings(max_examples=SEEDS, deadline=None)
@given(st.data())
def test_body_cut_or_damaged_in_one_byte_is_never_misread(data):
    """Either it still is JSON with the same verdict as Python's reading of it, or it is refused."""
    body = json.dumps(data.draw(st.sampled_from(EXAMPLES))).encode()
    for at in range(len(body)):
        damaged = body[:at] + bytes([data.draw(st.integers(0, 255))]) + body[at + 1 :]
        assert not is_accepted(body[:at])
        if is_accepted(damaged):
            assert PAGE.is_valid(json.loads(damaged))


def test_examples_of_the_page_pass_both():
    assert (
        [should_be_accepted(value) for value in EXAMPLES]
        == [True] * 6
        == [is_accepted(json.dumps(value).encode()) for value in EXAMPLES]
    )
