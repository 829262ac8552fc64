"""`framegate accounts`, `keys` and `topup`: an operator's commands on a data folder.

They work on the database itself, with or without a server beside them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.terminal import out, say, say_json, troubles, word
from framegate.domain.ledger import Account, Key, Scope
from framegate.domain.money import decimal_from_micros, micros_from_decimal
from framegate.errors import NotFound, SettingsInvalid
from framegate.gateway import Gateway, create_account, new_key, now_ms
from framegate.store import accounts as rows
from framegate.store.database import Transaction

accounts = typer.Typer(no_args_is_help=True, help="Who pays: make, list and show accounts.")
keys = typer.Typer(no_args_is_help=True, help="API keys: make, list and revoke them.")

NAME_CHARACTERS_MAX = 100


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
            say(f"{key:<16}{word(value)}")


@keys.command("create")
def create_key(
    account: Annotated[str, typer.Option(help="An account's name or id.")],
    scope: Annotated[
        Scope, typer.Option(help="full: create and query; read: query only; admin: the operator.")
    ] = Scope.FULL,
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0: never.")] = 0,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make another key; it is shown this once."""
    with opened(data, config) as gateway:
        key, now = new_key(), now_ms()
        expires_ms = now + timedelta(days=days) // timedelta(milliseconds=1) if days else 0
        owner = gateway.database.read_now(named, account)
        record = gateway.database.write_now(
            rows.create_key,
            account_id=owner.id,
            key=key,
            scope=scope,
            expires_ms=expires_ms,
            now_ms=now,
        )
        if json:
            say_json({"key": key, "id": record.id})
            return
        say(key)
        say(f"This is {record.id} of {owner.name}. It is not kept: note it now.")


@keys.command("list")
def list_keys(
    account: Annotated[str, typer.Option(help="An account's name or id.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List an account's keys: id, last four characters, scope and state."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        found = gateway.database.read_now(rows.keys_of, owner.id)
        if json:
            say_json([vars(key) | {"scope": key.scope.value} for key in found])
            return
        for key in found:
            say(f"{key.id}  fg_...{key.hint}  {key.scope.value:<6} {_state(key, now_ms())}")


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="A key's id, key_..., from `framegate keys list`.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """End a key at once and for ever; its tasks go on."""
    with opened(data, config) as gateway:
        if not gateway.database.write_now(rows.revoke_key, key_id, now_ms=now_ms()):
            raise NotFound(f"no key {key_id} that is still good; see: framegate keys list")
        say(f"{key_id} is revoked")


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
            rows.topup, account_id=account.id, amount_micros=micros, now_ms=now_ms()
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


def _state(key: Key, now: int) -> str:
    if key.revoked_ms:
        return "revoked"
    if not key.expires_ms:
        return "good"
    if key.expires_ms <= now:
        return "expired"
    until = datetime.fromtimestamp(key.expires_ms // 1_000, UTC)
    return f"good until {until.strftime('%Y-%m-%dT%H:%M:%SZ')}"


def _amount(text: str, option: str) -> int:
    try:
        return micros_from_decimal(text)
    except ValueError as error:
        raise SettingsInvalid(f"{option}: {error}") from None


def _shown(account: Account) -> dict[str, str | bool]:
    return {
        "account": account.id,
        "name": account.name,
        "unlimited": account.is_unlimited,
        "posted": decimal_from_micros(account.posted_micros),
        "held": decimal_from_micros(account.held_micros),
        "available": decimal_from_micros(account.available_micros),
    }
