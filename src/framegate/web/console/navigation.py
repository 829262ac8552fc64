"""The side navigation: every page that the console can have, in its order.

An entry is shown once the gateway has its path, and to those who may see it; a page that is built
later needs no line here.
"""

from collections.abc import Container
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One link. `label` is English; the template translates it."""

    key: str
    label: str
    icon: str
    path: str
    admin_only: bool = False
    counts: str = ""  # Which number of `desk.counts` stands beside it.


def _(text: str) -> str:
    """Mark a label for the translators."""
    return text


MAKING = (
    Entry("playground", _("Playground"), "film", "/console/playground"),
    Entry("gallery", _("Gallery"), "grid", "/console/gallery", counts="videos"),
    Entry("tasks", _("Tasks"), "list", "/console/tasks", counts="running"),
    Entry("usage", _("Usage"), "chart", "/console/usage"),
)
BUILDING = (
    Entry("keys", _("API keys"), "key", "/console/keys"),
    Entry("webhooks", _("Webhooks"), "hook", "/console/webhooks"),
    Entry("upstreams", _("Upstreams"), "pulse", "/console/upstreams", admin_only=True),
    Entry("audit", _("Audit"), "shield", "/console/audit", admin_only=True),
    Entry("accounts", _("Accounts"), "people", "/console/accounts", admin_only=True),
    Entry("docs", _("API docs"), "book", "/docs"),
)


def shown(
    entries: tuple[Entry, ...], *, paths: Container[str], is_admin: bool
) -> tuple[Entry, ...]:
    """The entries whose page is there and open to this viewer."""
    return tuple(
        entry for entry in entries if entry.path in paths and (is_admin or not entry.admin_only)
    )
