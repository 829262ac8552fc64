"""What the vendor's answers mean: bought, surely not bought, or nobody knows."""

import json

import pytest

from framegate.domain.upstream import (
    AccountTask,
    Costs,
    Refused,
    Render,
    RenderStatus,
    Ticket,
    Uncertain,
    Unknown,
    Unreachable,
)
from framegate.outbound import Answer
from framegate.upstreams.answers import (
    QUERY_REST_S_MAX,
    ListPage,
    read_code,
    read_costs,
    read_list,
    read_lookup,
    read_query,
    read_submit,
    rest_s,
)


def answer(status, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers=headers, body=content)


def envelope(code, **more):
    return {"code": code, "message": "m", "request_id": "r", **more}


TICKET = envelope(0, data={"id": "901930004609634393", "status": "submitted"})


def test_a_taken_order_is_relayed_as_it_came():
    ticket = read_submit(answer(200, TICKET))
    assert isinstance(ticket, Ticket)
    assert ticket.id == "901930004609634393"
    assert ticket.relay.data == TICKET["data"]


def test_the_id_may_be_called_task_id():
    ticket = read_submit(answer(200, envelope(0, data={"task_id": "9", "task_status": "queued"})))
    assert ticket.id == "9"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((400, code) for code in (1200, 1201, 1300, 1301)),
        *((404, code) for code in (1202, 1203)),
        *((429, code) for code in (1302, 1303)),
        (503, 5001),
        (200, 1201),
    ],
)
def test_a_definite_no_is_relayed(status, code):
    refused = read_submit(answer(status, envelope(code, data={})))
    assert isinstance(refused, Refused)
    assert not refused.blames_operator
    assert (refused.relay.http_status, refused.relay.code) == (status, code)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((401, code) for code in range(1000, 1005)),
        *((429, code) for code in (1100, 1101, 1102, 1304)),
        (403, 1103),
    ],
)
def test_a_refusal_of_our_account_is_the_operators(status, code):
    refused = read_submit(answer(status, envelope(code)))
    assert isinstance(refused, Refused)
    assert refused.blames_operator


@pytest.mark.parametrize(
    "lost",
    [
        answer(500, envelope(5000)),
        answer(504, envelope(5002)),
        answer(200, envelope(5000)),
        answer(502, b"<html>Bad Gateway</html>"),
        answer(503, b""),
        answer(200, b"[]"),
        answer(200, {"message": "no code"}),
        answer(200, {"code": "0", "data": {"id": "9"}}),
        answer(200, {"code": True, "data": {"id": "9"}}),
        answer(200, envelope(0, data={})),
        answer(200, envelope(0, data={"id": 901930004609634393})),
        answer(200, envelope(0)),
        answer(500, envelope(9999)),
        answer(200, b"\xff"),
        answer(200, b'{"code":0,"data":{"id":"9","x":' + b"[" * 100_000),
    ],
)
def test_whatever_is_no_definite_answer_is_uncertain(lost):
    assert isinstance(read_submit(lost), Uncertain)


def test_a_1303_without_data_gets_an_empty_object_and_a_time_to_come_back():
    refused = read_submit(answer(429, envelope(1303)))
    assert (refused.relay.data, refused.relay.retry_after_s) == ({}, 1)


def test_the_upstreams_own_retry_after_is_kept():
    refused = read_submit(answer(429, envelope(1302), **{"Retry-After": "7"}))
    assert refused.relay.retry_after_s == 7


@pytest.mark.parametrize("nonsense", ["soon", "-1", "", "٣"])
def test_a_retry_after_that_is_no_number_is_replaced(nonsense):
    refused = read_submit(answer(429, envelope(1302), **{"Retry-After": nonsense}))
    assert refused.relay.retry_after_s == 1


def test_a_policy_refusal_has_no_time_to_come_back():
    assert read_submit(answer(400, envelope(1301))).relay.retry_after_s is None


VENDOR = {
    "id": "933557962801545273",
    "status": "succeeded",
    "outputs": [
        {"type": "video", "id": "9", "url": "https://v.example/out.mp4", "duration": "5.041"}
    ],
}
PAGE = {
    "task_id": "933557962801545273",
    "task_status": "succeed",
    "task_result": {
        "videos": [{"id": "9", "url": "https://v.example/out.mp4", "duration": "5.041"}]
    },
}


def read_one(answered, ticket="9"):
    """What a query for one id says about it."""
    (found,) = read_query(answered, [ticket]).values()
    return found


@pytest.mark.parametrize("data", [[VENDOR], VENDOR, PAGE])
def test_both_shapes_and_both_vocabularies_are_read(data):
    render = read_one(answer(200, envelope(0, data=data)), "933557962801545273")
    assert render.ticket == "933557962801545273"
    assert render.status is RenderStatus.SUCCEEDED
    assert render.outputs[0].location == "https://v.example/out.mp4"
    assert render.outputs[0].duration == "5.041"


@pytest.mark.parametrize("key", ["message", "task_status_msg"])
def test_the_reason_of_a_failure_is_read_under_either_name(key):
    data = {"id": "9", "status": "failed", key: "Image pixel is invalid"}
    render = read_one(answer(200, envelope(0, data=[data])))
    assert (render.status, render.message) == (RenderStatus.FAILED, "Image pixel is invalid")


@pytest.mark.parametrize("data", [[], {}, None, [None], "x"])
def test_an_absent_task_is_unknown(data):
    assert isinstance(read_one(answer(200, envelope(0, data=data))), Unknown)


@pytest.mark.parametrize(
    "trouble",
    [
        answer(500, b"oops"),
        answer(429, envelope(1302)),
        answer(200, envelope(0, data=[{"id": "9", "status": "paused"}])),
        answer(200, envelope(0, data=[{"id": "9"}])),
    ],
)
def test_trouble_and_unknown_words_are_never_news(trouble):
    assert isinstance(read_one(trouble), Unreachable)


@pytest.mark.parametrize("outputs", [None, [], [{}], ["x"], [{"id": "9"}], [{"url": 7}], 7, {}])
def test_outputs_without_an_address_are_no_outputs(outputs):
    data = {"id": "9", "status": "succeeded", "outputs": outputs}
    render = read_one(answer(200, envelope(0, data=[data])))
    assert isinstance(render, Render)
    assert render.outputs == ()


OTHER = {"id": "8", "external_id": "biz-1", "status": "processing"}


def test_many_are_read_each_under_its_own_id():
    """Twenty ids go into one query, and the vendor leaves out what it does not know."""
    found = read_query(answer(200, envelope(0, data=[OTHER, VENDOR])), ["933557962801545273", "7"])

    assert found["933557962801545273"].status is RenderStatus.SUCCEEDED
    assert isinstance(found["7"], Unknown)


def test_a_task_that_its_caller_named_as_anothers_ticket_is_not_that_other_one():
    """Or one customer would be handed, and charged for, another one's video."""
    trap = OTHER | {"external_id": VENDOR["id"], "external_task_id": VENDOR["id"]}

    found = read_query(answer(200, envelope(0, data=[VENDOR, trap])), [VENDOR["id"], "8"])

    assert found[VENDOR["id"]].status is RenderStatus.SUCCEEDED
    assert found["8"].ticket == "8"


def test_one_object_is_no_answer_about_many():
    found = read_query(answer(200, envelope(0, data=VENDOR)), ["7", VENDOR["id"]])
    assert isinstance(found["7"], Unknown)
    assert found[VENDOR["id"]].ticket == VENDOR["id"]


def test_a_list_of_somebody_elses_task_is_no_answer():
    assert isinstance(read_one(answer(200, envelope(0, data=[OTHER])), "7"), Unknown)


def test_a_page_gateway_may_answer_with_an_id_of_its_choice():
    assert read_one(answer(200, envelope(0, data=PAGE)), "task_1").ticket == PAGE["task_id"]


@pytest.mark.parametrize("key", ["external_id", "external_task_id"])
def test_an_order_is_found_by_the_id_that_it_was_ordered_under(key):
    item = {"id": "8", key: "biz-1", "status": "processing"}
    found = read_lookup(answer(200, envelope(0, data=[item, VENDOR])), ["biz-1", "biz-2"])
    assert found["biz-1"].ticket == "8"
    assert isinstance(found["biz-2"], Unknown)


def test_an_order_is_never_found_by_what_happens_to_be_a_ticket():
    found = read_lookup(answer(200, envelope(0, data=[VENDOR])), [VENDOR["id"]])
    assert isinstance(found[VENDOR["id"]], Unknown)


def test_a_look_up_that_went_wrong_finds_nothing_and_says_so():
    found = read_lookup(answer(429, envelope(1302)), ["biz-1"])
    assert isinstance(found["biz-1"], Unreachable)


@pytest.mark.parametrize(
    ("body", "read"),
    [(envelope(7), (7, "m")), ({"code": "7"}, (None, "")), (b"<html>", (None, ""))],
)
def test_code_and_message_of_any_envelope_are_read(body, read):
    assert read_code(answer(200, body)) == read


@pytest.mark.parametrize("data", [{}, {"resource_pack_subscribe_infos": 7}, None, []])
def test_no_package_is_no_error(data):
    assert read_costs(answer(200, envelope(0, data=data))) == Costs()


def test_packages_are_read():
    packs = [{"resource_pack_name": "v", "remaining_quantity": 91.2}]
    data = {"code": 0, "resource_pack_subscribe_infos": [*packs, "x"]}
    assert read_costs(answer(200, envelope(0, data=data))) == Costs(packages=tuple(packs))


@pytest.mark.parametrize("read", [read_costs, read_list])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (envelope(1002), "HTTP 401, code 1002: m"),
        (b"<html>", "HTTP 401, without a readable code"),
        (envelope(True), "HTTP 401, without a readable code"),
    ],
)
def test_what_the_vendor_says_instead_is_told_to_the_operator(read, body, reason):
    assert read(answer(401, body)) == Unreachable(reason=reason)


def test_a_list_without_result_and_cursor_is_empty():
    data = {"count": 0, "has_more": False}
    assert read_list(answer(200, envelope(0, data=data))) == ListPage(tasks=(), next_cursor="")


def test_a_listed_task_is_read_in_both_vocabularies():
    new = {"id": "9", "status": "succeeded", "message": "", "create_time": 5, "update_time": 7,
           "external_id": "biz-1", "billing": [{"amount": "4"}]}  # fmt: skip
    old = {"task_id": "8", "task_status": "succeed", "task_status_msg": "m", "created_at": 5}
    page = read_list(answer(200, envelope(0, data={"result": [new, old, {}, "x"]})))
    assert page.tasks == (
        AccountTask(
            ticket="9",
            status="succeeded",
            external_id="biz-1",
            created_ms=5,
            updated_ms=7,
            billing=({"amount": "4"},),
        ),
        AccountTask(ticket="8", status="succeeded", message="m", created_ms=5),
    )


def test_a_listed_word_that_nobody_knows_is_shown_as_it_came():
    page = read_list(answer(200, envelope(0, data={"result": [{"id": "9", "status": "napping"}]})))
    assert page.tasks[0].status == "napping"


@pytest.mark.parametrize(
    ("data", "cursor"),
    [
        ({"next_cursor": "c", "has_more": True}, "c"),
        ({"next_cursor": "c", "has_more": False}, ""),
        ({"next_cursor": "c"}, ""),
        ({"has_more": True}, ""),
        ({"next_cursor": 7, "has_more": True}, ""),
    ],
)
def test_there_is_a_next_page_where_both_say_so(data, cursor):
    assert read_list(answer(200, envelope(0, data=data))).next_cursor == cursor


@pytest.mark.parametrize(
    ("status", "code", "headers", "wait_s"),
    [
        (429, 1302, {}, 1),
        (429, 1302, {"Retry-After": "7"}, 7),
        (200, 1303, {"Retry-After": "7"}, 7),
        (429, None, {"Retry-After": "0"}, 1),
        (429, 1302, {"Retry-After": "soon"}, 1),
        (429, 1302, {"Retry-After": "9" * 30}, 1),
        (429, 1302, {"Retry-After": str(QUERY_REST_S_MAX)}, QUERY_REST_S_MAX),
        (429, 1302, {"Retry-After": str(QUERY_REST_S_MAX + 1)}, QUERY_REST_S_MAX),
        (503, 5001, {}, 0),
        (503, 5001, {"Retry-After": "7"}, 7),
        (200, 0, {"Retry-After": "7"}, 0),
        (500, 5000, {"Retry-After": "7"}, 0),
    ],
)
def test_a_question_is_followed_by_the_rest_that_its_answer_asks_for(status, code, headers, wait_s):
    assert rest_s(answer(status, envelope(code), **headers)) == wait_s


def test_time_and_bill_are_read_where_they_are_told():
    bill = {"charge_type": "unit", "amount": "4", "package_type": "video"}
    told = VENDOR | {"create_time": 1_781_080_778_802, "update_time": 1_781_080_794_151}

    render = read_one(
        answer(200, envelope(0, data=[told | {"billing": [bill, "x"]}])), VENDOR["id"]
    )

    assert render.took_ms == 15_349
    assert render.billing == (bill,)


@pytest.mark.parametrize("times", [{}, {"create_time": 5}, {"create_time": "1", "update_time": 9},
                                   {"create_time": 9, "update_time": 5}])  # fmt: skip
def test_time_that_cannot_be_told_is_not_guessed(times):
    assert read_one(answer(200, envelope(0, data=[VENDOR | times])), VENDOR["id"]).took_ms == 0


@pytest.mark.parametrize("code", [1302, 1303, 5001])
def test_no_room_or_no_time_may_go_elsewhere(code):
    assert read_submit(answer(429, envelope(code))).may_go_elsewhere


@pytest.mark.parametrize("code", [1201, 1301, 1002, 1102])
def test_refusal_of_the_order_or_of_the_account_is_not_no_room(code):
    assert not read_submit(answer(400, envelope(code))).may_go_elsewhere
