"""An account's endpoints: made, given a new secret, disabled, enabled; deliveries sent again.

The web and the command line call it, each function as one transaction, and the deliver flow when a
receiver answers 410. An id of another account is refused in the words for one that never was.
"""

from dataclasses import dataclass

from framegate.domain.delivery import ATTEMPTS_EVER_MAX, Delivery, Resender
from framegate.domain.endpoint import ENABLED_MAX, KEPT_MAX, DisabledWhy, Endpoint, Wish
from framegate.domain.ledger import Caller
from framegate.engine import embedded as engine
from framegate.errors import FieldError, FieldsInvalid, NotFound
from framegate.store import deliveries, endpoints
from framegate.store.database import Transaction
from framegate.store.deliveries import Told

REDELIVERED_MAX = 1_000
"""Deliveries that one call sends again; each is a row to write and a wake-up."""


@dataclass(frozen=True, kw_only=True)
class Redelivered:
    """What a call that sends all of an endpoint's failed deliveries again has done."""

    count: int
    has_more: bool


def create(tx: Transaction, *, account_id: str, wish: Wish, now_ms: int) -> Endpoint:
    """Make an endpoint. Raises FieldsInvalid when the account has as many as it may."""
    _check_room(endpoints.of_account(tx, account_id), is_new=True)
    return endpoints.create(tx, account_id=account_id, wish=wish, now_ms=now_ms)


def endpoint_of(tx: Transaction, account_id: str, endpoint_id: str) -> Endpoint:
    """One endpoint of an account. Raises NotFound."""
    endpoint = endpoints.of_caller(tx, account_id, endpoint_id)
    if endpoint is None:
        raise NotFound("webhook not found")
    return endpoint


def delivery_of(tx: Transaction, account_id: str, delivery_id: str) -> Told:
    """One delivery of an account. Raises NotFound."""
    told = deliveries.of_caller(tx, account_id, delivery_id)
    if told is None:
        raise NotFound("delivery not found")
    return told


def delivery_seen(tx: Transaction, caller: Caller, delivery_id: str) -> Told:
    """One delivery that a caller may see: its account's, or for an operator anybody's.

    raises   NotFound
    """
    told = (
        deliveries.of_anybody(tx, delivery_id)
        if caller.key.scope.is_admin
        else deliveries.of_caller(tx, caller.account.id, delivery_id)
    )
    if told is None:
        raise NotFound("delivery not found")
    return told


def rotate(
    tx: Transaction, account_id: str, endpoint_id: str, *, overlap_s: int, now_ms: int
) -> Endpoint:
    """Put the next secret in force; the one before signs beside it for overlap_s seconds."""
    overlap_ms = now_ms + overlap_s * 1_000 if overlap_s else 0
    endpoint = endpoint_of(tx, account_id, endpoint_id)
    endpoints.rotate(tx, endpoint, overlap_ms=overlap_ms)
    return endpoint_of(tx, account_id, endpoint_id)


def disable(tx: Transaction, account_id: str, endpoint_id: str, *, now_ms: int) -> Endpoint:
    """Stop telling an endpoint, at its owner's wish; harmless when it is disabled already."""
    stop(tx, endpoint_of(tx, account_id, endpoint_id).id, why=DisabledWhy.OWNER, now_ms=now_ms)
    return endpoint_of(tx, account_id, endpoint_id)


def stop(tx: Transaction, endpoint_id: str, *, why: DisabledWhy, now_ms: int) -> None:
    """Tell an endpoint nothing more: what was pending for it ends as failed."""
    if endpoints.disable(tx, endpoint_id, why=why, now_ms=now_ms):
        deliveries.give_up_of_endpoint(tx, endpoint_id, now_ms=now_ms)


def enable(tx: Transaction, account_id: str, endpoint_id: str) -> Endpoint:
    """Tell an endpoint what happens from now on. Raises FieldsInvalid when too many are told."""
    endpoint = endpoint_of(tx, account_id, endpoint_id)
    if not endpoint.is_enabled:
        _check_room(endpoints.of_account(tx, account_id), is_new=False)
        endpoints.enable(tx, endpoint_id)
    return endpoint_of(tx, account_id, endpoint_id)


def redeliver_seen(tx: Transaction, caller: Caller, delivery_id: str, *, now_ms: int) -> Told:
    """As `redeliver`, of whatever the caller may see; the row keeps whether its owner did it.

    raises   as `redeliver`
    """
    owner_id = delivery_seen(tx, caller, delivery_id).delivery.account_id
    by = Resender.OWNER if owner_id == caller.account.id else Resender.OPERATOR
    return redeliver(tx, owner_id, delivery_id, by=by, now_ms=now_ms)


def redeliver(
    tx: Transaction,
    account_id: str,
    delivery_id: str,
    *,
    by: Resender = Resender.OPERATOR,
    now_ms: int,
) -> Told:
    """Send one delivery again, now and by a whole new schedule, under its own webhook-id.

    by       who asks; on the gateway's own machine it is the operator, whoever's delivery it is
    raises   NotFound; FieldsInvalid for a disabled endpoint, and after ATTEMPTS_EVER_MAX attempts
    """
    delivery = delivery_of(tx, account_id, delivery_id).delivery
    if delivery.endpoint_id:
        _check_enabled(endpoint_of(tx, account_id, delivery.endpoint_id))
    if delivery.is_exhausted:
        raise _invalid(f"a delivery is tried at most {ATTEMPTS_EVER_MAX} times")
    _send_again(tx, delivery, by=by, now_ms=now_ms)
    return delivery_of(tx, account_id, delivery_id)


def redeliver_failed(
    tx: Transaction,
    account_id: str,
    endpoint_id: str,
    *,
    by: Resender = Resender.OPERATOR,
    now_ms: int,
) -> Redelivered:
    """Send again what was given up for an endpoint, oldest first, REDELIVERED_MAX in one call."""
    endpoint = endpoint_of(tx, account_id, endpoint_id)
    _check_enabled(endpoint)
    failed = deliveries.failed_of_endpoint(tx, endpoint.id, rows_max=REDELIVERED_MAX + 1)
    for delivery in failed[:REDELIVERED_MAX]:
        _send_again(tx, delivery, by=by, now_ms=now_ms)
    count = min(len(failed), REDELIVERED_MAX)
    return Redelivered(count=count, has_more=len(failed) > REDELIVERED_MAX)


def _send_again(tx: Transaction, delivery: Delivery, *, by: Resender, now_ms: int) -> None:
    deliveries.requeue(tx, delivery, by=by, now_ms=now_ms)
    engine.enqueue(tx, "deliver", delivery.id, at_ms=now_ms)


def _check_room(kept: list[Endpoint], *, is_new: bool) -> None:
    if sum(endpoint.is_enabled for endpoint in kept) >= ENABLED_MAX:
        raise _invalid(
            f"an account may have at most {ENABLED_MAX} webhooks enabled; disable one first"
        )
    if is_new and len(kept) >= KEPT_MAX:
        raise _invalid(
            f"an account may keep at most {KEPT_MAX} webhooks, disabled ones included; "
            "enable one of them again"
        )


def _check_enabled(endpoint: Endpoint) -> None:
    if not endpoint.is_enabled:
        raise _invalid("this webhook is disabled; enable it first")


def _invalid(message: str) -> FieldsInvalid:
    return FieldsInvalid((FieldError(path="", message=message),))
