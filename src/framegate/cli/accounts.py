"""`framegate accounts` and `topup`: an operator's commands on a data folder.

They work on the database itself, with or without a server beside them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from framegate.cli.language import _, marked
from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.sentences import spoken
from framegate.cli.terminal import (
    out,
    printable,
    say,
    say_facts,
    say_json,
    troubles,
    word,
)
from framegate.domain.key_wish import NAME_CHARACTERS_MAX
from framegate.domain.ledger import Account
from framegate.domain.limits import ACCOUNT_FIELDS, judge_changes
from framegate.domain.money import decimal_from_micros, micros_from_decimal
from framegate.errors import NotFound, SettingsInvalid
from framegate.gateway import Gateway, create_account, new_key, now_ms
from framegate.store import accounts as rows
from framegate.store import ledger
from framegate.store.database import Transaction
from framegate.web.accounts import limited

accounts = typer.Typer(
    no_args_is_help=True, help="Accounts, which pay: make, list, show and limit them."
)

RateOption = Annotated[str | None, typer.Option(help="Requests a minute; `none` lifts the limit.")]
InFlightOption = Annotated[
    str | None, typer.Option(help="Tasks in flight at once; `none` lifts the limit.")
]

FACTS = {
    "account": marked("account"),
    "name": marked("name"),
    "unlimited": marked("unlimited"),
    "posted": marked("posted"),
    "held": marked("held"),
    "available": marked("available"),
    "in_flight": marked("in flight"),
    "in_flight_max": marked("in flight max"),
    "rate": marked("rate a minute"),
    "webhook_secret": marked("webhook secret"),
}
"""What an account is shown as, to people: the API's names, in words."""

NO_LIMIT = "none"
COUNT_DIGITS_MAX = 18


@contextmanager
def opened(data: str | None, config: Path | None) -> Iterator[Gateway]:
    """A gateway on the data folder, for one command."""
    with troubles():
        gateway = Gateway.open(settings(data=data, config=config))
        try:
            yield gateway
        finally:
            gateway.database.close_now()


@accounts.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    credit: Annotated[str, typer.Option(help="Its first credit, such as 1000 or 0.56.")] = "0",
    unlimited: Annotated[
        bool, typer.Option("--unlimited", help="It may spend without limit.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make an account with its first key; the key is shown this once."""
    with opened(data, config) as gateway:
        if not name.strip() or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
            raise SettingsInvalid(
                _("NAME must be 1 to {number} visible characters", number=NAME_CHARACTERS_MAX)
            )
        key, amount = new_key(), _amount(credit, "--credit")
        if amount < 0:
            raise SettingsInvalid(_("--credit must not be negative"))
        account = gateway.database.write_now(
            _create,
            name=name.strip(),
            is_unlimited=unlimited,
            credit_micros=amount,
            key=key,
            now_ms=now_ms(),
        )
        secret = gateway.keyring.webhook_secret(account.id, account.webhook_generation)
        if json:
            say_json({"account": account.id, "key": key, "webhook_secret": secret})
            return
        say_facts(
            {
                _("account"): f"{account.id} ({account.name})",
                _("key"): key,
                _("webhook secret"): secret,
            }
        )
        say(_("The key is not kept: note it now. `framegate keys create` makes another."))


@accounts.command("list")
def listed(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every account with its balance."""
    with opened(data, config) as gateway:
        found = gateway.database.read_now(rows.all_accounts)
        if json:
            say_json([_shown(account) for account in found])
            return
        if not found:
            say(_("no account yet; make one with: framegate accounts create NAME --credit 10"))
            return
        columns = ("account", "name", "posted", "held", "available")
        table = Table(*(_(FACTS[key]) for key in columns), box=None)
        for account in found:
            shown = _shown(account)
            table.add_row(
                *(str(shown[key]) for key in ("account", "name", "posted", "held")),
                _("unlimited") if account.is_unlimited else str(shown["available"]),
            )
        out.print(table)


@accounts.command("show")
def show(
    name: Annotated[str, typer.Argument(help="An account's name or id.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one account: its balance and its webhook secret; `keys list` has its keys."""
    with opened(data, config) as gateway:
        account = gateway.database.read_now(named, name)
        secret = gateway.keyring.webhook_secret(account.id, account.webhook_generation)
        shown = _shown(account) | {"webhook_secret": secret}
        if json:
            say_json(shown)
            return
        if account.is_unlimited:
            shown["available"] = _("unlimited")
        say_facts(
            {
                _(FACTS[key]): _("none") if value is None else word(value)
                for key, value in shown.items()
            }
        )


@accounts.command("limit")
def limit(
    name: Annotated[str, typer.Argument(help="An account's name or id.")],
    rate: RateOption = None,
    in_flight: InFlightOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Change what an account may use, at once; what is not named stays as it is."""
    with opened(data, config) as gateway:
        asked = wished(rate=rate, in_flight=in_flight)
        if not asked:
            raise SettingsInvalid(_("name at least one of --rate, --in-flight"))
        account = gateway.database.read_now(named, name)
        changes = judge_changes(asked, ACCOUNT_FIELDS)
        changed = _shown(gateway.database.write_now(limited, account.id, changes))
        if json:
            say_json(changed)
            return
        say(
            _(
                "{name} may have {rate} requests a minute, {in_flight} tasks in flight",
                name=printable(account.name),
                rate=changed["rate"] or _("any number of"),
                in_flight=changed["in_flight_max"] or _("any number of"),
            )
        )


def topup(
    name: Annotated[str, typer.Argument(help="An account's name or id.")],
    amount: Annotated[str, typer.Argument(help="How much, such as 50 or 0.56.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add credit to an account; to take some back: `framegate topup NAME -- -5`."""
    with opened(data, config) as gateway:
        micros = _amount(amount, "AMOUNT")
        if not micros:
            raise SettingsInvalid(_("AMOUNT must not be 0"))
        account = gateway.database.read_now(named, name)
        changed = gateway.database.write_now(
            ledger.topup, account_id=account.id, amount_micros=micros, now_ms=now_ms()
        )
        if json:
            say_json(_shown(changed))
            return
        available = decimal_from_micros(changed.available_micros)
        say(_("{name} has {amount} available", name=printable(changed.name), amount=available))


def _create(
    tx: Transaction, *, name: str, is_unlimited: bool, credit_micros: int, key: str, now_ms: int
) -> Account:
    if rows.account_named(tx, name) is not None:
        raise SettingsInvalid(
            _(
                "there is an account {name!r} already; choose another name, or give it a key with: "
                "framegate keys create --account {name}",
                name=name,
            )
        )
    return create_account(
        tx,
        name=name,
        is_unlimited=is_unlimited,
        credit_micros=credit_micros,
        key=key,
        now_ms=now_ms,
    )


def named(tx: Transaction, name: str) -> Account:
    """The account that an option names. Raises NotFound with where to look."""
    account = rows.account_named(tx, name)
    if account is None:
        raise NotFound(_("no account {name!r}; see: framegate accounts list", name=name))
    return account


def wished(**texts: str | None) -> dict[str, Any]:
    """Limits as a wish names them, from options: digits are a number, `none` lifts a limit."""
    return {
        name: None if text == NO_LIMIT else int(text) if _is_count(name, text) else text
        for name, text in texts.items()
        if text is not None
    }


def _is_count(name: str, text: str) -> bool:
    return name != "budget" and text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX


def _amount(text: str, option: str) -> int:
    try:
        return micros_from_decimal(text)
    except ValueError as error:
        why = spoken(str(error))
        raise SettingsInvalid(_("{option}: {why}", option=option, why=why)) from None


def _shown(account: Account) -> dict[str, Any]:
    return {
        "account": account.id,
        "name": account.name,
        "unlimited": account.is_unlimited,
        "posted": decimal_from_micros(account.posted_micros),
        "held": decimal_from_micros(account.held_micros),
        "available": decimal_from_micros(account.available_micros),
        "in_flight": account.in_flight,
        "in_flight_max": account.limits.in_flight_max or None,
        "rate": account.limits.requests_per_minute or None,
    }
