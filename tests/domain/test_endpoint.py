import json

import pytest

from framegate.domain.endpoint import (
    OVERLAP_S_DEFAULT,
    OVERLAP_S_MAX,
    URL_CHARACTERS_MAX,
    Endpoint,
    Wish,
    parse_overlap_s,
    parse_wish,
)
from framegate.domain.event import EVENTS
from framegate.errors import BodyMalformed, FieldsInvalid

URL = "https://your-server.example/hooks"
NOW_MS = 1_783_065_388_949


def wish(value, *, allowed=frozenset()):
    return parse_wish(json.dumps(value).encode(), allowed_addresses=allowed)


def complaints(parse, *arguments, **options):
    with pytest.raises(FieldsInvalid) as caught:
        parse(*arguments, **options)
    return [(each.path, each.message) for each in caught.value.errors]


def an_endpoint(**changes):
    facts = {
        "id": "hook_1",
        "account_id": "acc_1",
        "url": URL,
        "events": EVENTS,
        "generation": 2,
        "overlap_ms": NOW_MS,
        "created_ms": 1,
        "disabled_ms": 0,
        "disabled_why": "",
    }
    return Endpoint(**facts | changes)


def test_endpoint_is_told_everything_unless_it_says_what():
    assert wish({"url": URL}) == Wish(url=URL, events=EVENTS)
    assert wish({"url": URL, "events": ["task.failed"]}).events == ("task.failed",)


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("your-server.example", "must be an absolute http or https URL; got string"),
        ("https://", "must name a host"),
        ("https://-/", "host is not a valid name"),
        ("https://me:secret@your-server.example/", "must not hold a user name or password"),
        ("https://your-server.example/a b", "must not hold spaces or control characters"),
        ("http://127.0.0.1:80/", "must be a public address"),
        ("http://2130706433/", "must be a public address"),
    ],
)
def test_address_is_judged_like_a_callback_url(url, flaw):
    """Contract rules 55 to 58."""
    assert complaints(wish, {"url": url}) == [("/url", f"url {flaw}")]


def test_address_that_the_operator_allows_passes():
    url = "http://127.0.0.1:9/hooks"
    assert wish({"url": url}, allowed=frozenset({"127.0.0.1:9"})).url == url


def test_address_has_a_greatest_length():
    longest = URL + "x" * (URL_CHARACTERS_MAX - len(URL))
    assert wish({"url": longest}).url == longest
    message = "url must be at most 2048 characters long; got 2049"
    assert complaints(wish, {"url": longest + "x"}) == [("/url", message)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (None, [("/events", "events must be an array; got null")]),
        ([], [("/events", "events must hold at least 1 item; got 0")]),
        (
            ["task.failed", "task.failed"],
            [("/events/1", "events[1] repeats task.failed")],
        ),
        (
            ["task.paused", {}],
            [
                (
                    f"/events/{index}",
                    f"events[{index}] must be one of {', '.join(EVENTS)}; got {got}",
                )
                for index, got in enumerate(['string "task.paused"', "object"])
            ],
        ),
    ],
)
def test_events_are_a_known_few_without_repeats(events, expected):
    assert complaints(wish, {"url": URL, "events": events}) == expected


def test_every_violation_is_told_at_once():
    assert complaints(wish, {"events": [], "secret": "mine"}) == [
        ("/url", "url is required"),
        ("/events", "events must hold at least 1 item; got 0"),
        ("/secret", 'request body has an unknown field "secret"; it takes url, events'),
    ]


def test_violations_of_a_huge_body_are_cut():
    assert len(complaints(wish, {"url": URL, "events": ["x"] * 5_000})) == 100


def test_body_is_strict_json():
    with pytest.raises(BodyMalformed, match="twice"):
        parse_wish(b'{"url":"a","url":"b"}', allowed_addresses=frozenset())


# --- rotation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_old_secret_signs_on_for_a_week_unless_it_is_said(body):
    assert parse_overlap_s(body) == OVERLAP_S_DEFAULT == 7 * 24 * 3_600


@pytest.mark.parametrize("overlap_s", [0, 1, OVERLAP_S_MAX])
def test_overlap_may_be_from_nothing_to_thirty_days(overlap_s):
    assert parse_overlap_s(json.dumps({"overlap_s": overlap_s}).encode()) == overlap_s


@pytest.mark.parametrize(
    ("written", "got"),
    [
        ("-1", "integer -1"),
        ("2592001", "integer 2592001"),
        ("5.0", "number 5.0"),
        ("true", "boolean true"),
        ("null", "null"),
        ('"7"', 'string "7"'),
    ],
)
def test_overlap_that_is_no_such_integer_is_refused(written, got):
    message = f"overlap_s must be an integer from 0 to 2592000; got {got}"
    body = f'{{"overlap_s":{written}}}'.encode()
    assert complaints(parse_overlap_s, body) == [("/overlap_s", message)]


def test_rotation_takes_nothing_else():
    message = 'request body has an unknown field "overlap"; it takes overlap_s'
    assert complaints(parse_overlap_s, b'{"overlap":1}') == [("/overlap", message)]


# --- which secrets sign -----------------------------------------------------------------------


def test_both_secrets_sign_until_the_overlap_is_over_the_newest_first():
    assert an_endpoint().generations(now_ms=NOW_MS - 1) == (2, 1)
    assert an_endpoint().generations(now_ms=NOW_MS) == (2,)


def test_emergency_rotation_leaves_one_secret():
    assert an_endpoint(overlap_ms=0).generations(now_ms=0) == (2,)


def test_endpoint_is_enabled_until_it_is_disabled():
    assert an_endpoint(disabled_why="by its owner").is_enabled
    assert not an_endpoint(disabled_ms=1).is_enabled
