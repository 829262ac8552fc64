"""The webhooks of a key's own account, through a running server."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as escaped

from framegate.client.face import Framegate

PAGE_MAX = 100
DELIVERY_PREFIX = "msg_"


@dataclass(frozen=True)
class OwnWebhooks:
    """The verbs of `framegate webhooks`, with the client that asks; answers are the API's."""

    client: Framegate

    def listed(self) -> list[dict[str, Any]]:
        """Every webhook, newest first."""
        return list(self.client.request("GET", "/api/webhooks")["result"])

    def create(self, url: str, events: list[str] | None) -> dict[str, Any]:
        """A new one, with its `secret`."""
        body = {"url": url} | ({"events": events} if events else {})
        return self.client.request("POST", "/api/webhooks", body=body)

    def rotate(self, webhook_id: str, *, overlap_s: int) -> dict[str, Any]:
        """One with a new `secret`."""
        body = {"overlap_s": overlap_s}
        return self.client.request("POST", f"{_path(webhook_id)}/rotate", body=body)

    def disable(self, webhook_id: str) -> dict[str, Any]:
        """One that is told nothing more."""
        return self.client.request("POST", f"{_path(webhook_id)}/disable")

    def enable(self, webhook_id: str) -> dict[str, Any]:
        """One that is told again."""
        return self.client.request("POST", f"{_path(webhook_id)}/enable")

    def deliveries(
        self, webhook_id: str | None, *, status: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """What was told or is owed, newest first; page by page."""
        path = f"{_path(webhook_id)}/deliveries" if webhook_id else "/api/deliveries"
        found: list[dict[str, Any]] = []
        cursor = None
        while len(found) < limit:
            query = {
                "status": status,
                "limit": min(PAGE_MAX, limit - len(found)),
                "cursor": cursor,
            }
            page = self.client.request("GET", path, query=query)
            found += page["result"]
            cursor = page["next_cursor"]
            if not cursor:
                break
        return found

    def replay(self, subject: str) -> dict[str, Any]:
        """`{redelivered, has_more}` of one delivery, or of all that failed for a webhook."""
        if not subject.startswith(DELIVERY_PREFIX):
            return self.client.request("POST", f"{_path(subject)}/redeliver")
        self.client.request("POST", f"/api/deliveries/{escaped(subject, safe='')}/redeliver")
        return {"redelivered": 1, "has_more": False}


def _path(webhook_id: str) -> str:
    return f"/api/webhooks/{escaped(webhook_id, safe='')}"
