"""How many requests a minute a key and its account may send."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.house import NOW_MS, Clock
from framegate.domain.ledger import Account, Caller, Key, Scope
from framegate.domain.limits import Limits
from framegate.errors import TooManyRequests
from framegate.flows.admit import BUCKETS_MAX, Admit


def a_caller(*, key=0, account=0, key_id="key_1", account_id="acc_1"):
    return Caller(
        key=Key(
            id=key_id,
            account_id=account_id,
            scope=Scope.FULL,
            hint="abcd",
            created_ms=0,
            expires_ms=0,
            revoked_ms=0,
            limits=Limits(requests_per_minute=key),
        ),
        account=Account(
            id=account_id,
            name="acme",
            is_unlimited=True,
            posted_micros=0,
            held_micros=0,
            webhook_generation=1,
            created_ms=0,
            limits=Limits(requests_per_minute=account),
        ),
    )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def admit(clock):
    return Admit(clock_ms=clock)


def admitted(admit, caller, count):
    """How many of so many requests at once are let in."""
    taken = 0
    for _ in range(count):
        try:
            admit(caller)
        except TooManyRequests:
            continue
        taken += 1
    return taken


def refusal(admit, caller):
    with pytest.raises(TooManyRequests) as refused:
        admit(caller)
    return refused.value


def test_without_a_limit_nothing_is_remembered(admit):
    assert admitted(admit, a_caller(), 1_000) == 1_000
    assert admit._full_at_us == {}


def test_as_many_as_the_limit_come_at_once_and_no_more(admit):
    assert admitted(admit, a_caller(key=30), 100) == 30


def test_refusal_says_the_limit_whose_it_is_and_when_one_is_earned(admit, clock):
    caller = a_caller(key=30)
    admitted(admit, caller, 30)

    refused = refusal(admit, caller)

    assert refused.message == "too many requests: the limit is 30 per minute for this key"
    assert refused.retry_after_s == 2
    clock.pass_s(refused.retry_after_s)
    assert admitted(admit, caller, 5) == 1


def test_limit_of_an_account_is_said_by_the_second_where_it_is_whole(admit):
    caller = a_caller(account=600)
    admitted(admit, caller, 600)
    refused = refusal(admit, caller)
    assert refused.message == "too many requests: the limit is 10 per second for this account"
    assert refused.retry_after_s == 1


def test_wait_is_honest_to_the_millisecond_before(admit, clock):
    """Whoever comes back a millisecond early is still refused."""
    caller = a_caller(key=1)
    admit(caller)
    assert refusal(admit, caller).retry_after_s == 60

    clock.now_ms += 59_999
    assert refusal(admit, caller).retry_after_s == 1
    clock.now_ms += 1
    admit(caller)


def test_refused_request_costs_nothing(admit, clock):
    caller = a_caller(key=60)
    admitted(admit, caller, 60)
    assert admitted(admit, caller, 1_000) == 0
    clock.pass_s(1)
    admit(caller)


def test_keys_of_one_account_share_its_limit_and_not_each_others(admit):
    first = a_caller(key=10, account=15)
    second = a_caller(key=10, account=15, key_id="key_2")
    assert admitted(admit, first, 20) == 10
    assert admitted(admit, second, 20) == 5


def test_refusal_by_the_account_takes_nothing_from_the_key(admit, clock):
    caller = a_caller(key=60, account=1)
    admit(caller)
    assert admitted(admit, caller, 100) == 0

    lifted = replace(caller, account=a_caller().account)
    assert admitted(admit, lifted, 100) == 59


def test_of_two_limits_the_longer_wait_is_said(admit):
    caller = a_caller(key=60, account=2)
    admitted(admit, caller, 2)
    assert refusal(admit, caller).message.endswith("2 per minute for this account")


def test_clock_set_back_locks_nobody_out_for_more_than_a_minute(admit, clock):
    caller = a_caller(key=1)
    admit(caller)
    clock.now_ms = NOW_MS - 86_400_000
    assert refusal(admit, caller).retry_after_s <= 60
    clock.pass_s(60)
    admit(caller)


def test_buckets_are_bounded_and_the_longest_unseen_is_forgotten(admit):
    for number in range(BUCKETS_MAX):
        admit(a_caller(key=1, key_id=f"key_{number}"))
    assert len(admit._full_at_us) == BUCKETS_MAX

    admit(a_caller(key=1, key_id="key_new"))

    assert len(admit._full_at_us) == BUCKETS_MAX
    admit(a_caller(key=1, key_id="key_0"))
    refusal(admit, a_caller(key=1, key_id="key_new"))


@given(
    per_minute=st.integers(1, 10_000),
    pauses_ms=st.lists(st.integers(0, 20_000), min_size=1, max_size=200),
)
def test_no_minute_holds_more_than_the_burst_and_what_was_earned(per_minute, pauses_ms):
    clock = Clock()
    admit = Admit(clock_ms=clock)
    taken_at = []
    for pause_ms in pauses_ms:
        clock.now_ms += pause_ms
        if admitted(admit, a_caller(key=per_minute), 1):
            taken_at.append(clock.now_ms)
    for begun in taken_at:
        within = [at for at in taken_at if begun <= at < begun + 60_000]
        assert len(within) <= 2 * per_minute
