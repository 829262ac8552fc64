"""`framegate keys`: an operator's commands on the keys of a data folder."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from framegate.cli.accounts import InFlightOption, RateOption, named, opened, wished
from framegate.cli.language import _, marked
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.terminal import printable, say, say_json
from framegate.desk.keys import key_shown
from framegate.domain.key_wish import judge_key_wish
from framegate.domain.ledger import Key, Scope
from framegate.domain.limits import KEY_FIELDS, judge_changes
from framegate.errors import NotFound, SettingsInvalid
from framegate.flows import issue
from framegate.gateway import new_key, now_ms
from framegate.store import keys as rows

keys = typer.Typer(no_args_is_help=True, help="API keys: make, list, limit and revoke them.")

AccountOption = Annotated[str, typer.Option(help="An account's name or id.")]
KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="A key's id, key_..., from `framegate keys list`.")
]
BudgetOption = Annotated[
    str | None,
    typer.Option(help="What its tasks may cost together, such as 25.5; `none` lifts the limit."),
]

UNNAMED = marked("unnamed")
_SPAN = re.compile(r"([0-9]{1,6})([dh])", re.ASCII)
_HOURS = {"h": 1, "d": 24}


@keys.command("create")
def create(
    account: AccountOption,
    name: Annotated[str, typer.Option(help="What you call it.")] = "",
    scope: Annotated[
        Scope, typer.Option(help="full: create and query; read: query only; admin: an operator's.")
    ] = Scope.FULL,
    rate: RateOption = None,
    in_flight: InFlightOption = None,
    budget: BudgetOption = None,
    expires: Annotated[
        str | None,
        typer.Option(help="When it ends: 30d, 12h, or a date such as 2027-01-31 (UTC)."),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make another key; it is shown this once."""
    with opened(data, config) as gateway:
        key, now = new_key(), now_ms()
        owner = gateway.database.read_now(named, account)
        wish = judge_key_wish(
            {
                # At a terminal a name may be left out: `keys list` has the id beside it.
                "name": name or UNNAMED,
                "account": owner.id,
                "scope": scope.value,
                "expires_at": _expires_ms(expires, now) if expires else None,
                **wished(rate=rate, in_flight=in_flight, budget=budget),
            },
            now_ms=now,
        )
        made = gateway.database.write_now(
            issue.issue, None, wish if name else replace(wish, name=""), key=key, now_ms=now
        )
        if json:
            say_json({"key": key, **key_shown(made, now_ms=now)})
            return
        say(key)
        owner_name = printable(owner.name)
        say(_("This is {id} of {name}. It is not kept: note it now.", id=made.id, name=owner_name))


@keys.command("list")
def listed(
    account: AccountOption,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List an account's keys: id, last four characters, scope, state, limits and use."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        found = gateway.database.read_now(rows.of_account, owner.id)
        shown = [key_shown(key, now_ms=now_ms()) for key in found]
        if json:
            say_json(shown)
            return
        for key, each in zip(found, shown, strict=True):
            # No table: it would cut the ids, which are there to be copied.
            say(f"{key.id}  {each['hint']}  {key.scope.value:<6} {_state(key)}")
            name = printable(key.name) or _(UNNAMED)
            say("    " + _("{name}: {used}", name=name, used=used(each)))


@keys.command("limit")
def limit(
    key_id: KeyArgument,
    rate: RateOption = None,
    in_flight: InFlightOption = None,
    budget: BudgetOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Change what a key may use, at once; what is not named stays as it is."""
    with opened(data, config) as gateway:
        asked = wished(rate=rate, in_flight=in_flight, budget=budget)
        if not asked:
            raise SettingsInvalid(_("name at least one of --rate, --in-flight, --budget"))
        changes = judge_changes(asked, KEY_FIELDS)
        try:
            changed = gateway.database.write_now(issue.limit, None, key_id, changes)
        except NotFound:
            raise NotFound(_("no key {id}; see: framegate keys list", id=key_id)) from None
        shown = key_shown(changed, now_ms=now_ms())
        if json:
            say_json(shown)
            return
        say(_("{name}: {used}", name=key_id, used=used(shown)))


@keys.command("revoke")
def revoke(
    key_id: KeyArgument,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """End a key at once and for ever; its tasks go on."""
    with opened(data, config) as gateway:
        if not gateway.database.write_now(rows.revoke, key_id, now_ms=now_ms()):
            raise NotFound(_("no key {id} that is still good; see: framegate keys list", id=key_id))
        say(_("{id} is revoked", id=key_id))


def _state(key: Key) -> str:
    if key.revoked_ms:
        return _("revoked")
    if not key.expires_ms:
        return _("good")
    if key.expires_ms <= now_ms():
        return _("expired")
    return _("good until {time}", time=_time(key.expires_ms))


def used(shown: dict[str, Any]) -> str:
    """What a key used and may use, on one line."""
    limits = shown["limits"]
    last = _time(shown["last_used_at"]) if shown["last_used_at"] else _("never")
    facts = [
        _("spent {amount}", amount=_of(shown["spent"], limits["budget"])),
        _("{count} in flight", count=_of(shown["in_flight"], limits["in_flight"])),
    ]
    if limits["rate"]:
        facts.append(_("{rate} requests a minute", rate=limits["rate"]))
    return _(", ").join([*facts, _("last used {time}", time=last)])


def _of(value: Any, limit: Any) -> str:
    return _("{value} of {limit}", value=value, limit=limit) if limit else str(value)


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _expires_ms(text: str, now_ms: int) -> int:
    span = _SPAN.fullmatch(text)
    if span is not None:
        return now_ms + int(span[1]) * _HOURS[span[2]] * 3_600_000
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsInvalid(
            _("--expires takes 30d, 12h or a date such as 2027-01-31; got {got!r}", got=text)
        ) from None
    # A date alone, or a time without a zone, is meant in UTC.
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp()) * 1_000
