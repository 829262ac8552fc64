"""One span for each request, told by its template: never by its path, its query or its headers."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from fakes.recorded_spans import recorded
from framegate.web.edge import Edge, Paths
from framegate.web.traced import Traced

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def found(request):
    return PlainTextResponse("found")


async def broken(request):
    raise ValueError("a secret of the handler")


APP = Traced(
    Edge(
        Paths(
            [
                Route("/things/{token}", found),
                Route("/broken", broken),
            ]
        )
    )
)


@pytest.fixture
def spans():
    with recorded() as spans:
        yield spans


@pytest.fixture
def client():
    return TestClient(APP, raise_server_exceptions=False)


def test_request_is_one_span_with_the_id_that_its_answer_has(client, spans):
    answer = client.get("/things/very-secret?key=fg_secret", headers={"X-Api-Key": "fg_secret"})
    (span,) = spans.all
    assert span.name == "GET /things/{token}"
    assert span.attributes["framegate.request_id"] == answer.headers["x-request-id"]
    assert "secret" not in span.to_json()


def test_fault_is_an_error_without_its_sentence(client, spans):
    assert client.get("/broken").status_code == 500
    (span,) = spans.all
    assert span.attributes["error.type"] == "500"
    assert "secret" not in span.to_json()


def test_path_that_leads_nowhere_is_not_told(client, spans):
    client.get("/a/secret/place")
    (span,) = spans.all
    assert (span.name, span.attributes["http.response.status_code"]) == ("GET", 404)
    assert "secret" not in span.to_json()


def test_request_joins_its_callers_trace(client, spans):
    client.get("/things/1", headers={"traceparent": TRACEPARENT})
    assert f"{spans.all[0].context.trace_id:032x}" == TRACEPARENT[3:35]


def test_two_traceparents_are_none(client, spans):
    client.get("/things/1", headers=[("traceparent", TRACEPARENT)] * 2)
    assert spans.all[0].parent is None


def test_app_is_what_it_was_while_nobody_wants_traces(client):
    assert client.get("/things/1").text == "found"
