"""Off, the door costs a comparison and loads nothing; on, it leads to one tracer until it ends."""

import subprocess
import sys

import pytest

from fakes.recorded_spans import recorded
from framegate import tracing
from framegate.errors import SettingsInvalid
from framegate.tracing.door import exported

SERVER = "import sys, framegate.cli.serve, framegate.web.app"
LOADED = "print([name for name in sys.modules if name.split('.')[0] == 'opentelemetry'])"
WITHOUT_THE_EXTRA = """
import os, sys
sys.modules["opentelemetry"] = None
from framegate.tracing import exported
with exported(os.environ, is_wanted=True, version="1"):
    print("came in")
"""


def said(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_server_that_is_not_asked_for_traces_loads_nothing_of_them():
    assert said(f"{SERVER}; {LOADED}") == "[]\n"


def test_server_that_is_asked_loads_it():
    program = f"{SERVER}; import framegate.tracing.otlp; {LOADED}"
    assert "opentelemetry.sdk.trace" in said(program)


def test_setting_without_the_extra_says_what_to_install():
    told = said(WITHOUT_THE_EXTRA)
    assert "SettingsInvalid: observability.traces needs packages" in told
    assert "pip install 'framegate[otel]'" in told
    assert "came in" not in told


def test_off_every_span_is_the_same_nothing():
    spans = {
        id(tracing.span("submit")),
        id(tracing.call("poll", upstream="local")),
        id(tracing.of_task("track", "task_1")),
        id(tracing.of_request("GET", traceparent="")),
    }
    assert len(spans) == 1
    assert not tracing.is_on()
    assert tracing.trace_id() == ""


def test_off_a_span_takes_every_word_and_lets_errors_through():
    tracing.task_begun("task_1", model="kling-3.0-turbo")
    with tracing.span("submit") as span:
        span.note(task_id="task_1")
        span.answered(status=200, route="/", request_id="req_1")
    with pytest.raises(KeyError), tracing.span("submit"):
        raise KeyError


def test_not_wanted_means_off():
    with exported({}, is_wanted=False, version="1"):
        assert not tracing.is_on()


def test_tracer_is_ended_and_forgotten_when_its_block_ends():
    with recorded():
        assert tracing.is_on()
    assert not tracing.is_on()


@pytest.mark.parametrize(
    "variables", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}]
)
def test_standard_variables_can_switch_it_off(variables):
    with exported(variables, is_wanted=True, version="1"):
        assert not tracing.is_on()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            'OTEL_EXPORTER_OTLP_PROTOCOL must be "http/protobuf"; got "grpc"',
        ),
        (
            {"OTEL_TRACES_EXPORTER": "console"},
            'OTEL_TRACES_EXPORTER must be "otlp" or "none"; got "console"',
        ),
    ],
)
def test_way_of_sending_that_we_do_not_have_is_refused(variables, sentence):
    with (
        pytest.raises(SettingsInvalid) as refused,
        exported(variables, is_wanted=True, version="1"),
    ):
        pass
    assert str(refused.value) == sentence
