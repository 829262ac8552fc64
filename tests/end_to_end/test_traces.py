"""A whole task seen from a collector: every span of it arrives, and no secret with them."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass

import pytest

from end_to_end.conftest import allowing
from fakes.collector import Collector, attributes, collecting
from fakes.drawn import picture
from framegate.ids import number_of
from processes import PATIENCE_S, Framegate

CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"
PROMPT = "the camera pushes in on a very private garden"
OF_A_TASK = {"task", "track", "poll", "keep", "fetch", "deliver", "render"}


def traced(collector_url, **more):
    return {
        "FRAMEGATE_OBSERVABILITY_TRACES": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector_url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        **more,
    }


@dataclass
class Told:
    """What one traced gateway left behind."""

    collector: Collector
    task: str
    request_id: str
    unmade: str  # A task whose picture was not there.
    secrets: list[str]
    log: str

    def of_trace(self, trace_id):
        return [span for span in self.collector.spans if span.trace_id == trace_id]


@pytest.fixture(scope="module")
def told(sites, tmp_path_factory):
    """One task through a traced gateway: what the collector has then, and what must not be there.

    The server has ended, so that everything has been sent.
    """
    (site, site_url), _ = sites
    environment = allowing(site_url) | traced("")
    with collecting() as collector:
        environment |= traced(collector.url)
        with Framegate(tmp_path_factory.mktemp("traced"), **environment) as gate:
            frame = gate.upload(picture(320, 320))
            body = {
                "contents": [
                    {"type": "first_frame", "url": frame},
                    {"type": "prompt", "text": PROMPT},
                ],
                "settings": {"duration": 3},
                "options": {"callback_url": f"{site_url}/hooks/traced"},
            }
            answer = gate.create(body, traceparent=f"00-{CALLERS_TRACE}-b7ad6b7169203331-01")
            unmade = gate.create(
                {"contents": [{"type": "first_frame", "url": f"{site_url}/nowhere.jpg"}]}
            )
            gate.ended(unmade.json()["data"]["id"])
            video = gate.ended(answer.json()["data"]["id"])["task_result"]["videos"][0]["url"]
            gate.until(lambda: list(site.heard.get("traced", [])), len)
            secrets = [
                gate.http.headers["Authorization"].removeprefix("Bearer "),
                PROMPT,
                frame,
                frame.rpartition("/")[2],
                video,
                f"{site_url}/hooks",
                str(gate.data),
            ]
            assert gate.stop() == 0
            log = gate.log.read_text(encoding="utf-8")
    return Told(
        collector,
        task=answer.headers["X-Framegate-Task"],
        request_id=answer.headers["X-Request-Id"],
        unmade=unmade.headers["X-Framegate-Task"],
        secrets=secrets,
        log=log,
    )


def test_every_step_of_the_task_is_in_the_tasks_own_trace(told):
    steps = told.of_trace(number_of(told.task).to_bytes(16))
    assert {span.name for span in steps} == OF_A_TASK


def test_create_is_in_its_callers_trace_under_the_template_of_its_path(told):
    mine = told.of_trace(bytes.fromhex(CALLERS_TRACE))
    (request,) = [span for span in mine if span.name.startswith("POST")]
    assert request.name == "POST /kling/image-to-video/{model}"
    assert request.parent_span_id.hex() == "b7ad6b7169203331"
    assert attributes(request)["framegate.request_id"] == told.request_id
    assert {span.name for span in mine} == {request.name, "submit"}


def test_create_and_its_task_are_linked_both_ways(told):
    (submit,) = (
        span for span in told.of_trace(bytes.fromhex(CALLERS_TRACE)) if span.name == "submit"
    )
    (task,) = (
        span for span in told.of_trace(number_of(told.task).to_bytes(16)) if span.name == "task"
    )
    assert [link.span_id for link in submit.links] == [task.span_id]
    assert [link.span_id for link in task.links] == [submit.span_id]


def test_sender_is_framegate(told):
    assert {each["service.name"] for each in told.collector.senders} == {"framegate"}


def test_no_key_prompt_address_or_path_left_us(told):
    sent = b"".join(told.collector.bodies)
    assert b"framegate" in sent
    assert [secret for secret in told.secrets if secret.encode() in sent] == []


def test_dead_collector_breaks_nothing(tmp_path):
    dead = socket.socket()
    dead.bind(("127.0.0.1", 0))  # Bound and not listening: nobody else takes the port.
    url = f"http://127.0.0.1:{dead.getsockname()[1]}"
    with dead, Framegate(tmp_path, **traced(url)) as gate:
        task = gate.created(
            {
                "contents": [{"type": "first_frame", "url": gate.upload(picture(320, 320))}],
                "settings": {"duration": 3},
            }
        )
        assert gate.ended(task)["status"] == "succeed"
        gate.until(lambda: gate.log.read_text(encoding="utf-8"), lambda log: "export" in log)
        assert gate.stop() == 0
        assert gate.log.read_text(encoding="utf-8").count("export") == 1


def test_log_line_leads_to_the_trace_of_its_task(told):
    lines = [json.loads(line) for line in told.log.splitlines()]
    (line,) = [line for line in lines if line["event"] == "picture.not_fetched"]
    assert line["trace_id"] == f"{number_of(told.unmade):032x}"


def test_process_that_has_never_heard_of_a_task_traces_it_all_the_same(told):
    """What links the steps of a task is its id: nothing was stored for it."""
    steps = told.of_trace(number_of(told.unmade).to_bytes(16))
    roots = {span.span_id for span in steps if span.name == "task"}
    assert {span.parent_span_id for span in steps if span.name in {"track", "render"}} == roots


@pytest.mark.parametrize("command", ["serve", "work"])
def test_setting_without_the_extra_ends_the_start_with_one_sentence(tmp_path, command):
    program = (
        "import sys; sys.modules['opentelemetry'] = None; from framegate.cli.main import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command, "--port", "0", "--data", str(tmp_path / "data")],
        cwd=tmp_path,
        env=os.environ | {"FRAMEGATE_OBSERVABILITY_TRACES": "true"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "framegate: observability.traces needs packages that are not installed: "
        "pip install 'framegate[otel]'\n"
    )
    assert not (tmp_path / "data").exists()
