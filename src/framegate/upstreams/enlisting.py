"""The extra verb of an upstream that lives in our own database.

Its taking of an order joins the transaction that begins the task: there is no moment at which the
task exists and the order does not, so nothing about it is ever uncertain.
"""

from typing import Protocol, TypeGuard

from framegate.domain.upstream import Order, Ticket, Upstream
from framegate.store.database import Transaction


class Enlisting(Protocol):
    """An upstream that takes orders inside our transaction."""

    def enlist(self, tx: Transaction, order: Order, *, now_ms: int) -> Ticket:
        """Take the order; never refuses, since a bad picture is a failed task (rule 27)."""
        ...


def enlists(upstream: Upstream) -> TypeGuard[Enlisting]:
    """Whether an upstream has the verb; a look at the protocol itself costs as much as a row."""
    return hasattr(upstream, "enlist")
