"""`/metrics`: who may read it, and that every figure is true."""

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.rows import PRICE_MICROS, a_video, accept, begin
from fakes.scripted_upstream import ticket
from framegate.domain.delivery import Attempt, DeliveryStatus
from framegate.domain.ledger import Scope
from framegate.domain.upstream import Uncertain, Unreachable
from framegate.flows import finish
from framegate.gateway import now_ms
from framegate.store import accounts, deliveries, upstreams
from framegate.store.audit import Finding
from framegate.web import metrics
from framegate.web.edge import Edge, Paths


@pytest.fixture
def scraping(door):
    key = door.key(scope=Scope.ADMIN)

    def with_pauses(pause_ms):
        shown = metrics.Metrics(door.gateway, read_every_ms=pause_ms)
        transport = httpx2.ASGITransport(Edge(Paths(shown.routes())))

        async def scraped():
            async with httpx2.AsyncClient(transport=transport, base_url="http://gate") as http:
                answer = await http.get("/metrics", headers={"Authorization": f"Bearer {key}"})
            return {
                (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
                for family in text_string_to_metric_families(answer.text)
                for sample in family.samples
            }

        return scraped

    return with_pauses


@pytest.fixture
def scrape(scraping):
    return scraping(metrics.READ_EVERY_MS)


def write(door, work, *args, **kwargs):
    return door.gateway.database.write_now(work, *args, **kwargs)


def of_default(tx):
    return accounts.account_named(tx, "default").id


def succeed(tx, **changes):
    task = accept(tx, begin(tx, of_default(tx), **changes))
    video = a_video(f"vid_{task.id}")
    finish.succeed(tx, task, video=video, now_ms=now_ms(), upstream_tells=False)
    return task


@pytest.mark.parametrize(
    ("scope", "http_status", "code"),
    [(None, 401, 1001), (Scope.FULL, 403, 1103), (Scope.READ, 403, 1103)],
)
async def test_metrics_are_an_operators(door, scope, http_status, code):
    answer = await door.get("/metrics", key=scope and door.key(scope=scope))
    assert (answer.status_code, answer.json()["code"]) == (http_status, code)


async def test_metrics_are_text_that_nobody_keeps_or_frames(door):
    answer = await door.get("/metrics", key=door.key(scope=Scope.ADMIN))
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_metrics_hold_no_secret_and_no_name_of_an_account(door):
    key = door.key(scope=Scope.ADMIN)
    text = (await door.get("/metrics", key=key)).text
    assert "acme" not in text
    assert key not in text


async def test_tasks_are_counted_by_status_and_money_as_it_was_settled(door, scrape):
    write(door, lambda tx: begin(tx, of_default(tx)) and None)
    write(door, lambda tx: succeed(tx) and None)
    seen = await scrape()
    assert seen["framegate_tasks", "sending"] == 1
    assert seen["framegate_tasks", "succeeded"] == 1
    assert seen["framegate_tasks", "failed"] == 0
    assert seen["framegate_settled_micros_total", "USD"] == PRICE_MICROS


async def test_what_was_counted_once_is_counted_on(door, scraping):
    scrape = scraping(0)
    for number in range(3):
        task = write(door, succeed, id=f"task_{number}", callback_url="https://x.example")
        write(door, told, task, 500 if number else 204)
        seen = await scrape()
        assert seen["framegate_settled_micros_total", "USD"] == PRICE_MICROS * (number + 1)
        assert seen["framegate_webhook_attempts_total", "5xx"] == number
    assert seen["framegate_webhook_attempts_total", "2xx"] == 1
    assert seen["framegate_webhooks_pending",] == 2


def told(tx, task, http_status):
    (delivery,) = deliveries.of_task(tx, task.id)
    attempt = Attempt(at_ms=1, took_ms=1, http_status=http_status, error="", answer=b"")
    status = DeliveryStatus.DELIVERED if attempt.is_success else DeliveryStatus.PENDING
    deliveries.record(tx, delivery, attempt, status=status, next_ms=2)


async def test_database_is_read_once_for_many_scrapes(door, scrape):
    before = await scrape()
    write(door, lambda tx: begin(tx, of_default(tx)) and None)
    assert (await scrape())["framegate_tasks", "sending"] == before["framegate_tasks", "sending"]


async def test_queue_tells_its_depth_and_the_age_of_what_is_due(door, scrape):
    def wait(tx):
        tx.exec_driver_sql(
            "INSERT INTO jobs (queue, subject, due_ms) VALUES ('track', 'a', ?), ('track', 'b', ?)",
            (now_ms() - 60_000, now_ms() + 60_000),
        )

    write(door, wait)
    seen = await scrape()
    assert seen["framegate_queue_depth", "track"] == 2
    assert seen["framegate_queue_due", "track"] == 1
    assert 60 <= seen["framegate_queue_age_seconds", "track"] < 3_600
    assert seen["framegate_queue_age_seconds", "deliver"] == 0


async def test_creates_and_renders_are_counted_with_their_times(door, scrape):
    tally = door.gateway.submit.tally
    tally.note_create("local", ticket(), 70)
    tally.note_create("local", Uncertain(reason="silence"), 70_000)
    tally.note_create("local", Unreachable(reason="no route"), -5)
    tally.note_render(3_000)
    seen = await scrape()
    assert seen["framegate_upstream_creates_total", "taken", "local"] == 1
    assert seen["framegate_upstream_creates_total", "uncertain", "local"] == 1
    assert seen["framegate_upstream_creates_total", "refused", "local"] == 0
    assert seen["framegate_upstream_create_seconds_count", "local"] == 3
    assert seen["framegate_upstream_create_seconds_bucket", "0.1", "local"] == 2
    assert seen["framegate_upstream_create_seconds_sum", "local"] == pytest.approx(70.07)
    assert seen["framegate_render_seconds_sum",] == 3


async def test_breaker_shows_the_one_state_it_is_in(door, scrape):
    seen = await scrape()
    states = {name[1]: value for name, value in seen.items() if "breaker" in name[0]}
    assert states == {"closed": 1, "open": 0, "half-open": 0}


async def test_last_audit_is_shown_by_promise(door, scrape):
    auditing = door.gateway.auditing
    assert not [name for name in await scrape() if name[0] == "framegate_audit_broken"]
    auditing.findings = tuple(
        Finding(promise=promise, says="s", broken=broken, ids=())
        for promise, broken in ((1, 0), (14, 2), (14, 3))
    )
    auditing.ended_ms, auditing.took_ms = 1_000, 500
    seen = await scrape()
    assert seen["framegate_audit_broken", "1"] == 0
    assert seen["framegate_audit_broken", "14"] == 5
    assert seen["framegate_audit_timestamp_seconds",] == 1
    assert seen["framegate_audit_seconds",] == 0.5


async def test_process_is_shown_as_the_system_sees_it(scrape):
    seen = await scrape()
    assert seen["process_resident_memory_bytes",] > 0
    assert seen["process_cpu_seconds_total",] > 0


async def test_two_gateways_in_one_process_share_nothing(door, tmp_path):
    one, other = metrics.Metrics(door.gateway), metrics.Metrics(door.gateway)
    assert one.registry is not other.registry


async def test_refusals_are_counted_by_name_and_those_of_nobody_are_zero(door, scrape):
    await door.get("/api/tasks")
    await door.get("/api/nowhere")
    await door.get("/api/nowhere/else")
    shown = await scrape()
    assert shown["framegate_refusals_total", "key-missing"] == 1
    assert shown["framegate_refusals_total", "not-found"] == 2
    assert shown["framegate_refusals_total", "internal-fault"] == 0
    assert ("framegate_refusals_total", "refused") not in shown


async def test_pause_of_an_upstream_is_shown(door, scraping):
    scrape = scraping(0)
    assert (await scrape())["framegate_upstream_paused", "local"] == 0
    write(door, upstreams.pause, "local", now_ms=now_ms())
    assert (await scrape())["framegate_upstream_paused", "local"] == 1
    write(door, upstreams.resume, "local")
    assert (await scrape())["framegate_upstream_paused", "local"] == 0
