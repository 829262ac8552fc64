import pytest

from framegate.desk.webhooks import RECENT_MAX, WebhookDesk
from framegate.domain.delivery import Attempt, DeliveryStatus
from framegate.domain.endpoint import Wish
from framegate.domain.event import EVENTS
from framegate.errors import FieldsInvalid, NotFound
from framegate.flows import subscribe
from framegate.store import deliveries

NOW_MS = 1_783_065_388_949


@pytest.fixture
def desk(desks):
    return WebhookDesk(desks.gateway)


@pytest.fixture
def hook(desks, member):
    wish = Wish(url="https://your-server.example/hooks", events=EVENTS)
    return desks.write(subscribe.create, account_id=member.account.id, wish=wish, now_ms=NOW_MS)


def told(desks, hook, task, *statuses, at_ms=NOW_MS, code=0):
    """Deliveries of a webhook, one an event, each after one attempt."""

    def write(tx):
        for at, status in enumerate(statuses):
            owed = deliveries.owe(
                tx, task, event=EVENTS[at], url=hook.url, now_ms=at_ms + at, endpoint_id=hook.id
            )
            if status is not DeliveryStatus.PENDING or code:
                said = code or (200 if status is DeliveryStatus.DELIVERED else 500)
                attempt = Attempt(at_ms=NOW_MS, took_ms=7, http_status=said, error="", answer=b"x")
                deliveries.record(tx, owed, attempt, status=status, next_ms=0)

    desks.write(write)


async def test_recent_counts_the_newest_by_what_became_of_them(desks, desk, member, hook):
    delivered, failed, pending = (
        DeliveryStatus.DELIVERED,
        DeliveryStatus.FAILED,
        DeliveryStatus.PENDING,
    )
    told(desks, hook, desks.task(member), failed, delivered, delivered, pending)
    seen = await desk.one(member, hook.id)
    assert seen["recent"] == {"pending": 1, "retrying": 0, "delivered": 2, "failed": 1}
    assert (await desk.listed(member))["result"] == [seen]


async def test_recent_forgets_what_is_old(desks, desk):
    rich = desks.caller("rich", credit_micros=100_000_000)
    wish = Wish(url="https://your-server.example/hooks", events=EVENTS)
    hook = desks.write(subscribe.create, account_id=rich.account.id, wish=wish, now_ms=NOW_MS)
    for at_ms, status in ((NOW_MS, DeliveryStatus.FAILED), (NOW_MS + 9, DeliveryStatus.DELIVERED)):
        for _ in range(0, RECENT_MAX, len(EVENTS)):
            told(desks, hook, desks.task(rich), *[status] * len(EVENTS), at_ms=at_ms)
    recent = (await desk.one(rich, hook.id))["recent"]
    assert recent == {"pending": 0, "retrying": 0, "delivered": RECENT_MAX, "failed": 0}


async def test_what_failed_and_is_tried_again_counts_as_retrying(desks, desk, member, hook):
    told(desks, hook, desks.task(member), DeliveryStatus.PENDING, code=500)
    recent = (await desk.one(member, hook.id))["recent"]
    assert recent == {"pending": 0, "retrying": 1, "delivered": 0, "failed": 0}


async def test_delivery_is_shown_with_its_attempts(desks, desk, member, hook):
    told(desks, hook, desks.task(member), DeliveryStatus.FAILED)
    (row,) = (await desk.page(member, hook.id))["result"]
    shown = await desk.delivery(member, row["id"])
    assert [(each["http_status"], each["answer"]) for each in shown.pop("attempts")] == [(500, "x")]
    assert shown == row


async def test_page_is_of_one_status_and_goes_on(desks, desk, member, hook):
    told(desks, hook, desks.task(member), *[DeliveryStatus.FAILED] * 3, DeliveryStatus.PENDING)
    page = await desk.page(member, None, status="failed", limit="2")
    rest = await desk.page(member, None, status="failed", cursor=page["next_cursor"])
    assert (page["count"], page["has_more"], rest["count"], rest["next_cursor"]) == (2, True, 1, "")


async def test_every_complaint_about_a_page_is_said(desk, member):
    with pytest.raises(FieldsInvalid) as refused:
        await desk.page(member, None, status="x", cursor="x", limit="101")
    assert len(refused.value.errors) == 3


async def test_other_accounts_webhooks_never_were(desks, desk, member, hook):
    told(desks, hook, desks.task(member), DeliveryStatus.PENDING)
    (row,) = (await desk.page(member, None))["result"]
    other = desks.caller("other")
    assert (await desk.listed(other))["count"] == (await desk.page(other, None))["count"] == 0
    for question in (
        desk.one(other, hook.id),
        desk.page(other, hook.id),
        desk.delivery(other, row["id"]),
    ):
        with pytest.raises(NotFound):
            await question
