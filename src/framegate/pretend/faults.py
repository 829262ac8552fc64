"""Which fault happens: an order's own plan first, then the next answers, then the rates.

Tests write plans and next answers, soak runs write rates; every draw comes from the seed and the
number of the request, so a run repeats however its requests interleave. The tables here are all
that the control door knows of names.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from framegate.pretend import quirks, says
from framegate.pretend.callback_plan import CALLBACKS
from framegate.pretend.videos import VIDEO_FAULTS

Place = Literal["create", "fate", "query", "video", "callback"]

NAMED: dict[Place, dict[str, Any]] = {
    "create": {each.name: each for each in says.CREATES},
    "fate": {each.name: each for each in quirks.FATES},
    "query": {
        **{each.name: each for each in says.QUERIES},
        **{each.name: each for each in quirks.QUIRKS},
    },
    "video": {each.value: each for each in VIDEO_FAULTS},
    "callback": {each.value: each for each in CALLBACKS},
}
PLACES: tuple[Place, ...] = tuple(NAMED)
USUALLY: dict[Place, str] = {
    "create": "accepts",
    "fate": "succeeds",
    "query": "usual",
    "video": "usual",
    "callback": "usual",
}


class UnknownFault(ValueError):
    """Somebody named a place or a fault that is not in the tables."""


def named(place: str, name: str) -> Any:
    """The value behind a name.

    raises   UnknownFault with a sentence that lists what there is
    """
    if place not in NAMED:
        raise UnknownFault(f"faults happen at {', '.join(PLACES)}; got {place!r}")
    table: dict[str, Any] = NAMED[place]
    if name not in table:
        raise UnknownFault(f"{place} knows {', '.join(table)}; got {name!r}")
    return table[name]


def _queues() -> dict[Place, deque[Any]]:
    return {place: deque() for place in PLACES}


@dataclass
class Plan:
    """What is to happen next at each place; every queue is used up, front first."""

    queues: dict[Place, deque[Any]] = field(default_factory=_queues)

    def add(self, place: str, names: Iterable[str]) -> None:
        """Put faults at the end of a queue, by name."""
        values = [named(place, name) for name in names]
        for known in PLACES:
            if known == place:
                self.queues[known].extend(values)

    def take(self, place: Place) -> Any | None:
        """The next one, used up; None when there is none."""
        queue = self.queues[place]
        return queue.popleft() if queue else None


@dataclass
class Faults:
    """The chooser. `plans` are by external id; `rates` are shares of 1 by place and name."""

    seed: int
    next: Plan = field(default_factory=Plan)
    plans: dict[str, Plan] = field(default_factory=dict)
    usually: dict[Place, Any] = field(
        default_factory=lambda: {place: named(place, name) for place, name in USUALLY.items()}
    )
    rates: dict[Place, dict[str, float]] = field(default_factory=dict)

    def plan(self, external_id: str) -> Plan:
        """The plan of one order, made when it is new."""
        return self.plans.setdefault(external_id, Plan())

    def choose(self, place: Place, *, external_ids: Iterable[str], number: int) -> Any:
        """What happens to the request of this number at a place.

        external_ids  of the orders it is about: one, or none for what is about nobody's in
                      particular
        """
        for external_id in external_ids:
            planned = self.plans[external_id].take(place) if external_id in self.plans else None
            if planned is not None:
                return planned
        queued = self.next.take(place)
        if queued is not None:
            return queued
        drawn = self._drawn(place, number) if self.rates.get(place) else None
        return drawn or self.usually[place]

    def spoil(
        self, external_ids: Iterable[str], *, number: int
    ) -> says.Says | dict[str, quirks.Quirk]:
        """What happens to a query about several orders.

        returns  one answer for all of them, or each order's own quirk, where it has one. An order
                 whose plan spoils the whole answer comes first; its companions keep their plans.
        """
        planned = {
            external_id: self.plans[external_id].queues["query"]
            for external_id in external_ids
            if self.plans.get(external_id, Plan()).queues["query"]
        }
        for queue in planned.values():
            if isinstance(queue[0], says.Says):
                whole: says.Says = queue.popleft()
                return whole
        chosen = self.choose("query", external_ids=(), number=number)
        if isinstance(chosen, says.Says) and chosen is not says.USUAL:
            return chosen
        common = {each: chosen for each in external_ids if chosen is not says.USUAL}
        return common | {each: queue.popleft() for each, queue in planned.items()}

    def unread(self, number: int) -> says.Says | None:
        """The answer to a create whose body nobody may read first, if that is what is to happen."""
        queue = self.next.queues["create"]
        drawn = self._drawn("create", number) if self.rates.get("create") else None
        first: says.Says = queue[0] if queue else drawn or self.usually["create"]
        if first.manner is not says.Manner.RESET_UNREAD:
            return None
        self.next.take("create")
        return first

    def set_rates(self, rates: Mapping[str, Mapping[str, float]]) -> None:
        """Replace the rate table. raises UnknownFault also for shares that exceed 1."""
        for place, shares in rates.items():
            for name, share in shares.items():
                named(place, name)
                if not 0 <= share <= 1:
                    raise UnknownFault(f"a rate is a share from 0 to 1; got {share!r}")
            if sum(shares.values()) > 1:
                raise UnknownFault(f"the rates of {place} are more than 1 together")
        self.rates = {place: dict(rates[place]) for place in PLACES if place in rates}

    def _drawn(self, place: Place, number: int) -> Any | None:
        point = draws(self.seed, place, number).random()
        for name, share in self.rates[place].items():
            point -= share
            if point < 0:
                return named(place, name)
        return None


def draws(seed: int, purpose: str, number: int) -> Random:
    """The random numbers of one request: the same for the same seed, whatever else happens."""
    return Random(f"{seed}/{purpose}/{number}")  # noqa: S311 - repeatable on purpose
