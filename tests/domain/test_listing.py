import base64
import json

import pytest

from fakes.rows import NOW_MS, a_task
from framegate.domain.listing import WINDOW_MS_DEFAULT, Place, cursor_after, parse_listing
from framegate.domain.signature import Keyring
from framegate.domain.task import TaskStatus
from framegate.errors import BodyMalformed, FieldsInvalid

KEYRING = Keyring(b"m" * 32)
VISIBLE = frozenset(TaskStatus) - {TaskStatus.REFUSED}
NO_CURSOR = "cursor must be a next_cursor as this gateway sent it, or empty for the first page"
DAY_MS = 86_400_000
MILLISECONDS = "from 0 to 9007199254740991, in Unix milliseconds"


def parse(body, *, account_id="acc_1", keyring=KEYRING):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_listing(raw, account_id=account_id, keyring=keyring, now_ms=NOW_MS)


def errors_of(body, **caller):
    with pytest.raises(FieldsInvalid) as caught:
        parse(body, **caller)
    assert caught.value.message == caught.value.errors[0].message
    return [(error.path, error.message) for error in caught.value.errors]


def cursor(**wish):
    return cursor_after(a_task("acc_1", id="task_7", created_ms=NOW_MS - 5), parse(wish), KEYRING)


# --- what is asked for ------------------------------------------------------------------------


def test_an_empty_object_asks_for_the_last_thirty_days():
    listing = parse({})
    assert (listing.start_ms, listing.end_ms) == (NOW_MS - WINDOW_MS_DEFAULT, NOW_MS)
    assert (listing.limit, listing.after, listing.statuses) == (100, None, VISIBLE)


def test_thirty_days_are_counted_from_the_end_that_was_asked_for():
    assert parse({"end_time": 31 * DAY_MS}).start_ms == DAY_MS
    assert parse({"end_time": 5}).start_ms == 0


def test_times_are_taken_as_they_are():
    listing = parse({"start_time": 5, "end_time": 5})
    assert (listing.start_ms, listing.end_ms) == (5, 5)


@pytest.mark.parametrize("limit", [1, 2, 499, 500])
def test_a_limit_within_bounds_is_taken(limit):
    assert parse({"limit": limit}).limit == limit


@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        (["processing"], {TaskStatus.PROCESSING}),
        (["succeeded"], {TaskStatus.SUCCEEDED}),
        (["submitted"], {TaskStatus.SENDING, TaskStatus.UNCERTAIN, TaskStatus.SUBMITTED}),
        (["failed"], {TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.EXPIRED}),
        (["submitted", "processing", "succeeded", "failed"], VISIBLE),
        (["processing", "processing"], {TaskStatus.PROCESSING}),
    ],
)
def test_a_word_stands_for_every_status_that_is_shown_as_it(words, statuses):
    assert parse({"filters": [{"key": "status", "values": words}]}).statuses == statuses


def test_every_task_of_ours_is_a_video():
    filters = [{"key": "product_type", "values": ["video"]}]
    assert parse({"filters": filters}) == parse({}) == parse({"filters": []})


def test_fields_that_the_vendor_may_add_are_ignored():
    assert parse({"page": 2, "x": None}) == parse({})


# --- cursors ----------------------------------------------------------------------------------


def test_a_cursor_goes_on_where_its_page_ended():
    listing = parse({"cursor": cursor(start_time=1)})
    assert listing.after == Place(created_ms=NOW_MS - 5, task_id="task_7", start_ms=1)


def test_a_cursor_overrides_the_times_with_those_of_its_own_list():
    listing = parse({"cursor": cursor(start_time=1), "start_time": 9, "end_time": 8})
    assert (listing.start_ms, listing.end_ms) == (1, NOW_MS - 5)


def test_an_empty_cursor_is_none():
    assert parse({"cursor": "", "start_time": 3}) == parse({"start_time": 3})


def test_a_cursor_changed_in_any_place_is_refused():
    good = cursor()
    for at in range(len(good)):
        bad = good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]
        assert errors_of({"cursor": bad}) == [("/cursor", NO_CURSOR)]


@pytest.mark.parametrize(
    "bad",
    [
        "x", "=", " ", "\u732b", "\x00", "eyJ0IjoxNzgzMDY1Mzg4OTQ5fQ", "A" * 4_000, "A" * 401,
        base64.urlsafe_b64encode(b"1:2:task_7:").decode(),
        base64.urlsafe_b64encode(b"\xff:2:3:4").decode(),
        base64.urlsafe_b64encode("\u0661:2:task_7:00".encode()).decode(),
        base64.urlsafe_b64encode(b"9" * 200 + b":2:3:4").decode(),
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_of_ours_is_refused(bad):
    assert errors_of({"cursor": bad}) == [("/cursor", NO_CURSOR)]


def test_a_cursor_with_padding_or_more_behind_it_is_another_text():
    for more in ("=", "==", "\n", "A", "."):
        assert errors_of({"cursor": cursor() + more}) == [("/cursor", NO_CURSOR)]


def test_a_cursor_is_good_for_its_own_account_and_gateway_alone():
    assert errors_of({"cursor": cursor()}, account_id="acc_2") == [("/cursor", NO_CURSOR)]
    other = Keyring(b"n" * 32)
    assert errors_of({"cursor": cursor()}, keyring=other) == [("/cursor", NO_CURSOR)]


# --- what is refused --------------------------------------------------------------------------

STATUS = {"key": "status", "values": ["failed"]}


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"limit": 0}, "/limit", "limit must be an integer from 1 to 500; got integer 0"),
        ({"limit": 501}, "/limit", "limit must be an integer from 1 to 500; got integer 501"),
        ({"limit": True}, "/limit", "limit must be an integer from 1 to 500; got boolean true"),
        (b'{"limit":5.0}', "/limit", "limit must be an integer from 1 to 500; got number 5.0"),
        ({"limit": None}, "/limit", "limit must be an integer from 1 to 500; got null"),
        ({"cursor": 1}, "/cursor", "cursor must be a string; got integer 1"),
        (
            {"start_time": "1"},
            "/start_time",
            f'start_time must be an integer {MILLISECONDS}; got string "1"',
        ),
        (
            {"end_time": -1},
            "/end_time",
            f"end_time must be an integer {MILLISECONDS}; got integer -1",
        ),
        (
            {"end_time": 2**53},
            "/end_time",
            f"end_time must be an integer {MILLISECONDS}; got integer {2**53}",
        ),
        (
            {"start_time": 2, "end_time": 1},
            "/start_time",
            "start_time must not be later than end_time",
        ),
        (
            {"start_time": NOW_MS + 1},
            "/start_time",
            "start_time must not be later than end_time",
        ),
        ({"filters": {}}, "/filters", "filters must be an array; got object"),
        ({"filters": [1]}, "/filters/0", "filters[0] must be an object; got integer 1"),
        (
            {"filters": [{"values": ["failed"]}]},
            "/filters/0/key",
            "filters[0].key is required: status or product_type",
        ),
        (
            {"filters": [STATUS, {"key": "model", "values": ["x"]}]},
            "/filters/1/key",
            'filters[1].key must be one of status, product_type; got string "model"',
        ),
        (
            {"filters": [{"key": ["status"], "values": []}]},
            "/filters/0/key",
            "filters[0].key must be one of status, product_type; got array",
        ),
        (
            {"filters": [STATUS, STATUS]},
            "/filters/1/key",
            'filters must hold "status" at most once',
        ),
        ({"filters": [{"key": "status"}]}, "/filters/0/values", "filters[0].values is required"),
        (
            {"filters": [{"key": "status", "values": "failed"}]},
            "/filters/0/values",
            'filters[0].values must be an array; got string "failed"',
        ),
        (
            {"filters": [{"key": "status", "values": []}]},
            "/filters/0/values",
            "filters[0].values must hold at least 1 item; got 0",
        ),
        (
            {"filters": [{"key": "status", "values": ["failed", "succeed"]}]},
            "/filters/0/values/1",
            (
                "filters[0].values[1] must be one of submitted, processing, succeeded, failed;"
                ' got string "succeed"'
            ),
        ),
        (
            {"filters": [{"key": "product_type", "values": ["image"]}]},
            "/filters/0/values/0",
            'filters[0].values[0] must be one of video; got string "image"',
        ),
        (
            {"filters": [STATUS | {"op": "in"}]},
            "/filters/0/op",
            'filters[0] has an unknown field "op"; a filter takes key, values',
        ),
        ({"Limit": 5}, "/Limit", 'field "Limit" differs from "limit" only by letter case'),
        (
            {"action": "retrieve", "id": "1", "limit": 0},
            "/action",
            (
                "action is not accepted here: this path lists tasks;"
                " to query one, send GET with task_ids"
            ),
        ),
    ],
)
def test_each_broken_rule_is_named(body, path, message):
    assert errors_of(body) == [(path, message)]


def test_all_broken_rules_come_at_once():
    body = {
        "Cursor": "",
        "filters": [{"key": "status", "values": ["x"], "y": 1}, 2],
        "limit": 0,
        "cursor": "x",
        "end_time": None,
        "start_time": None,
    }
    assert [path for path, _ in errors_of(body)] == [
        *("/start_time", "/end_time", "/cursor", "/limit"),
        *("/filters/0/values/0", "/filters/0/y", "/filters/1", "/Cursor"),
    ]


def test_a_flood_of_bad_filters_is_cut():
    assert len(errors_of(b'{"filters":[' + b"1," * 300_000 + b"1]}")) == 100
    flood = b'{"filters":[{"key":"status","values":[' + b"1," * 300_000 + b"1]}]}"
    assert len(errors_of(flood)) == 100


@pytest.mark.parametrize("body", [b"", b"[]", b'{"limit":1,"limit":2}', b"{"])
def test_what_is_no_strict_json_is_refused_before_any_field(body):
    with pytest.raises(BodyMalformed):
        parse(body)
