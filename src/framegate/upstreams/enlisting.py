"""The extra verb of an upstream that lives in our own database.

Its taking of an order joins the transaction that begins the task: there is no moment at which the
task exists and the order does not, so nothing about it is ever uncertain.
"""

from typing import Protocol, runtime_checkable

from framegate.domain.upstream import Order, Ticket
from framegate.store.database import Transaction


@runtime_checkable
class Enlisting(Protocol):
    """An upstream that takes orders inside our transaction."""

    def enlist(self, tx: Transaction, order: Order, *, now_ms: int) -> Ticket:
        """Take the order; never refuses, since a bad picture is a failed task (rule 27)."""
        ...
