"""Which upstream gets an order, and what its answers teach us about it.

Submit asks it inside the transactions that begin a task and hand it over, so that slots are counted
and breakers read by the same commit that uses them. Only an outcome that surely bought nothing
leads to the next upstream; that is decided in submit, not here.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from framegate.domain.health import Breaker, Health
from framegate.domain.submission import Kind
from framegate.domain.upstream import (
    Refused,
    Relay,
    SubmitAnswer,
    Ticket,
    Uncertain,
    Unreachable,
    Upstream,
)
from framegate.errors import NotFound, TooManyTasks, Unavailable
from framegate.store import tasks, upstreams
from framegate.store.database import Transaction

MODEL_ECHO_MAX = 200
SLOTS_WAIT_S = 5
# Nobody knows when an operator resumes an upstream.
PAUSED_WAIT_MS = 60_000


@dataclass(frozen=True)
class Choice:
    """The upstream that gets the order; a probe asks first whether it answers at all."""

    upstream: Upstream
    is_probe: bool = False


@dataclass(kw_only=True)
class Pool:
    """The configured upstreams, in the operator's order."""

    upstreams: Sequence[Upstream]
    draw: Callable[[], float] = field(default=random.random)

    def named(self, name: str) -> Upstream | None:
        """One upstream; None when the operator has renamed or removed it."""
        return next((each for each in self.upstreams if each.name == name), None)

    def offering(self, model: str, kind: Kind | None) -> list[Upstream]:
        """Who makes this kind of video with this model; None for the kind: anything.

        raises   NotFound when nobody does
        """
        offering = [each for each in self.upstreams if model in each.models]
        if not offering:
            raise NotFound(f"model not found: {model[:MODEL_ECHO_MAX]}")
        able = [each for each in offering if kind is None or kind in each.kinds]
        if not able:
            raise NotFound(
                f"model not found: {model[:MODEL_ECHO_MAX]} for {kind}; no configured upstream "
                f'makes {kind}: add one of kind "kling" under upstreams in framegate.toml'
            )
        return able

    def choose(self, tx: Transaction, candidates: Sequence[Upstream], *, now_ms: int) -> Choice:
        """Pick one by weight among those that are well, not paused and have a free slot.

        raises   Unavailable when every one is paused or its breaker lets no order through;
                 TooManyTasks when every slot is taken
        """
        health = upstreams.health_of(tx, [each.name for each in candidates])
        admitted = [each for each in candidates if health[each.name].admits(now_ms)]
        if not admitted:
            soonest_ms = min(
                (each.retry_ms for each in health.values() if not each.is_paused),
                default=now_ms + PAUSED_WAIT_MS,
            )
            raise Unavailable(retry_after_s=max(1, -(-(soonest_ms - now_ms) // 1_000)))
        free = [each for each in admitted if _has_slot(tx, each)]
        if not free:
            slots = sum(each.concurrency for each in admitted)
            raise TooManyTasks(
                f"too many running tasks: the limit is {slots} for this gateway",
                retry_after_s=SLOTS_WAIT_S,
            )
        chosen = self._picked(free, health, now_ms)
        return Choice(chosen, is_probe=health[chosen.name].breaker is not Breaker.CLOSED)

    def _picked(self, free: Sequence[Upstream], health: dict[str, Health], now_ms: int) -> Upstream:
        # A probe that is due goes first, or an upstream beside healthy ones would never be tried.
        due = [each for each in free if health[each.name].breaker is not Breaker.CLOSED]
        if due:
            return due[0]
        rested = [each for each in free if not health[each.name].is_resting(now_ms)]
        awake = rested or free
        # Weight 0 stands by: it is asked when nobody else can be.
        among = [each for each in awake if each.weight] or awake[:1]
        mark = self.draw() * sum(each.weight for each in among)
        for each in among:
            mark -= each.weight
            if mark < 0:
                return each
        return among[-1]


def begin_probe(tx: Transaction, choice: Choice, *, now_ms: int) -> None:
    """Keep every other order away from an upstream that is being tried."""
    if choice.is_probe:
        name = choice.upstream.name
        upstreams.keep_health(tx, upstreams.health_of(tx, [name])[name].probed(now_ms))


def learn(
    tx: Transaction, name: str, answer: SubmitAnswer, *, took_ms: int | None, now_ms: int
) -> None:
    """Write down what an answer to a create says about the upstream that gave it."""
    before = upstreams.health_of(tx, [name])[name]
    after = _after(before, answer, took_ms=took_ms, now_ms=now_ms)
    if after.is_worth_keeping(before):
        upstreams.keep_health(tx, after)


def reason(answer: SubmitAnswer) -> str:
    """What happened, in words for the operator."""
    match answer:
        case Refused(relay=relay, blames_operator=True):
            return f"refuses our account: HTTP {relay.http_status}, code {relay.code}"
        case Refused(relay=relay):
            return f"HTTP {relay.http_status}, code {relay.code}: {relay.message}"
        case Unreachable(reason=text) | Uncertain(reason=text):
            return text
        case Ticket():
            return "took it"


def _after(before: Health, answer: SubmitAnswer, *, took_ms: int | None, now_ms: int) -> Health:
    match answer:
        case Refused(blames_operator=True):
            return before.after_blame(reason(answer), now_ms=now_ms)
        case Refused(relay=Relay(retry_after_s=int(rest_s)), may_go_elsewhere=True):
            return before.after_full(rest_s=rest_s, now_ms=now_ms)
        case Unreachable() | Uncertain() | Refused(may_go_elsewhere=True):
            return before.after_bad(reason(answer), now_ms=now_ms)
        case Ticket() | Refused():
            return before.after_good(took_ms=took_ms, now_ms=now_ms)


def _has_slot(tx: Transaction, upstream: Upstream) -> bool:
    limit = upstream.concurrency
    return not limit or tasks.in_flight(tx, upstream.name, count_max=limit) < limit
