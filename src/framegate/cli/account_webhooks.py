"""The webhooks of any account, for an operator, on the data folder itself.

The same verbs as `own_webhooks`, and the same answers: what the API shows is shown here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framegate.cli.accounts import named, opened
from framegate.cli.own_webhooks import DELIVERY_PREFIX
from framegate.desk.deliveries import delivery_shown, endpoint_shown
from framegate.domain.delivery import DeliveryStatus
from framegate.domain.endpoint import Endpoint, judge_wish
from framegate.flows import subscribe
from framegate.gateway import Gateway, now_ms
from framegate.store import deliveries as rows
from framegate.store import endpoints


@contextmanager
def of_account(account: str, data: str | None, config: Path | None) -> Iterator["AccountWebhooks"]:
    """Those of the account of this name or id. Raises NotFound."""
    with opened(data, config) as gateway:
        yield AccountWebhooks(gateway, gateway.database.read_now(named, account).id)


@dataclass(frozen=True)
class AccountWebhooks:
    """The verbs of `framegate webhooks`, with the gateway that is asked."""

    gateway: Gateway
    account_id: str

    def listed(self) -> list[dict[str, Any]]:
        """Every webhook, newest first."""
        found = self.gateway.database.read_now(endpoints.of_account, self.account_id)
        return [endpoint_shown(endpoint) for endpoint in found]

    def create(self, url: str, events: list[str] | None) -> dict[str, Any]:
        """A new one, with its `secret`."""
        wish = judge_wish(
            {"url": url} | ({"events": events} if events else {}),
            allowed_addresses=frozenset(self.gateway.settings.outbound.allow),
        )
        return self._with_secret(
            self.gateway.database.write_now(
                subscribe.create, account_id=self.account_id, wish=wish, now_ms=now_ms()
            )
        )

    def rotate(self, webhook_id: str, *, overlap_s: int) -> dict[str, Any]:
        """One with a new `secret`."""
        return self._with_secret(
            self.gateway.database.write_now(
                subscribe.rotate,
                self.account_id,
                webhook_id,
                overlap_s=overlap_s,
                now_ms=now_ms(),
            )
        )

    def disable(self, webhook_id: str) -> dict[str, Any]:
        """One that is told nothing more."""
        return endpoint_shown(
            self.gateway.database.write_now(
                subscribe.disable, self.account_id, webhook_id, now_ms=now_ms()
            )
        )

    def enable(self, webhook_id: str) -> dict[str, Any]:
        """One that is told again."""
        return endpoint_shown(
            self.gateway.database.write_now(subscribe.enable, self.account_id, webhook_id)
        )

    def deliveries(
        self, webhook_id: str | None, *, status: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """What was told or is owed, newest first."""
        if webhook_id is not None:
            self.gateway.database.read_now(subscribe.endpoint_of, self.account_id, webhook_id)
        found = self.gateway.database.read_now(
            rows.page,
            self.account_id,
            endpoint_id=webhook_id,
            status=DeliveryStatus(status) if status else None,
            rows_max=limit,
        )
        return [delivery_shown(told) for told in found]

    def replay(self, subject: str) -> dict[str, Any]:
        """`{redelivered, has_more}` of one delivery, or of all that failed for a webhook."""
        if subject.startswith(DELIVERY_PREFIX):
            self.gateway.database.write_now(
                subscribe.redeliver, self.account_id, subject, now_ms=now_ms()
            )
            return {"redelivered": 1, "has_more": False}
        done = self.gateway.database.write_now(
            subscribe.redeliver_failed, self.account_id, subject, now_ms=now_ms()
        )
        return {"redelivered": done.count, "has_more": done.has_more}

    def _with_secret(self, endpoint: Endpoint) -> dict[str, Any]:
        secret = self.gateway.keyring.webhook_secret(endpoint.id, endpoint.generation)
        return endpoint_shown(endpoint) | {"secret": secret}
