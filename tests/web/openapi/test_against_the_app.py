"""The description and the routes are the same, and a stranger's random requests find no lie."""

import asyncio
import os
from types import SimpleNamespace

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from fakes.serving import serving
from framegate.gateway import Gateway
from framegate.settings import Settings
from framegate.web.app import app
from framegate.web.openapi.document import described, document

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "machines-long"
"""`make machines` sets it: a search, new each time. The short run is the same each time."""

EXAMPLES_EACH = 300 if IS_LONG else 15
PROXIED = "/proxy/kling"
PAGES = ("/console/", "/docs")

# What the library expects and this gateway does not promise: the page's schema cannot say that one
# first frame is needed (its $comment does), and a parameter that nobody knows is left alone.
UNTRUE = {
    "GET": [positive_data_acceptance, negative_data_rejection],
    "POST": [positive_data_acceptance],
}


def routes_of(served):
    """The route table, without the console's pages for people.

    The API page's paths answer under two more prefixes and count once (rule 48).
    """
    table = {
        (method, route.path)
        for route in served._app.routes
        for method in route.methods
        if method != "HEAD" and not route.path.startswith(PAGES)
    }
    return {
        (method, path)
        for method, path in table
        if not path.startswith(PROXIED) and (method, f"/kling{path}") not in table
    }


async def test_every_route_is_described_and_the_other_way_round(door):
    assert described() == routes_of(app(door.gateway))


def test_routes_of_the_page_count_once():
    paths = ("/tasks", "/kling/tasks", "/proxy/kling/tasks")
    routes = [SimpleNamespace(path=path, methods={"GET", "HEAD"}) for path in paths]
    served = SimpleNamespace(_app=SimpleNamespace(routes=routes))
    assert routes_of(served) == {("GET", "/kling/tasks")}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Calls one operation of a served gateway at random, with an admin key."""
    folder = tmp_path_factory.mktemp("described")
    chosen = {"data": {"dir": str(folder)}, "server": {"host": "127.0.0.1", "port": 0}}
    gateway = Gateway.open(msgspec.convert(chosen, Settings))
    gateway.prepare()
    key = (folder / "admin.key").read_text(encoding="ascii").strip()
    with serving(app(gateway)) as url:
        schema = schemathesis.openapi.from_dict(document("en"))

        def call(method, path, mode, data):
            strategy = schema[path][method.lower()].as_strategy(generation_mode=mode)
            case = data.draw(strategy)
            # What is wrong with a request may be that it has no key: it must not get one here.
            has_key = "Authorization" in (case.headers or {})
            headers = {"Authorization": f"Bearer {key}"} if has_key else {}
            answer = case.call(base_url=url, headers=headers)
            case.validate_response(answer, excluded_checks=UNTRUE[method])

        yield call
    asyncio.run(gateway.close())


def can_be_wrong(operation):
    """Whether anything that the operation takes has a shape that a value can break."""
    method, path = operation
    taken = document("en")["paths"][path][method.lower()]
    contents = taken.get("requestBody", {}).get("content", {}).values()
    shapes = [content["schema"] for content in contents]
    shapes += [
        parameter.get("schema", parameter)
        for parameter in taken["parameters"]
        if parameter.get("in") != "path"
    ]
    return any(shape not in ({}, {"type": "string"}) for shape in shapes)


# A stream does not end; tests/web/test_events.py reads them.
ENDING = [each for each in sorted(described()) if not each[1].endswith("/events")]
RIGHT = [(*each, GenerationMode.POSITIVE) for each in ENDING]
WRONG = [(*each, GenerationMode.NEGATIVE) for each in ENDING if can_be_wrong(each)]


@pytest.mark.parametrize(("method", "path", "mode"), RIGHT + WRONG)
@given(data=st.data())
@settings(
    max_examples=EXAMPLES_EACH,
    deadline=None,
    database=None,
    derandomize=not IS_LONG,
    suppress_health_check=list(HealthCheck),
)
def test_random_request_is_answered_as_described(stranger, method, path, mode, data):
    stranger(method, path, mode, data)
