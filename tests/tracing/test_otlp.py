"""Spans as they leave: whose trace they are in, what links them, and what they never hold."""

import contextlib
import logging
import threading

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode

from fakes.collector import collecting
from fakes.recorded_spans import Spans, recorded
from framegate import ids, tracing
from framegate.errors import CreditMissing, SettingsInvalid, Unavailable
from framegate.tracing.otlp import METHODS, Collector, Otlp, begin

CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{CALLERS_TRACE}-b7ad6b7169203331-01"


def trace_of(span):
    return f"{span.context.trace_id:032x}"


# --- requests ---------------------------------------------------------------------------------


def test_request_is_named_by_its_route_and_knows_its_status_and_id():
    with recorded() as spans, tracing.of_request("GET", traceparent="") as span:
        span.answered(status=200, route="/api/tasks/{task_id}", request_id="req_1")
    (request,) = spans.all
    assert (request.name, request.kind) == ("GET /api/tasks/{task_id}", SpanKind.SERVER)
    assert dict(request.attributes) == {
        "http.request.method": "GET",
        "http.route": "/api/tasks/{task_id}",
        "http.response.status_code": 200,
        "framegate.request_id": "req_1",
    }


def test_request_without_a_route_has_its_method_alone_as_a_name():
    with recorded() as spans, tracing.of_request("GET", traceparent="") as span:
        span.answered(status=404, route="", request_id="req_1")
    assert spans.names == ["GET"]


def test_method_that_nobody_knows_is_no_name():
    with recorded() as spans, tracing.of_request("SECRET", traceparent="") as span:
        span.answered(status=405, route="", request_id="req_1")
    (request,) = spans.all
    assert (request.name, request.attributes["http.request.method"]) == ("HTTP", "_OTHER")
    assert "SECRET" not in METHODS


def test_request_joins_its_callers_trace():
    with recorded() as spans, tracing.of_request("POST", traceparent=TRACEPARENT):
        pass
    assert trace_of(spans.all[0]) == CALLERS_TRACE
    assert f"{spans.all[0].parent.span_id:016x}" == "b7ad6b7169203331"


@pytest.mark.parametrize("traceparent", ["", "nonsense", "00-0-0-01", TRACEPARENT[:-3]])
def test_request_without_a_whole_traceparent_begins_a_trace(traceparent):
    with recorded() as spans, tracing.of_request("POST", traceparent=traceparent):
        pass
    assert spans.all[0].parent is None


def test_caller_who_does_not_sample_is_not_recorded():
    with recorded() as spans, tracing.of_request("POST", traceparent=f"{TRACEPARENT[:-1]}0"):
        pass
    assert spans.all == ()


@pytest.mark.parametrize(("status", "is_error"), [(200, False), (404, False), (500, True)])
def test_only_our_own_faults_are_errors(status, is_error):
    with recorded() as spans, tracing.of_request("GET", traceparent="") as span:
        span.answered(status=status, route="", request_id="req_1")
    assert (spans.all[0].status.status_code is StatusCode.ERROR) == is_error


# --- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "is_error"),
    [(CreditMissing("no credit"), False), (Unavailable(), True), (ValueError("a secret"), True)],
)
def test_error_is_told_by_its_class_and_never_by_its_sentence(error, is_error):
    with recorded() as spans, contextlib.suppress(type(error)), tracing.span("submit"):
        raise error
    span = spans.named("submit")
    assert span.attributes["error.type"] == type(error).__name__
    assert (span.status.status_code is StatusCode.ERROR) == is_error
    assert (span.events, span.status.description) == ((), None)


# --- a task's own trace -----------------------------------------------------------------------


def test_trace_of_a_task_is_its_own_id_in_every_process():
    task_id = ids.new("task")
    with recorded() as spans, tracing.of_task("track", task_id):
        pass
    with recorded() as elsewhere, tracing.of_task("deliver", task_id):
        pass
    (track,), (deliver,) = spans.all, elsewhere.all
    assert track.context.trace_id == deliver.context.trace_id == ids.number_of(task_id)
    assert track.parent.span_id == deliver.parent.span_id


def test_task_and_its_request_are_linked_both_ways():
    task_id = ids.new("task")
    with recorded() as spans, tracing.span("submit"):
        tracing.task_begun(task_id, model="kling-3.0-turbo")
    submit, task = spans.named("submit"), spans.named("task")
    assert [link.context.span_id for link in submit.links] == [task.context.span_id]
    assert [link.context.span_id for link in task.links] == [submit.context.span_id]
    assert task.attributes["framegate.model"] == "kling-3.0-turbo"


def test_steps_of_a_task_are_below_the_span_that_began_it():
    task_id = ids.new("task")
    with recorded() as spans:
        tracing.task_begun(task_id)
        with tracing.of_task("track", task_id), tracing.call("poll", upstream="local"):
            pass
    assert spans.named("track").parent.span_id == spans.named("task").context.span_id
    assert spans.named("poll").parent.span_id == spans.named("track").context.span_id


def test_step_of_a_task_leaves_the_trace_that_is_under_way():
    with recorded() as spans, tracing.span("outer"), tracing.of_task("track", ids.new("task")):
        pass
    assert trace_of(spans.named("track")) != trace_of(spans.named("outer"))


def test_id_that_is_not_ours_begins_a_trace_of_its_own():
    with recorded() as spans:
        tracing.task_begun("task_1")
        with tracing.of_task("track", "task_1"):
            pass
    assert spans.names == ["track"]
    assert spans.all[0].parent is None


@pytest.mark.parametrize("share", ["0", "0.5", "1"])
def test_task_is_sampled_as_a_whole_or_not_at_all(monkeypatch, share):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)
    tasks = [ids.new("task") for _ in range(40)]
    with recorded() as spans:
        for task_id in tasks:
            tracing.task_begun(task_id)
            with tracing.of_task("track", task_id):
                pass
    begun, tracked = (
        {span.context.trace_id for span in spans.all if span.name == name}
        for name in ("task", "track")
    )
    assert begun == tracked
    assert len(begun) == {"0": 0, "1": 40}.get(share, len(begun))


def test_trace_is_told_to_the_log_inside_a_span_only():
    with recorded() as spans:
        assert tracing.trace_id() == ""
        with tracing.span("submit"):
            inside = tracing.trace_id()
    assert inside == trace_of(spans.named("submit"))


# --- who sends --------------------------------------------------------------------------------


def test_sender_is_named_by_us_unless_the_operator_names_it(monkeypatch):
    with recorded() as spans, tracing.span("submit"):
        pass
    monkeypatch.setenv("OTEL_SERVICE_NAME", "films")
    with recorded() as named, tracing.span("submit"):
        pass
    ours, theirs = (each.all[0].resource.attributes for each in (spans, named))
    assert (ours["service.name"], ours["service.version"]) == ("framegate", "1.2.3")
    assert theirs["service.name"] == "films"


def test_lost_collector_is_told_once_until_it_is_back(monkeypatch, caplog):
    """The SDK itself would warn at every try."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        exporter = Collector()
        batch = ended_spans()
        told = []
        for status in (400, 400, 200, 200, 400):
            collector.status = status
            caplog.clear()
            is_taken = exporter.export(batch) is SpanExportResult.SUCCESS
            told.append((is_taken, len(caplog.records)))
        exporter.shutdown()
    assert told == [(False, 1), (False, 0), (True, 0), (True, 0), (False, 1)]


def test_ended_exporter_leaves_the_log_as_it_was(monkeypatch):
    logger = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    before = list(logger.filters)
    exporter = Collector()
    assert len(logger.filters) == len(before) + 1
    exporter.shutdown()
    assert logger.filters == before


def test_value_that_the_sdk_refuses_is_a_wrong_setting(monkeypatch):
    logger = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    before = list(logger.filters)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    with pytest.raises(SettingsInvalid, match=r"OTEL_BSP_ .* max_queue_size must be a positive"):
        begin({}, version="1")
    assert logger.filters == before


@pytest.mark.parametrize("value", ["Authorization: Bearer sekret", "sekret", "a=b,sekret", 'a="b"'])
def test_headers_that_the_sdk_would_log_are_refused_unrepeated(value, caplog):
    variables = {"OTEL_EXPORTER_OTLP_HEADERS": value}
    with pytest.raises(SettingsInvalid, match="OTEL_EXPORTER_OTLP_HEADERS must be") as refused:
        begin(variables, version="1")
    assert "sekret" not in str(refused.value) + caplog.text


@pytest.mark.parametrize("value", ["", "a=b", "a = b , C-d=Bearer%20x==,", "a=Bearer x"])
def test_headers_that_the_sdk_takes_are_taken(value, monkeypatch, caplog):
    name = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
    monkeypatch.setenv(name, value)
    begin({name: value}, version="1").end()
    assert caplog.text == ""


def ended_spans():
    with recorded() as spans, tracing.span("submit"):
        pass
    return spans.all


class Slow(SpanProcessor):
    """Takes its time to end, until it is given up."""

    def __init__(self):
        self.is_given_up = threading.Event()

    def shutdown(self):
        self.is_given_up.wait()


def test_last_spans_that_do_not_leave_in_time_are_given_up():
    slow = Slow()
    Otlp(slow, version="1", give_up=slow.is_given_up.set, end_wait_s_max=0).end()
    assert slow.is_given_up.is_set()


def test_last_spans_that_leave_are_not_given_up():
    spans = Spans()
    spans.tracer.end()
    assert not spans.was_given_up
