"""An account's endpoints, from their making to a delivery that is sent again by hand."""

import pytest
from sqlalchemy import text

from fakes.rows import NOW_MS, begin, new_account
from framegate.domain.delivery import ATTEMPTS_EVER_MAX, Attempt, DeliveryStatus
from framegate.domain.endpoint import ENABLED_MAX, KEPT_MAX, Wish
from framegate.domain.event import EVENTS
from framegate.domain.ledger import Caller, Scope
from framegate.errors import FieldsInvalid, NotFound
from framegate.flows import subscribe
from framegate.store import deliveries, endpoints, keys

WISH = Wish(url="https://your-server.example/hooks", events=EVENTS)
BUSY = Attempt(at_ms=NOW_MS, took_ms=1, http_status=500, error="", answer=b"")


@pytest.fixture
def tx(house):
    with house.database.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def account(tx):
    return new_account(tx, is_unlimited=True)


@pytest.fixture
def endpoint(tx, account):
    return create(tx, account)


def create(tx, account):
    return subscribe.create(tx, account_id=account.id, wish=WISH, now_ms=NOW_MS)


def owe(tx, endpoint, *, status=DeliveryStatus.PENDING):
    task = begin(tx, endpoint.account_id)
    delivery = deliveries.owe(
        tx,
        task,
        event="task.failed",
        url=endpoint.url,
        now_ms=NOW_MS,
        endpoint_id=endpoint.id,
    )
    if status is not DeliveryStatus.PENDING:
        deliveries.record(tx, delivery, BUSY, status=status, next_ms=0)
    return delivery


def job(tx, delivery):
    row = tx.execute(
        text("SELECT due_ms FROM jobs WHERE queue = 'deliver' AND subject = :id"),
        {"id": delivery.id},
    ).one_or_none()
    return row and row.due_ms


def test_account_has_so_many_enabled_endpoints_and_no_more(tx, account):
    made = [create(tx, account) for _ in range(ENABLED_MAX)]
    with pytest.raises(FieldsInvalid, match="at most 10 webhooks enabled; disable one first"):
        create(tx, account)

    subscribe.disable(tx, account.id, made[0].id, now_ms=NOW_MS)
    create(tx, account)

    with pytest.raises(FieldsInvalid, match="at most 10 webhooks enabled"):
        subscribe.enable(tx, account.id, made[0].id)


def test_disabled_endpoints_are_kept_up_to_a_number(tx, account):
    for _ in range(KEPT_MAX):
        made = endpoints.create(tx, account_id=account.id, wish=WISH, now_ms=NOW_MS)
        subscribe.disable(tx, account.id, made.id, now_ms=NOW_MS)

    with pytest.raises(FieldsInvalid, match="at most 1000 webhooks, disabled ones included"):
        create(tx, account)
    assert subscribe.enable(tx, account.id, made.id).is_enabled


def test_enabling_what_is_enabled_needs_no_room(tx, account):
    made = [create(tx, account) for _ in range(ENABLED_MAX)]

    assert subscribe.enable(tx, account.id, made[0].id) == made[0]


@pytest.mark.parametrize(("overlap_s", "until_ms"), [(60, NOW_MS + 60_000), (0, 0)])
def test_rotation_lets_the_old_secret_sign_as_long_as_it_is_asked(
    tx, account, endpoint, overlap_s, until_ms
):
    made = subscribe.rotate(tx, account.id, endpoint.id, overlap_s=overlap_s, now_ms=NOW_MS)

    assert (made.generation, made.overlap_ms) == (2, until_ms)


def test_emergency_rotation_within_an_overlap_ends_both_older_secrets(tx, account, endpoint):
    subscribe.rotate(tx, account.id, endpoint.id, overlap_s=60, now_ms=NOW_MS)

    made = subscribe.rotate(tx, account.id, endpoint.id, overlap_s=0, now_ms=NOW_MS + 1)

    assert made.generations(now_ms=NOW_MS + 2) == (3,)


def test_disabling_gives_up_what_is_pending(tx, account, endpoint):
    delivery = owe(tx, endpoint)

    subscribe.disable(tx, account.id, endpoint.id, now_ms=NOW_MS + 1)

    assert deliveries.by_id(tx, delivery.id).status is DeliveryStatus.FAILED


@pytest.mark.parametrize(
    "status", [DeliveryStatus.FAILED, DeliveryStatus.DELIVERED, DeliveryStatus.PENDING]
)
def test_delivery_is_sent_again_at_once_whatever_became_of_it(tx, account, endpoint, status):
    delivery = owe(tx, endpoint, status=status)

    told = subscribe.redeliver(tx, account.id, delivery.id, now_ms=NOW_MS + 5)

    assert told.delivery.id == delivery.id
    assert told.delivery.status is DeliveryStatus.PENDING
    assert job(tx, delivery) == NOW_MS + 5


def test_operator_sends_what_it_may_see_again_and_an_owner_only_its_own(tx, account, endpoint):
    delivery = owe(tx, endpoint, status=DeliveryStatus.FAILED)
    operator = caller_of(tx, new_account(tx, "default"), Scope.ADMIN)
    stranger = caller_of(tx, new_account(tx, "other"), Scope.FULL)
    owner = caller_of(tx, account, Scope.ADMIN)

    for caller, by in ((operator, "operator"), (owner, "owner")):
        told = subscribe.redeliver_seen(tx, caller, delivery.id, now_ms=NOW_MS + 5)
        assert (told.delivery.resent_by, told.delivery.resent_ms) == (by, NOW_MS + 5)
    for subject in (delivery.id, "msg_made_up"):
        with pytest.raises(NotFound, match="delivery not found"):
            subscribe.redeliver_seen(tx, stranger, subject, now_ms=NOW_MS)


def caller_of(tx, account, scope):
    key = keys.create(
        tx,
        account_id=account.id,
        key=f"fg_{account.name}",
        scope=scope,
        expires_ms=0,
        now_ms=NOW_MS,
    )
    return Caller(key=key, account=account)


def test_delivery_of_a_disabled_endpoint_is_not_sent_again(tx, account, endpoint):
    delivery = owe(tx, endpoint)
    subscribe.disable(tx, account.id, endpoint.id, now_ms=NOW_MS)

    for redeliver, subject in (
        (subscribe.redeliver, delivery.id),
        (subscribe.redeliver_failed, endpoint.id),
    ):
        with pytest.raises(FieldsInvalid, match="this webhook is disabled; enable it first"):
            redeliver(tx, account.id, subject, now_ms=NOW_MS)


def test_delivery_that_was_tried_too_often_is_not_sent_again(tx, account, endpoint):
    delivery = owe(tx, endpoint)
    tx.execute(text("UPDATE deliveries SET attempts = :most"), {"most": ATTEMPTS_EVER_MAX})

    with pytest.raises(FieldsInvalid, match="a delivery is tried at most 1000 times"):
        subscribe.redeliver(tx, account.id, delivery.id, now_ms=NOW_MS)


def test_failed_deliveries_are_sent_again_together_and_no_others(tx, account, endpoint):
    failed = [owe(tx, endpoint, status=DeliveryStatus.FAILED) for _ in range(3)]
    told = owe(tx, endpoint, status=DeliveryStatus.DELIVERED)
    other = owe(tx, create(tx, account), status=DeliveryStatus.FAILED)

    done = subscribe.redeliver_failed(tx, account.id, endpoint.id, now_ms=NOW_MS + 5)

    assert (done.count, done.has_more) == (3, False)
    assert [job(tx, each) for each in failed] == [NOW_MS + 5] * 3
    assert job(tx, told) is job(tx, other) is None


def test_one_call_sends_so_many_again_and_says_that_there_are_more(tx, account, endpoint):
    task = begin(tx, account.id)
    rows = [
        {"n": number, "account": account.id, "task": task.id, "endpoint": endpoint.id}
        for number in range(subscribe.REDELIVERED_MAX + 1)
    ]
    tx.execute(
        text(
            "INSERT INTO deliveries (id, account_id, task_id, event, endpoint_id, status, ended_ms)"
            " VALUES ('msg_' || :n, :account, :task, 'e' || :n, :endpoint, 'failed', 1)"
        ),
        rows,
    )

    first, second = (
        subscribe.redeliver_failed(tx, account.id, endpoint.id, now_ms=NOW_MS) for _ in range(2)
    )

    assert (first.count, first.has_more) == (1_000, True)
    assert (second.count, second.has_more) == (1, False)


def test_another_accounts_ids_are_as_unknown_as_made_up_ones(tx, account, endpoint):
    delivery, other = owe(tx, endpoint), new_account(tx, "other")
    calls = [
        (subscribe.endpoint_of, "webhook", endpoint.id, {}),
        (subscribe.rotate, "webhook", endpoint.id, {"overlap_s": 0, "now_ms": NOW_MS}),
        (subscribe.disable, "webhook", endpoint.id, {"now_ms": NOW_MS}),
        (subscribe.enable, "webhook", endpoint.id, {}),
        (subscribe.redeliver_failed, "webhook", endpoint.id, {"now_ms": NOW_MS}),
        (subscribe.delivery_of, "delivery", delivery.id, {}),
        (subscribe.redeliver, "delivery", delivery.id, {"now_ms": NOW_MS}),
    ]
    for call, noun, subject, more in calls:
        for who, which in ((other, subject), (account, "made_up")):
            with pytest.raises(NotFound, match=f"^{noun} not found$"):
                call(tx, who.id, which, **more)
    assert endpoints.of_caller(tx, account.id, endpoint.id) == endpoint
    assert deliveries.by_id(tx, delivery.id) == delivery
