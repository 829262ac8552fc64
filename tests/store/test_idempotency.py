import pytest
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, begin, new_account
from framegate.flows import finish
from framegate.store import accounts, idempotency

PATH = "/kling/image-to-video/kling-3.0-turbo"


@pytest.fixture
def account(tx):
    return new_account(tx, is_unlimited=True)


@pytest.fixture
def other(tx):
    return new_account(tx, "other", is_unlimited=True)


def remember(tx, task, key="once"):
    idempotency.remember(
        tx,
        account_id=task.account_id,
        path=PATH,
        key=key,
        body_sha256=task.body_sha256,
        task_id=task.id,
        now_ms=NOW_MS,
    )


def remembered(tx, account, *, path=PATH, key="once"):
    return idempotency.remembered(tx, account_id=account.id, path=path, key=key)


def test_idempotency_key_brings_back_body_and_task(tx, account):
    task = begin(tx, account.id)
    remember(tx, task)

    assert remembered(tx, account) == (task.body_sha256, task.id)


def test_idempotency_key_is_its_callers_and_its_paths_own(tx, account, other):
    remember(tx, begin(tx, account.id))

    assert remembered(tx, other) is None
    assert remembered(tx, account, path="/other") is None
    assert remembered(tx, account, key="Once") is None


def test_idempotency_key_is_bound_once(tx, account):
    """Two twins in one commit: the second must not take the first one's key."""
    remember(tx, begin(tx, account.id))

    with pytest.raises(IntegrityError, match="UNIQUE"):
        remember(tx, begin(tx, account.id))


def test_idempotency_keys_are_dropped_by_age_alone(tx, account):
    remember(tx, begin(tx, account.id))

    idempotency.forget_older(tx, before_ms=NOW_MS)
    assert remembered(tx, account) is not None
    idempotency.forget_older(tx, before_ms=NOW_MS + 1)
    assert remembered(tx, account) is None


def test_refused_task_frees_its_external_id_and_its_idempotency_key(tx, account):
    for _ in range(3):
        task = begin(tx, account.id, external_task_id="biz-1")
        remember(tx, task)
        finish.refuse(tx, task, note="", now_ms=NOW_MS)

    assert remembered(tx, account) is None
    assert accounts.account_by_id(tx, account.id).held_micros == 0
