"""Kling against a vendor on a real socket: what it is sent and what it is asked."""

import asyncio
import hashlib
import json

import jwt
import pytest

from fakes import stub_upstream as vendors
from fakes.recording_door import VENDOR as VENDOR_URL
from fakes.recording_door import RecordingDoor, gateway_before
from fakes.stub_upstream import API_KEY, StubUpstream, serving
from fakes.tiny_video import tiny_video
from framegate.domain.submission import parse_image_to_video
from framegate.domain.text_to_video import parse_text_to_video
from framegate.domain.upstream import (
    NotOffered,
    Order,
    Refused,
    RenderStatus,
    Ticket,
    Uncertain,
    Unknown,
    Unreachable,
)
from framegate.outbound import Answer, Outbound
from framegate.upstreams.kling import Kling
from framegate.upstreams.login import Login

PATIENCE_S = 20

MODEL = "kling-3.0-turbo"
FRAME = b'{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}'
HOOK = b'"https:\\/\\/you.example.com\\/hook"'
OPTIONS = b'{ "watermark_info":{"callback_url":"x"},"external_task_id" : "biz-1","callback_url":'
BODY = b'\n{"x":1E5, "contents":[' + FRAME + b'],"options":' + OPTIONS + HOOK + b' }, "zz":"biz-1"}'
NEWS = "https://gate.example.com/callbacks/task_1/token"
SECRET = "s3cret-" * 6


@pytest.fixture(scope="module")
def serving_vendor():
    stub = StubUpstream()
    with serving(stub.app()) as url:
        yield stub, url


@pytest.fixture
def vendor(serving_vendor):
    stub, _ = serving_vendor
    stub.reset()
    yield stub
    stub.reset()


@pytest.fixture
async def opened(serving_vendor, vendor):
    """Make upstreams at the vendor's address that are closed when the test ends."""
    _, url = serving_vendor
    configured = Outbound.to_configured()
    public = Outbound.to_public(allow=frozenset({url.removeprefix("http://")}))
    made = []

    def open_one(**settings):
        usual = {
            "name": "kling",
            "models": frozenset({MODEL}),
            "base_url": url,
            "path_prefix": "",
            "login": Login(api_key=API_KEY),
            "submit_wait_s": 5,
            "poll_wait_s": 5,
            "queries_per_s": 1_000,
            "operator_door": configured,
            "public_door": public,
        }
        made.append(Kling(**usual | settings))
        return made[-1]

    yield open_one
    for each in [*made, configured, public]:
        await each.close()


@pytest.fixture
def kling(opened):
    return opened()


def order(body=BODY, *, account_id="acc_1"):
    submission = parse_image_to_video(
        body, model=MODEL, denied_fields=frozenset(), allowed_addresses=frozenset()
    )
    return Order(
        task_id="task_1",
        account_id=account_id,
        request_id="req_1",
        submission=submission,
        report_to=NEWS,
    )


def plain(number=1):
    return order(b'{"contents":[' + FRAME + b'],"n":%d}' % number)


# --- the order --------------------------------------------------------------------------------


async def test_bytes_are_sent_as_they_came(kling, vendor):
    assert isinstance(await kling.submit(order()), Ticket)
    (sent,) = vendor.bodies
    assert hashlib.sha256(sent).digest() == hashlib.sha256(BODY).digest()


async def test_gateways_callbacks_change_the_callback_url_and_no_other_byte(opened, vendor):
    await opened(callbacks="gateway").submit(order())
    assert vendor.bodies == [BODY.replace(HOOK, json.dumps(NEWS).encode())]


async def test_scoped_external_ids_change_the_external_id_and_no_other_byte(opened, vendor):
    await opened(external_ids="scoped").submit(order())
    (task,) = vendor.tasks.values()
    sent_as = b'"external_task_id" : "%b"' % task.external_id.encode()
    assert vendor.bodies == [BODY.replace(b'"external_task_id" : "biz-1"', sent_as)]


async def test_both_splices_together_change_two_values(opened, vendor):
    await opened(callbacks="gateway", external_ids="scoped").submit(order())
    (task,) = vendor.tasks.values()
    sent_as = b'"external_task_id" : "%b"' % task.external_id.encode()
    changed = BODY.replace(b'"external_task_id" : "biz-1"', sent_as)
    assert vendor.bodies == [changed.replace(HOOK, json.dumps(NEWS).encode())]


@pytest.mark.parametrize("options", [b"", b',"options":{}', b',"options":{"external_task_id":""}'])
async def test_what_is_absent_or_empty_is_never_spliced_in(opened, vendor, options):
    body = b'{"contents":[' + FRAME + b"]" + options + b"}"
    await opened(callbacks="gateway", external_ids="scoped").submit(order(body))
    assert vendor.bodies == [body]


async def test_two_accounts_may_use_one_external_id_at_one_vendor_account(opened, vendor):
    kling = opened(external_ids="scoped")
    tickets = [await kling.submit(order(account_id=each)) for each in ("acc_1", "acc_2")]
    assert all(isinstance(each, Ticket) for each in tickets)
    sent_as = [task.external_id for task in vendor.tasks.values()]
    assert len(set(sent_as)) == 2
    assert all(each.startswith("fg-") and len(each) == 43 for each in sent_as)


async def test_a_scoped_order_is_answered_with_the_callers_own_id(opened):
    ticket = await opened(external_ids="scoped").submit(order())
    assert ticket.relay.data["external_id"] == "biz-1"


async def test_a_refusal_that_repeats_the_scoped_id_names_the_callers_own(opened, vendor):
    kling = opened(external_ids="scoped")
    await kling.submit(order())
    refused = await kling.submit(order())
    assert isinstance(refused, Refused)
    assert refused.relay.message == 'external_task_id "biz-1" already exists'


async def test_an_id_that_could_break_out_of_its_quotes_comes_back_whole(opened):
    odd = json.dumps('"},"id":"7\\ü\u2028').encode()
    ticket = await opened(external_ids="scoped").submit(
        order(BODY.replace(b'"biz-1",', odd + b","))
    )
    assert ticket.relay.data["external_id"] == json.loads(odd)
    assert ticket.relay.data["id"] == ticket.id


async def test_verbatim_an_answer_stays_as_it_came(kling, vendor):
    ticket = await kling.submit(order())
    (task,) = vendor.tasks.values()
    assert ticket.id == ticket.relay.data["id"] == task.id
    assert ticket.relay.data["external_id"] == "biz-1"


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        (vendors.CONTENT_POLICY, Refused),
        (vendors.SLOTS_FULL, Refused),
        (vendors.PROXY_PAGE, Uncertain),
        (vendors.RESET, Uncertain),
        (vendors.HALF, Uncertain),
        (vendors.NO_ID, Uncertain),
    ],
    ids=str,
)
async def test_an_order_is_sent_once_whatever_the_answer(kling, vendor, says, answer):
    vendor.next_answers.append(says)
    assert isinstance(await kling.submit(order()), answer)
    assert len(vendor.bodies) == 1


async def test_silence_after_reading_is_uncertain_when_its_time_is_over(opened, vendor):
    await opened().submit(plain())  # Its connection is there for the next one.
    vendor.is_read.clear()
    vendor.next_answers.append(vendors.HANGS)
    answer = await opened(submit_wait_s=0.5).submit(order())
    assert answer == Uncertain(reason="no whole answer within 0.5 s (TimeoutError)")
    assert await asyncio.to_thread(vendor.is_read.wait, PATIENCE_S)
    assert vendor.bought == 2


async def test_a_closed_port_is_surely_no_purchase(opened):
    assert isinstance(await opened(base_url="http://127.0.0.1:1").submit(order()), Unreachable)


async def test_a_key_that_could_end_its_header_is_not_sent(opened, vendor):
    answer = await opened(login=Login(api_key="k\r\nX: y")).submit(order())
    assert isinstance(answer, Unreachable)
    assert vendor.bodies == []


# --- the questions ----------------------------------------------------------------------------


async def test_an_order_is_found_by_the_id_it_was_sent_under(kling, vendor):
    ticket = await kling.submit(order())
    found = await kling.find(task_id="task_1", account_id="acc_1", external_task_id="biz-1")
    assert found.ticket == ticket.id
    assert vendor.asked == ["/tasks?external_task_ids=biz-1"]


async def test_a_scoped_order_is_found_by_its_account_alone(opened):
    kling = opened(external_ids="scoped")
    ticket = await kling.submit(order())
    asked = {"task_id": "task_1", "external_task_id": "biz-1"}
    assert (await kling.find(account_id="acc_1", **asked)).ticket == ticket.id
    assert isinstance(await kling.find(account_id="acc_2", **asked), Unknown)


async def test_orders_are_looked_up_together(kling, vendor):
    found = await asyncio.gather(
        *(
            kling.find(task_id="t", account_id="a", external_task_id=f"biz-{number}")
            for number in range(20)
        )
    )
    assert all(isinstance(each, Unknown) for each in found)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("odd", ["biz 1", "日本", "x" * 65, "a&task_ids=b"])
async def test_an_odd_id_is_looked_up_alone(kling, vendor, odd):
    """Whatever the vendor thinks of it, the orders beside it are found."""
    tame = kling.find(task_id="t", account_id="a", external_task_id="biz-1")
    await asyncio.gather(kling.find(task_id="t", account_id="a", external_task_id=odd), tame)
    assert len(vendor.asked) == 2
    assert "/tasks?external_task_ids=biz-1" in vendor.asked


@pytest.mark.parametrize("external_task_id", ["", "biz,1"])
async def test_what_cannot_be_asked_for_is_unknown_and_costs_no_question(
    kling, vendor, external_task_id
):
    found = await kling.find(task_id="t", account_id="a", external_task_id=external_task_id)
    assert isinstance(found, Unknown)
    assert vendor.asked == []


async def test_many_tasks_are_asked_for_in_one_query(kling, vendor):
    tickets = [(await kling.submit(plain(number))).id for number in range(20)]
    renders = await asyncio.gather(*map(kling.poll, tickets))
    assert [render.ticket for render in renders] == tickets
    assert vendor.asked == ["/tasks?task_ids=" + ",".join(tickets)]


async def test_time_bill_and_video_of_a_finished_task_are_told(kling, vendor):
    ticket = await kling.submit(plain())
    vendor.tasks[ticket.id].took_ms = 28_000
    render = await kling.poll(ticket.id)
    assert (render.status, render.took_ms) == (RenderStatus.SUCCEEDED, 28_000)
    assert render.billing == ({"charge_type": "unit", "amount": "4", "package_type": "video"},)
    assert render.outputs[0].duration == "5.041"


async def test_a_video_is_fetched_whole(kling, tmp_path):
    ticket = await kling.submit(plain())
    (output,) = (await kling.poll(ticket.id)).outputs
    fetched = await kling.fetch(output, tmp_path / "x.mp4")
    assert (tmp_path / "x.mp4").read_bytes() == tiny_video()
    assert fetched.sha256 == hashlib.sha256(tiny_video()).hexdigest()
    assert fetched.bytes_count == len(tiny_video())


async def test_being_told_that_we_ask_too_often_slows_every_question_down(kling, vendor):
    ticket = await kling.submit(plain())
    vendor.next_query_answers.append(vendors.TOO_FAST)
    before_s = asyncio.get_running_loop().time()
    assert isinstance(await kling.poll(ticket.id), Unreachable)
    # At this upstream's pace the next one would leave after a millisecond.
    assert kling._pace._next_s >= before_s + 1


async def test_a_rest_that_the_vendor_asks_for_in_seconds_is_kept(opened):
    class Busy:
        async def get(self, url, **_):
            body = json.dumps({"code": 1302, "message": "too fast"}).encode()
            return Answer(status=429, headers={"Retry-After": "30"}, body=body)

    kling = opened(operator_door=Busy())
    before_s = asyncio.get_running_loop().time()
    assert isinstance(await kling.poll("9"), Unreachable)
    assert kling._pace._next_s >= before_s + 30


async def test_a_vendor_that_is_gone_has_no_news(opened):
    gone = opened(base_url="http://127.0.0.1:1")
    assert isinstance(await gone.poll("9"), Unreachable)
    found = await gone.find(task_id="t", account_id="a", external_task_id="biz-1")
    assert isinstance(found, Unreachable)


# --- another gateway of the page --------------------------------------------------------------


async def test_a_page_gateway_is_asked_under_its_prefix_one_task_at_a_time(opened, vendor):
    kling = opened(path_prefix="/kling")
    tickets = [(await kling.submit(plain(number))).id for number in range(2)]
    renders = await asyncio.gather(*map(kling.poll, tickets))
    assert [render.ticket for render in renders] == tickets
    assert sorted(vendor.asked) == [f"/kling/image-to-video/{MODEL}/{each}" for each in tickets]


async def test_a_page_gateway_cannot_be_asked_by_external_id(opened, vendor):
    kling = opened(path_prefix="/kling")
    await kling.submit(order())
    found = await kling.find(task_id="t", account_id="acc_1", external_task_id="biz-1")
    assert isinstance(found, Unknown)
    assert vendor.asked == []


# --- the operator's questions -----------------------------------------------------------------


@pytest.mark.parametrize("path_prefix", ["", "/kling"])
async def test_a_check_proves_address_and_key_and_buys_nothing(opened, vendor, path_prefix):
    checked = await opened(path_prefix=path_prefix).check()
    assert checked.is_well, checked.says
    assert vendor.bodies == []


@pytest.mark.parametrize("path_prefix", ["", "/kling"])
async def test_a_check_with_a_bad_key_says_what_the_vendor_said(opened, path_prefix):
    checked = await opened(path_prefix=path_prefix, login=Login(api_key="other")).check()
    assert not checked.is_well
    assert checked.says == "HTTP 401, code 1002: api key not found"


async def test_a_check_of_nobody_says_so(opened):
    checked = await opened(base_url="http://127.0.0.1:1").check()
    assert not checked.is_well
    assert checked.says.startswith("no answer")


async def test_packages_are_asked_for_with_the_signed_pair(opened, vendor):
    login = Login(api_key=API_KEY, access_key="access-1", secret_key=SECRET)
    (package,) = (await opened(login=login).costs(since_ms=1, until_ms=2)).packages
    assert package["remaining_quantity"] == 91.2
    token = vendor.headers[-1]["authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["iss"] == "access-1"
    assert vendor.asked == ["/account/costs?start_time=1&end_time=2"]


async def test_without_the_key_pair_there_are_no_costs_and_nobody_is_asked(opened, vendor):
    answer = await opened().costs(since_ms=1, until_ms=2)
    assert isinstance(answer, NotOffered)
    assert "set access_key and secret_key under upstreams.kling" in answer.reason
    assert vendor.asked == []


async def test_another_gateway_has_no_costs(opened, vendor):
    login = Login(api_key=API_KEY, access_key="access-1", secret_key=SECRET)
    answer = await opened(login=login, path_prefix="/kling").costs(since_ms=1, until_ms=2)
    assert isinstance(answer, NotOffered)
    assert vendor.asked == []


async def test_costs_of_nobody_are_not_known(opened):
    login = Login(api_key=API_KEY, access_key="access-1", secret_key=SECRET)
    gone = opened(login=login, base_url="http://127.0.0.1:1")
    assert isinstance(await gone.costs(since_ms=1, until_ms=2), Unreachable)


SENT_AS = "fg-" + hashlib.sha256(b"acc_1\0biz-1").hexdigest()[:40]


@pytest.mark.parametrize(
    ("external_ids", "account_id", "external_task_id", "shown"),
    [
        ("scoped", "acc_1", "biz-1", "biz-1 was refused"),
        ("scoped", "acc_2", "biz-1", f"{SENT_AS} was refused"),
        ("scoped", "acc_1", "", f"{SENT_AS} was refused"),
        ("verbatim", "acc_1", "biz-1", f"{SENT_AS} was refused"),
    ],
)
def test_a_message_names_the_callers_own_id_where_a_scoped_one_was_sent(
    opened, external_ids, account_id, external_task_id, shown
):
    said = opened(external_ids=external_ids).callers_words(
        f"{SENT_AS} was refused", account_id=account_id, external_task_id=external_task_id
    )
    assert said == shown


def test_an_upstream_shows_no_key(opened):
    login = Login(api_key=API_KEY, access_key="access-1", secret_key=SECRET)
    shown = repr(opened(login=login))
    assert not [key for key in (API_KEY, "access-1", SECRET) if key in shown]


@pytest.mark.parametrize(
    ("callbacks", "callback_url", "reports"),
    [("gateway", "https://a.example", True), ("gateway", "", False), ("verbatim", "x", False)],
)
def test_it_reports_where_our_own_address_took_the_callers_place(
    opened, callbacks, callback_url, reports
):
    assert opened(callbacks=callbacks).reports_on(callback_url) is reports


PICTURE = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}] }'


@pytest.mark.parametrize("prefix", ["", "/kling"])
@pytest.mark.parametrize(
    ("parse", "body", "path"),
    [
        (parse_image_to_video, PICTURE, "/image-to-video/kling-3.0-turbo"),
        (parse_text_to_video, b'{"prompt":"x" }', "/text-to-video/kling-3.0-turbo"),
    ],
)
async def test_the_forwarded_bytes_go_to_the_path_of_their_kind(
    tmp_path, prefix, parse, body, path
):
    door = RecordingDoor()
    gateway = gateway_before(door, tmp_path, path_prefix=prefix)
    submission = parse(body, model="kling-3.0-turbo")
    order = Order(task_id="task_1", account_id="acc_1", request_id="r", submission=submission)

    taken = await gateway.upstreams["vendor"].submit(order)
    await gateway.close()

    assert isinstance(taken, Ticket)
    assert [url for url, _ in door.sent] == [VENDOR_URL + prefix + path]
    assert door.last_body is submission.forwarded
