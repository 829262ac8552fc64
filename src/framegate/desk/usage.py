"""What was spent and made, by day or by anything else, from what the ledger took.

A task is counted on the UTC day that it ended on. What still runs is on no day yet.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from framegate.desk.asked import Asked, Query
from framegate.desk.viewer import account_seen, check_operator
from framegate.domain.ledger import Caller
from framegate.domain.money import decimal_from_micros
from framegate.gateway import Gateway, now_ms
from framegate.store import accounts, keys, usage
from framegate.store.database import Transaction
from framegate.store.usage import BYS, GROUPS_MAX, By, Used

DAYS_DEFAULT, DAYS_MAX = 30, 400

_OPERATORS_BYS = frozenset({"upstream", "account"})
# What a spreadsheet would run as a formula, as its makers and OWASP list it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = ("group", "label", "tasks", "seconds", "spent")
_OPERATORS_COLUMNS = ("cost", "margin", "costs_known")


@dataclass(frozen=True)
class UsageDesk:
    """The questions about usage, with the gateway that they are asked of."""

    gateway: Gateway

    async def page(
        self, caller: Caller, query: Query, *, groups_max: int = GROUPS_MAX
    ) -> dict[str, Any]:
        """`{by, from, to, currency, result, total}`; each group has tasks, seconds and spent.

        The total is of the groups that are answered: the `groups_max` largest spenders.

        query    `by` (day, key, resolution, model, status; for operators upstream and account
                 too), `from` and `to` (UTC days, both included; the last DAYS_DEFAULT days unless
                 given), `account`
        raises   FieldsInvalid with every complaint; RightMissing, NotFound for an account
        """
        asked = Asked(query, known=("by", "from", "to", "account", "format"))
        dimension = cast("By", asked.choice("by", BYS, "day"))
        asked.choice("format", ("json", "csv"), "json")
        today = datetime.fromtimestamp(now_ms() // 1_000, UTC).date()
        last = asked.day("to", default=today)
        first = asked.day("from", default=_days_before(last, DAYS_DEFAULT - 1))
        if not 0 <= (last - first).days < DAYS_MAX:
            asked.complain(f"from must not be later than to, nor {DAYS_MAX} days before it")
        named = asked.word("account")
        asked.raise_any()
        if dimension in _OPERATORS_BYS:
            check_operator(caller, f"by={dimension}")
        used, labels = await self.gateway.database.read(
            _used, caller, named, dimension, first=first, last=last, groups_max=groups_max
        )
        is_admin = caller.key.scope.is_admin
        groups = [_shown(each, labels, is_admin=is_admin) for each in used]
        return {
            "by": dimension,
            "from": first.isoformat(),
            "to": last.isoformat(),
            "currency": self.gateway.currency,
            "result": groups,
            "total": _shown(_total(used), {}, is_admin=is_admin),
        }

    async def table(self, caller: Caller, query: Query) -> str:
        """As `page`, as CSV: a head, and a line a group. No cell can be read as a formula."""
        page = await self.page(caller, query)
        columns = _COLUMNS + (_OPERATORS_COLUMNS if caller.key.scope.is_admin else ())
        written = io.StringIO()
        writer = csv.writer(written)
        writer.writerow([page["by"], *columns[1:], "currency"])
        for group in page["result"]:
            cells = [group[name] for name in columns]
            writer.writerow([*map(_cell, columns, cells), page["currency"]])
        return written.getvalue()


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, (day - date.min).days))


def _used(
    tx: Transaction,
    caller: Caller,
    named: str,
    dimension: By,
    *,
    first: date,
    last: date,
    groups_max: int,
) -> tuple[list[Used], Mapping[str, str]]:
    account_id = account_seen(tx, caller, named)
    used = usage.by(
        tx, dimension, account_id=account_id, first=first, last=last, groups_max=groups_max
    )
    groups = [each.group for each in used]
    match dimension:
        case "account":
            return used, accounts.names_by_ids(tx, groups)
        case "key":
            found = keys.by_ids(tx, groups)
            return used, {key_id: f"...{key.hint}" for key_id, key in found.items()}
        case _:
            return used, {}


def _total(used: list[Used]) -> Used:
    return Used(
        group="",
        tasks=sum(each.tasks for each in used),
        seconds=sum(each.seconds for each in used),
        spent_micros=sum(each.spent_micros for each in used),
        cost_micros=sum(each.cost_micros for each in used),
        costs_known=sum(each.costs_known for each in used),
    )


def _shown(used: Used, labels: Mapping[str, str], *, is_admin: bool) -> dict[str, Any]:
    """A group; `label` is what a person calls it. Costs are an operator's alone."""
    shown = {
        "group": used.group,
        "label": labels.get(used.group, used.group),
        "tasks": used.tasks,
        "seconds": used.seconds,
        "spent": decimal_from_micros(used.spent_micros),
    }
    if not is_admin:
        return shown
    is_known = used.costs_known > 0
    return shown | {
        "cost": decimal_from_micros(used.cost_micros) if is_known else None,
        "margin": decimal_from_micros(used.spent_micros - used.cost_micros) if is_known else None,
        "costs_known": used.costs_known,
    }


def _cell(column: str, value: Any) -> Any:
    """A text that would be a formula gets an apostrophe; a number, also a negative one, is none."""
    is_text = column in {"group", "label"}
    return f"'{value}" if is_text and str(value).startswith(_FORMULA) else value
