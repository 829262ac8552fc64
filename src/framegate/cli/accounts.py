"""`framegate accounts` and `topup`: an operator's commands on a data folder.

They work on the database itself, with or without a server beside them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.terminal import out, printable, say, say_json, troubles, word
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

accounts = typer.Typer(no_args_is_help=True, help="Who pays: make, list and show accounts.")

RateOption = Annotated[str | None, typer.Option(help="Requests a minute, or none.")]
InFlightOption = Annotated[str | None, typer.Option(help="Tasks in flight, or none.")]

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
            raise SettingsInvalid("NAME must be 1 to 100 visible characters")
        key, amount = new_key(), _amount(credit, "--credit")
        if amount < 0:
            raise SettingsInvalid("--credit must not be negative")
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
        say(f"account         {account.id} ({account.name})")
        say(f"key             {key}")
        say(f"webhook secret  {secret}")
        say("The key is not kept: note it now. `framegate keys create` makes another.")


@accounts.command("list")
def listed(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every account with its balance."""
    with opened(data, config) as gateway:
        found = gateway.database.read_now(rows.all_accounts)
        if json:
            say_json([_shown(account) for account in found])
            return
        if not found:
            say("no account yet; make one with: framegate accounts create NAME --credit 10")
            return
        table = Table("account", "name", "posted", "held", "available", box=None)
        for account in found:
            shown = _shown(account)
            table.add_row(
                *(str(shown[key]) for key in ("account", "name", "posted", "held")),
                "unlimited" if account.is_unlimited else str(shown["available"]),
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
            shown["available"] = "unlimited"
        for key, value in shown.items():
            say(f"{key:<16}{'none' if value is None else word(value)}")


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
            raise SettingsInvalid("name at least one of --rate, --in-flight")
        account = gateway.database.read_now(named, name)
        changes = judge_changes(asked, ACCOUNT_FIELDS)
        changed = _shown(gateway.database.write_now(limited, account.id, changes))
        if json:
            say_json(changed)
            return
        limits = f"{changed['rate'] or 'any'} requests a minute, "
        limits += f"{changed['in_flight_max'] or 'any'} tasks in flight"
        say(f"{printable(account.name)} may have {limits}")


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
            raise SettingsInvalid("AMOUNT must not be 0")
        account = gateway.database.read_now(named, name)
        changed = gateway.database.write_now(
            ledger.topup, account_id=account.id, amount_micros=micros, now_ms=now_ms()
        )
        if json:
            say_json(_shown(changed))
            return
        say(f"{changed.name} has {decimal_from_micros(changed.available_micros)} available")


def _create(
    tx: Transaction, *, name: str, is_unlimited: bool, credit_micros: int, key: str, now_ms: int
) -> Account:
    if rows.account_named(tx, name) is not None:
        raise SettingsInvalid(
            f"there is an account {name!r} already; choose another name, or give it a key with: "
            f"framegate keys create --account {name}"
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
        raise NotFound(f"no account {name!r}; see: framegate accounts list")
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
        raise SettingsInvalid(f"{option}: {error}") from None


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
