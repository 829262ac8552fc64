import asyncio

import httpx2
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from structlog.testing import capture_logs

from framegate import ids
from framegate.errors import FieldError, FieldsInvalid, TooManyRequests
from framegate.web import envelope
from framegate.web.edge import PATH_ECHO_CHARACTERS_MAX, Edge, Paths


async def fine(request):
    return envelope.success({"seen": envelope.request_id_of(request)}, "req_upstream")


def failing(error):
    async def handler(_request):
        raise error

    return handler


async def test_every_error_is_noted_once_and_nothing_else(calling):
    noted = []
    for handler in (fine, failing(TooManyRequests("wait", retry_after_s=1)), failing(ValueError())):
        async with calling(handler, noted=lambda error: noted.append(error.slug)) as client:
            await client.get("/here")
    assert noted == ["too-many-requests", "internal-fault"]


# --- ids and headers --------------------------------------------------------------------------


async def test_handler_and_caller_see_the_same_request_id(calling):
    async with calling(fine) as client:
        answer = await client.get("/here")
    assert answer.headers["X-Request-Id"] == answer.json()["data"]["seen"]
    assert answer.headers["X-Request-Id"].startswith("req_")


async def test_every_request_has_its_own_id(calling):
    async with calling(fine) as client:
        answers = [await client.get("/here") for _ in range(20)]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 20


async def test_request_id_has_the_length_of_a_prefixed_ulid(calling):
    async with calling(fine) as client:
        answer = await client.get("/here")
    assert len(answer.headers["X-Request-Id"]) == len(ids.new("req")) == 30


async def test_request_id_of_a_handler_never_replaces_ours(calling):
    async def relaying(_request):
        return Response(headers={"X-Request-Id": "theirs"})

    async with calling(relaying, new_request_id=lambda: "req_1") as client:
        answer = await client.get("/here")
    assert answer.headers.get_list("X-Request-Id") == ["req_1"]


async def test_every_answer_tells_the_browser_not_to_guess(calling):
    async with calling(fine) as client:
        for path in ("/here", "/nowhere"):
            answer = await client.get(path)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_header_that_a_handler_set_itself_stands(calling):
    async def strict(_request):
        return Response(headers={"Referrer-Policy": "same-origin"})

    async with calling(strict) as client:
        answer = await client.get("/here")
    assert answer.headers.get_list("Referrer-Policy") == ["same-origin"]


# --- refusals and faults ----------------------------------------------------------------------


async def test_refusal_becomes_its_envelope(calling):
    error = FieldsInvalid((FieldError("/contents", "contents is required"),))
    async with calling(failing(error), new_request_id=lambda: "req_1") as client:
        answer = await client.post("/here")
    assert answer.status_code == 400
    assert answer.json() == {
        "code": 1201,
        "message": "contents is required",
        "request_id": "req_1",
        "data": {"errors": [{"path": "/contents", "message": "contents is required"}]},
    }


async def test_refusal_keeps_its_retry_after(calling):
    async with calling(failing(TooManyRequests("too many requests", retry_after_s=2))) as client:
        answer = await client.get("/here")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


async def test_refusal_is_not_logged_as_a_fault(calling):
    with capture_logs() as logs:
        async with calling(failing(TooManyRequests("slow down", retry_after_s=2))) as client:
            await client.get("/here")
    assert logs == []


async def test_any_other_error_answers_500_without_a_word_about_it(calling):
    async with calling(failing(ValueError("the password is hunter2"))) as client:
        answer = await client.get("/here")
    assert answer.status_code == 500
    assert answer.json()["code"] == 5000
    assert answer.json()["data"] == {}
    assert "hunter2" not in answer.text


async def test_fault_is_logged_once_with_id_and_traceback_but_without_the_query(calling):
    fault = ValueError("broken")
    with capture_logs() as logs:
        async with calling(failing(fault), new_request_id=lambda: "req_1") as client:
            await client.get("/here?signature=secret")
    assert logs == [
        {
            "event": "request failed",
            "log_level": "error",
            "request_id": "req_1",
            "method": "GET",
            "path": "/here",
            "answer_has_begun": False,
            "exc_info": fault,
        }
    ]


async def test_data_that_cannot_be_written_answers_500(calling):
    async def unwritable(_request):
        return envelope.success({"value": object()}, "req_1")

    async with calling(unwritable) as client:
        answer = await client.get("/here")
    assert answer.status_code == 500


async def test_handler_that_never_answers_is_ended_at_the_deadline(calling):
    async def stuck(_request):
        await asyncio.Event().wait()

    async with calling(stuck, answer_wait_s_max=0.01) as client:
        answer = await client.get("/here")
    assert (answer.status_code, answer.json()["code"]) == (500, 5000)


async def test_stream_that_has_begun_is_not_under_the_deadline():
    begun = asyncio.Event()

    async def stream(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        await asyncio.sleep(0.05)  # The stream's own pace: five times the deadline below.
        await send({"type": "http.response.body", "body": b"end"})

    transport = httpx2.ASGITransport(Edge(stream, answer_wait_s_max=0.01))
    async with httpx2.AsyncClient(transport=transport, base_url="http://gate") as client:
        answer = await client.get("/")
    assert begun.is_set()
    assert answer.content == b"end"


async def test_fault_after_the_answer_began_sends_nothing_more():
    sent = []

    async def half(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    async def send(message):
        sent.append(message["type"])

    with capture_logs() as logs:
        await Edge(half)({"type": "http", "method": "GET", "path": "/"}, None, send)
    assert sent == ["http.response.start"]
    assert logs[0]["answer_has_begun"] is True


async def test_caller_who_left_is_neither_answered_nor_logged():
    sent = []

    async def abandoned(_scope, _receive, _send):
        raise ClientDisconnect

    with capture_logs() as logs:
        await Edge(abandoned)({"type": "http", "method": "GET", "path": "/"}, None, sent.append)
    assert (sent, logs) == ([], [])


async def test_request_cut_off_by_a_stop_is_told_that_its_outcome_is_uncertain():
    sent, entered = [], asyncio.Event()

    async def slow(_scope, _receive, _send):
        entered.set()
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    request = asyncio.create_task(
        Edge(slow)({"type": "http", "method": "POST", "path": "/"}, None, send)
    )
    await entered.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert sent[0]["status"] == 500
    assert b'"code":5000' in sent[1]["body"]


# --- paths and methods ------------------------------------------------------------------------


async def test_unknown_path_is_named_in_the_envelope(calling):
    async with calling(fine) as client:
        answer = await client.get("/kling/image-to-movie")
    assert answer.status_code == 404
    assert answer.json()["code"] == 1203
    assert answer.json()["message"] == "path not found: /kling/image-to-movie"


@pytest.mark.parametrize("more", [0, 1])
async def test_echo_of_an_unknown_path_is_cut_at_its_limit(calling, more):
    path = "/" + "a" * (PATH_ECHO_CHARACTERS_MAX - 1 + more)
    async with calling(fine) as client:
        answer = await client.get(path)
    assert answer.json()["message"] == f"path not found: {path[:PATH_ECHO_CHARACTERS_MAX]}"


async def test_path_with_a_slash_too_many_is_unknown_rather_than_redirected(calling):
    async with calling(fine) as client:
        answer = await client.post("/here/")
    assert answer.status_code == 404


async def test_wrong_method_names_the_allowed_ones(calling):
    async with calling(fine, methods=["POST"]) as client:
        answer = await client.delete("/here")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.json()["code"] == 1202
    assert answer.json()["message"] == "method DELETE is not allowed here; allowed: POST"


async def test_wrong_method_names_the_methods_of_every_route_of_the_path():
    routes = [Route("/x", fine, methods=["GET"]), Route("/x", fine, methods=["POST"])]
    transport = httpx2.ASGITransport(Edge(Paths(routes)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://gate") as client:
        answer = await client.put("/x")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


async def test_head_is_answered_like_get(calling):
    async with calling(fine, methods=["GET"]) as client:
        answer = await client.head("/here")
    assert answer.status_code == 200


async def test_options_says_the_methods_and_grants_no_other_origin(calling):
    async with calling(fine, methods=["POST"]) as client:
        answer = await client.options("/here", headers={"Origin": "http://elsewhere"})
    assert (answer.status_code, answer.headers["Allow"]) == (204, "POST")
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_options_of_an_unknown_path_is_not_found(calling):
    async with calling(fine) as client:
        answer = await client.options("/nowhere")
    assert answer.status_code == 404


async def test_path_unknown_to_a_mounted_router_has_the_envelope_too():
    app = Edge(Paths([Mount("/static", app=Router())]))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gate") as client:
        answer = await client.get("/static/none.css")
    assert answer.json()["message"] == "path not found: /static/none.css"


@pytest.mark.parametrize(
    ("status", "code", "answered"),
    [(400, 1200, 400), (401, 1203, 404), (404, 1203, 404), (405, 1202, 405), (413, 1200, 400)],
)
async def test_errors_of_starlette_are_translated(calling, status, code, answered):
    async with calling(failing(HTTPException(status, detail="no"))) as client:
        answer = await client.get("/here")
    assert (answer.status_code, answer.json()["code"]) == (answered, code)
