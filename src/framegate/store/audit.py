"""The promises of docs/safety.md that a query can decide, each with what breaks it.

`framegate audit` runs them on a live or a stopped database; tests run them after every fault.
Every check answers the ids that break its promise, and an empty list means that it holds.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import text

from framegate.domain.quote import PriceList
from framegate.store.database import Transaction

IDS_SHOWN_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One promise: its number and sentence, and the ids that break it (the first few)."""

    promise: int
    says: str
    broken: int
    ids: tuple[str, ...]


_CHECKS: list[tuple[int, str, str]] = [
    (
        1,
        "every transfer has at least two entries and sums to zero",
        """SELECT t.id FROM transfers t LEFT JOIN entries e ON e.transfer_id = t.id
           GROUP BY t.id HAVING COUNT(e.id) < 2 OR SUM(e.amount_micros) <> 0
           UNION SELECT e.transfer_id FROM entries e LEFT JOIN transfers t ON t.id = e.transfer_id
           WHERE t.id IS NULL""",
    ),
    (
        2,
        "a stored balance is the sum of its entries",
        """SELECT a.id FROM accounts a LEFT JOIN entries e ON e.ledger = a.id
           GROUP BY a.id, a.posted_micros
           HAVING a.posted_micros <> COALESCE(SUM(e.amount_micros), 0)""",
    ),
    (
        2,
        "usage is what the ledger took for its tasks",
        """SELECT a.id FROM accounts a
           LEFT JOIN (SELECT account_id, SUM(spent_micros) AS micros FROM usage
                      GROUP BY account_id) u ON u.account_id = a.id
           LEFT JOIN (SELECT e.ledger, SUM(e.amount_micros) AS micros FROM transfers t
                      JOIN entries e ON e.transfer_id = t.id
                      WHERE t.kind = 'settle' GROUP BY e.ledger) s ON s.ledger = a.id
           WHERE COALESCE(u.micros, 0) <> -COALESCE(s.micros, 0)""",
    ),
    (
        3,
        "held is the sum of the open holds",
        """SELECT a.id FROM accounts a
           LEFT JOIN holds h ON h.account_id = a.id AND h.state = 'open'
           GROUP BY a.id, a.held_micros
           HAVING a.held_micros <> COALESCE(SUM(h.amount_micros), 0)""",
    ),
    (
        3,
        "a limited account has no negative available credit",
        "SELECT id FROM accounts WHERE is_unlimited = 0 AND posted_micros - held_micros < 0",
    ),
    (
        3,
        "an account's tasks in flight are its open holds",
        """SELECT a.id FROM accounts a
           LEFT JOIN holds h ON h.account_id = a.id AND h.state = 'open'
           GROUP BY a.id, a.in_flight HAVING a.in_flight <> COUNT(h.task_id)""",
    ),
    (
        3,
        "a key has spent its open and settled holds, and its tasks in flight are the open ones",
        # The holds are added up once: no index leads from a key to its own.
        """SELECT k.id FROM keys k LEFT JOIN (
               SELECT key_id, SUM(amount_micros) AS spent,
                      SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS in_flight
               FROM holds WHERE state IN ('open', 'settled') GROUP BY key_id
           ) h ON h.key_id = k.id
           WHERE k.spent_micros <> COALESCE(h.spent, 0)
              OR k.in_flight <> COALESCE(h.in_flight, 0)""",
    ),
    (
        4,
        "a hold is of the key that created its task",
        """SELECT h.task_id FROM holds h JOIN tasks t ON t.id = h.task_id
           WHERE h.key_id <> t.key_id""",
    ),
    (
        4,
        "every task has a hold of its price, and every hold a task",
        """SELECT t.id FROM tasks t LEFT JOIN holds h ON h.task_id = t.id
           WHERE h.task_id IS NULL OR h.amount_micros <> t.price_micros
              OR h.account_id <> t.account_id
           UNION SELECT h.task_id FROM holds h LEFT JOIN tasks t ON t.id = h.task_id
           WHERE t.id IS NULL""",
    ),
    (
        5,
        "a task has ended exactly when its hold is closed",
        """SELECT t.id FROM tasks t JOIN holds h ON h.task_id = t.id
           WHERE (h.state = 'open') <> (t.ended_ms = 0)
              OR (t.ended_ms <> 0) <> (t.status IN
                  ('succeeded', 'failed', 'cancelled', 'expired', 'refused'))""",
    ),
    (
        5,
        "a task has succeeded exactly when its hold is settled, once, at its price",
        """SELECT t.id FROM tasks t JOIN holds h ON h.task_id = t.id
           LEFT JOIN transfers s ON s.task_id = t.id AND s.kind = 'settle'
           LEFT JOIN entries e ON e.transfer_id = s.id AND e.ledger = t.account_id
           WHERE (t.status = 'succeeded') <> (h.state = 'settled')
              OR (t.status = 'succeeded') <> (s.id IS NOT NULL)
              OR (s.id IS NOT NULL AND COALESCE(e.amount_micros, 0) <> -t.price_micros)
           UNION SELECT s.id FROM transfers s LEFT JOIN tasks t ON t.id = s.task_id
           WHERE s.kind <> 'topup' AND t.id IS NULL""",
    ),
    (
        11,
        "a task is what the last line of its life says",
        """SELECT t.id FROM tasks t
           LEFT JOIN (SELECT task_id, MAX(id) AS id FROM life GROUP BY task_id) n
             ON n.task_id = t.id
           LEFT JOIN life l ON l.id = n.id
           WHERE COALESCE(l.status, '') <> t.status""",
    ),
    (
        12,
        "every task that has not ended has a deadline and a wake-up",
        """SELECT t.id FROM tasks t
           LEFT JOIN jobs j ON j.queue = 'track' AND j.subject = t.id
           WHERE t.ended_ms = 0 AND (j.subject IS NULL OR t.deadline_ms = 0)""",
    ),
    (
        14,
        "every pending delivery has a wake-up",
        """SELECT d.id FROM deliveries d
           LEFT JOIN jobs j ON j.queue = 'deliver' AND j.subject = d.id
           WHERE d.ended_ms = 0 AND j.subject IS NULL""",
    ),
    (
        14,
        "a delivery is given up only after its schedule, after a 410, or with its webhook",
        """SELECT d.id FROM deliveries d
           LEFT JOIN endpoints p ON p.id = d.endpoint_id AND p.disabled_why <> ''
           WHERE d.status = 'failed' AND d.attempts - d.attempts_before < 10 AND p.id IS NULL
             AND NOT EXISTS (SELECT 1 FROM attempts a
                             WHERE a.delivery_id = d.id AND a.number > d.attempts_before
                               AND a.http_status = 410)""",
    ),
    (
        14,
        "a disabled webhook has nothing pending",
        """SELECT d.id FROM deliveries d JOIN endpoints p ON p.id = d.endpoint_id
           WHERE p.disabled_ms <> 0 AND d.ended_ms = 0""",
    ),
    (
        14,
        "a delivery has the attempts it counts, and has ended exactly when it is not pending",
        """SELECT d.id FROM deliveries d LEFT JOIN attempts a ON a.delivery_id = d.id
           GROUP BY d.id, d.attempts, d.attempts_before, d.status, d.ended_ms
           HAVING COUNT(a.number) <> d.attempts OR d.attempts_before > d.attempts
              OR (d.status = 'pending') <> (d.ended_ms = 0)""",
    ),
    (
        14,
        "an ended task of the embedded renderer has told its callback",
        # Another upstream may have called it by itself, and no row says which did.
        """SELECT t.id FROM tasks t JOIN renders r ON r.task_id = t.id
           LEFT JOIN deliveries d ON d.task_id = t.id AND d.endpoint_id = ''
           WHERE t.ended_ms <> 0 AND t.status <> 'refused' AND t.callback_url <> ''
             AND d.id IS NULL""",
    ),
    (
        14,
        "an ended task has told every webhook that wanted it",
        # Only of webhooks that never were disabled is it known since when they listen. A minute,
        # because two processes may commit in another order than that of their clocks.
        """SELECT t.id FROM tasks t
           JOIN endpoints p ON p.account_id = t.account_id
            AND p.disabled_why = '' AND p.created_ms < t.ended_ms - 60000
            AND p.events LIKE CASE t.status WHEN 'succeeded' THEN '%task.succeeded%'
                                            ELSE '%task.failed%' END
           LEFT JOIN deliveries d ON d.task_id = t.id AND d.endpoint_id = p.id
            AND d.event IN ('task.succeeded', 'task.failed')
           WHERE t.ended_ms <> 0 AND t.status <> 'refused' AND d.id IS NULL""",
    ),
    (
        16,
        "a succeeded task has a stored video",
        """SELECT t.id FROM tasks t LEFT JOIN videos v ON v.task_id = t.id
           WHERE (t.status = 'succeeded') <> (v.id IS NOT NULL)""",
    ),
    (
        19,
        "a delivery is its task's account's, and its webhook's",
        """SELECT d.id FROM deliveries d JOIN tasks t ON t.id = d.task_id
           LEFT JOIN endpoints p ON p.id = d.endpoint_id
           WHERE d.account_id <> t.account_id
              OR (d.endpoint_id <> '' AND COALESCE(p.account_id, '') <> d.account_id)""",
    ),
]


Look = Callable[[Transaction, dict[str, int]], list[str]]
"""The ids that break one promise, given the files that there are."""

Check = Callable[..., Finding]
"""`check(tx, video_files=...)`: one promise, in one short read."""


def checks() -> list[Check]:
    """Every check, in the order of the promises, for a caller who wants a pause between two."""
    return [partial(_finding, promise, says, look) for promise, says, look in _looks()]


def names() -> list[tuple[int, str]]:
    """The number and the sentence of every check, in the order of the promises."""
    return [(promise, says) for promise, says, _ in _looks()]


def _looks() -> list[tuple[int, str, Look]]:
    queried: list[tuple[int, str, Look]] = [
        (promise, says, partial(_first_column, query=query)) for promise, says, query in _CHECKS
    ]
    computed: list[tuple[int, str, Look]] = [
        (5, "a price is the price of its facts under the version kept", _wrong_prices),
        (16, "a stored video's file is there, whole", _missing),
    ]
    return sorted([*queried, *computed], key=lambda check: check[0])


def run(tx: Transaction, *, video_files: dict[str, int]) -> list[Finding]:
    """Check every promise.

    video_files  id -> length of every file in the videos folder
    """
    return [check(tx, video_files=video_files) for check in checks()]


def confirmed(first: Finding, second: Finding) -> Finding:
    """What two looks agree on: a file that came or went while the first one lasted is no damage."""
    ids = tuple(each for each in first.ids if each in second.ids)
    are_all_shown = max(first.broken, second.broken) <= IDS_SHOWN_MAX
    broken = len(ids) if are_all_shown else min(first.broken, second.broken)
    return replace(second, broken=broken, ids=ids)


def _finding(
    promise: int,
    says: str,
    look: Look,
    tx: Transaction,
    *,
    video_files: dict[str, int],
) -> Finding:
    ids = look(tx, video_files)
    return Finding(promise=promise, says=says, broken=len(ids), ids=tuple(ids[:IDS_SHOWN_MAX]))


def _first_column(tx: Transaction, _files: dict[str, int], *, query: str) -> list[str]:
    return [str(row[0]) for row in tx.execute(text(query))]


_PRICED = (
    "SELECT DISTINCT resolution, aspect_ratio, duration_s, price_micros, price_version FROM tasks"
)
_PRICED_SO = (
    "SELECT id FROM tasks WHERE resolution = :resolution AND aspect_ratio = :aspect_ratio "
    "AND duration_s = :duration_s AND price_micros = :price_micros "
    "AND price_version = :price_version"
)


def _wrong_prices(tx: Transaction, _files: dict[str, int]) -> list[str]:
    # There are many tasks and few prices: the database groups them, and each is computed once.
    lists = _price_lists(tx)
    wrong: list[str] = []
    for facts in tx.execute(text(_PRICED)).all():
        prices = lists.get(facts.price_version)
        if prices is None or facts.price_micros != prices.price_micros(
            duration_s=facts.duration_s,
            resolution=facts.resolution,
            aspect_ratio=facts.aspect_ratio,
        ):
            wrong += tx.execute(text(_PRICED_SO), facts._asdict()).scalars()
    return wrong


def _price_lists(tx: Transaction) -> dict[str, PriceList]:
    """The lists whose terms are still those that their version was computed from."""
    lists: dict[str, PriceList] = {}
    for row in tx.execute(text("SELECT version, terms FROM price_lists")):
        # Terms that were damaged prove nothing: every task under them is shown.
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            prices = PriceList.from_terms(row.terms)
            if prices.version == row.version:
                lists[row.version] = prices
    return lists


def _missing(tx: Transaction, files: dict[str, int]) -> list[str]:
    rows = tx.execute(text("SELECT id, bytes_count FROM videos WHERE deleted_ms = 0"))
    return [row.id for row in rows if files.get(row.id) != row.bytes_count]
