"""Upstreams as their operator sees them: how each stands, and what its own account holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framegate.desk.viewer import check_operator
from framegate.domain.ledger import Caller
from framegate.domain.upstream import Upstream
from framegate.domain.window import window
from framegate.errors import FieldError, FieldsInvalid, NotFound
from framegate.flows.look_into import costs_of, tasks_of
from framegate.flows.standing import standings
from framegate.gateway import Gateway, now_ms
from framegate.upstreams.local import Local

WINDOW = ("since", "until", "status", "limit")
"""What a question about an upstream's tasks may name; "" is absent."""


@dataclass(frozen=True)
class UpstreamDesk:
    """The questions about upstreams, with the gateway that they are asked of."""

    gateway: Gateway

    async def page(self, caller: Caller) -> dict[str, Any]:
        """`{upstreams}`: each as `flows.standing` has it, with its `kind` and `frames_per_s`.

        `frames_per_s` is of an embedded renderer's newest films in this process; null where there
        is none: of any other kind, and before the first film.

        raises   RightMissing for any key but an operator's
        """
        check_operator(caller, "every upstream")
        configured = list(self.gateway.upstreams.values())
        found = await self.gateway.database.read(standings, configured, now_ms=now_ms())
        return {
            "upstreams": [
                standing | self._more(each)
                for standing, each in zip(found, configured, strict=True)
            ]
        }

    async def tasks(self, caller: Caller, name: str, words: Mapping[str, str]) -> dict[str, Any]:
        """What an upstream's account holds, and whose each of them is.

        words    WINDOW's names with what was asked for
        raises   RightMissing; NotFound for the upstream, and where it has no such list;
                 FieldsInvalid; Unavailable with what went wrong
        """
        upstream = self.named(caller, name)
        asked = {each: words.get(each, "") for each in WINDOW}
        try:
            read = window(**asked, now_ms=now_ms())
        except ValueError as error:
            raise FieldsInvalid((FieldError(path="", message=str(error)),)) from None
        return await tasks_of(upstream, read, self.gateway.database)

    async def costs(self, caller: Caller, name: str) -> dict[str, Any]:
        """The packages that pay for an upstream's tasks. Raises as `tasks`."""
        return await costs_of(self.named(caller, name), now_ms=now_ms())

    def named(self, caller: Caller, name: str) -> Upstream:
        """An upstream, for an operator alone. Raises RightMissing, NotFound."""
        check_operator(caller, "every upstream")
        upstream = self.gateway.upstreams.get(name)
        if upstream is None:
            raise NotFound("upstream not found")
        return upstream

    def _more(self, upstream: Upstream) -> dict[str, Any]:
        pace = upstream.frames_per_s if isinstance(upstream, Local) else 0
        return {
            "kind": self.gateway.settings.upstreams[upstream.name].kind,
            "frames_per_s": pace or None,
        }
