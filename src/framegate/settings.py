"""Every setting: read once at the door, checked, frozen, handed down as values.

A value comes from the command line, else the environment (`FRAMEGATE_SECTION_FIELD`), else
`framegate.toml`, else the default here. An unknown key or variable is an error, because a
misspelt limit that is silently ignored is worse than no limit. docs/settings.md has a heading
for each field.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

from framegate.errors import SettingsInvalid
from framegate.setting_words import (
    AMOUNT_PATTERN,
    CURRENCY_PATTERN,
    FACTOR_PATTERN,
    flaw,
    takes,
)

PORT_MAX = 65_535
Port = Annotated[int, Meta(ge=0, le=PORT_MAX)]
Seconds = Annotated[int, Meta(ge=1, le=30 * 86_400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN)]
Factor = Annotated[str, Meta(pattern=FACTOR_PATTERN)]

# Variables that begin like a setting and are none: the client's, the tests' and the crash points'.
NOT_SETTINGS = frozenset(
    {
        "FRAMEGATE_URL",
        "FRAMEGATE_KEY",
        "FRAMEGATE_CONFIG",
        "FRAMEGATE_WEBHOOK_SECRET",
        "FRAMEGATE_TEST_POSTGRES",
        "FRAMEGATE_REQUIRE_BROWSER",
        "FRAMEGATE_CRASH_AT",
        "FRAMEGATE_TEST_BUILD",
        "FRAMEGATE_FAULTS_SEED",
    }
)
PREFIX = "FRAMEGATE_"
FILE = "framegate.toml"
LOCAL: Literal["local"] = "local"


SECRETS = frozenset({"secret", "api_key", "secret_key"})


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of framegate.toml."""

    def __repr__(self) -> str:
        """Every field but the secrets: a traceback or a log line may print this value."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        shown = ", ".join(
            f"{name}={'...' if name in SECRETS and value else repr(value)}"
            for name, value in values.items()
        )
        return f"{type(self).__name__}({shown})"


class ServerSettings(_Section, frozen=True):
    """How the API listens."""

    host: str = "127.0.0.1"
    port: Port = 8787
    public_url: str = ""  # "": http://host:port as it listens.
    header_wait_s: Seconds = 10
    body_wait_s: Seconds = 30
    connections_max: Count = 1_000
    shutdown_wait_s: Seconds = 10


class DataSettings(_Section, frozen=True):
    """Where everything is kept."""

    dir: str = "framegate-data"
    database: str = ""  # "": DIR/framegate.db.
    secret: str = ""  # "": DIR/secret.key, made at first start. 64 hex digits.
    secret_file: str = ""
    write_queue_max: Count = 10_000
    readers: Annotated[int, Meta(ge=1, le=64)] = 2


class OutboundSettings(_Section, frozen=True):
    """What may be reached although it is not public: exact host:port pairs."""

    allow: tuple[str, ...] = ()


class PriceSettings(_Section, frozen=True):
    """The price of one model. Decimal strings, never floats."""

    per_second: Amount = "0.112"
    currency: Annotated[str, Meta(pattern=CURRENCY_PATTERN)] = "USD"
    resolution: dict[str, Factor] = field(default_factory=lambda: {"1080p": "1.5"})
    aspect_ratio: dict[str, Factor] = field(default_factory=dict)


class UpstreamSettings(_Section, frozen=True):
    """One place where the work is done."""

    kind: Literal["local", "kling"]
    base_url: str = ""
    path_prefix: Literal["", "/kling"] = ""
    api_key: str = ""
    api_key_file: str = ""
    access_key: str = ""  # With secret_key: Kling's older login, for its older paths alone.
    secret_key: str = ""
    secret_key_file: str = ""
    weight: Annotated[int, Meta(ge=0, le=1_000)] = 1  # Its share of the pool; 0: stands by.
    concurrency: Annotated[int, Meta(ge=0, le=1_000_000)] = 0  # 0: as many tasks as come.
    unit_price: Amount = "0"  # What one unit of its package costs you; "0": not said.
    queries_per_s: Annotated[int, Meta(ge=1, le=1_000)] = 10  # Up to 20 tasks are asked in one.
    callbacks: Literal["verbatim", "gateway"] = "verbatim"
    external_ids: Literal["verbatim", "scoped"] = "verbatim"
    refuse_fields: tuple[str, ...] = ()  # Top-level fields refused before sending (rule 52).
    submit_wait_s: Seconds = 60
    poll_wait_s: Seconds = 10


class WebhookSettings(_Section, frozen=True):
    """How callbacks are delivered."""

    attempt_wait_s: Annotated[int, Meta(ge=1, le=15)] = 15
    per_host_max: Count = 4


class WorkerSettings(_Section, frozen=True):
    """How much is done at once."""

    renders: Annotated[int, Meta(ge=0, le=256)] = 0  # 0: cores - 1, at least 1.
    tracks: Count = 256
    deliveries: Count = 64
    render_memory_mb: Annotated[int, Meta(ge=256, le=1_048_576)] = 4_096
    render_wait_s: Seconds = 900


class TrackingSettings(_Section, frozen=True):
    """How long a task is waited for."""

    uncertain_release_s: Seconds = 7_200
    deadline_s: Seconds = 86_400


class AuditSettings(_Section, frozen=True):
    """How often every promise is checked."""

    every_s: Annotated[int, Meta(ge=0, le=30 * 86_400)] = 3_600  # 0: never.


class VideoSettings(_Section, frozen=True):
    """How long a stored video is linked and kept."""

    link_s: Seconds = 86_400
    keep_days: Annotated[int, Meta(ge=0, le=36_500)] = 30  # 0: for ever.


class Settings(_Section, frozen=True):
    """All of framegate.toml."""

    server: ServerSettings = ServerSettings()
    data: DataSettings = DataSettings()
    outbound: OutboundSettings = OutboundSettings()
    prices: dict[str, PriceSettings] = field(
        default_factory=lambda: {"kling-3.0-turbo": PriceSettings()}
    )
    upstreams: dict[str, UpstreamSettings] = field(
        default_factory=lambda: {LOCAL: UpstreamSettings(kind=LOCAL)}
    )
    webhooks: WebhookSettings = WebhookSettings()
    worker: WorkerSettings = WorkerSettings()
    tracking: TrackingSettings = TrackingSettings()
    videos: VideoSettings = VideoSettings()
    audit: AuditSettings = AuditSettings()

    @property
    def renders_at_once(self) -> int:
        """The `worker.renders` in force: cores - 1, at least 1, unless it is set."""
        return self.worker.renders or max(1, (os.cpu_count() or 2) - 1)


SECTIONS = tuple(Settings.__struct_fields__)
NAMED_TABLES: dict[str, type[Struct]] = {"prices": PriceSettings, "upstreams": UpstreamSettings}


def load(
    *,
    config: Path | None,
    environment: Mapping[str, str],
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Read, merge and check every setting.

    config       a framegate.toml; None means ./framegate.toml when there is one
    environment  usually os.environ
    overrides    section -> field -> value, from the command line; None values are skipped
    raises       SettingsInvalid naming the setting, the limit and where it came from
    """
    tree = _from_file(config)
    _merge_environment(tree, environment)
    for section, values in (overrides or {}).items():
        given = {name: value for name, value in values.items() if value is not None}
        tree.setdefault(section, {}).update(given)
    _check_fields(tree)
    settings = _with_secret_files(msgspec.convert(tree, Settings, strict=True))
    _check(settings)
    return settings


def origins(*, config: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Where each setting that is no default came from: `server.port` to a path or a variable.

    raises   SettingsInvalid as `load`
    """
    found = dict.fromkeys(_named(_from_file(config)), str(config or Path(FILE)))
    for variable, text in environment.items():
        alone: dict[str, Any] = {}
        _merge_environment(alone, {variable: text})
        found |= dict.fromkeys(_named(alone), variable)
    return found


def _named(tree: Mapping[str, Any]) -> list[str]:
    """The full name of every field in a tree."""
    names = []
    for section, table in tree.items():
        tables = {section: table}
        if section in NAMED_TABLES:
            tables = {f"{section}.{name}": entry for name, entry in table.items()}
        names += [f"{place}.{name}" for place, entry in tables.items() for name in entry]
    return names


def _from_file(config: Path | None) -> dict[str, Any]:
    path = config or Path(FILE)
    if config is None and not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text, parse_float=_float_refuser(path))
    except OSError as error:
        raise SettingsInvalid(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path} is not valid TOML: {error}") from None
    _check_tables(path, tree)
    return tree


def _check_tables(path: Path, tree: dict[str, Any]) -> None:
    # The environment and the command line write into these tables before anything is converted.
    tables = {name: tree[name] for name in SECTIONS if name in tree}
    for section in NAMED_TABLES:
        entries = tables.get(section)
        if isinstance(entries, dict):
            tables |= {f"{section}.{name}": entry for name, entry in entries.items()}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsInvalid(f"{path}: {name} must be a table")


def _check_fields(tree: Mapping[str, Any]) -> None:
    # One field at a time, in the words of `setting_words`: msgspec's own sentence calls every
    # table that has a name of its own `[...]`, and shows a pattern where a reader wants an example.
    for section, table in tree.items():
        if section not in SECTIONS:
            raise SettingsInvalid(f"{section} is not a setting; sections: {', '.join(SECTIONS)}")
        if section in NAMED_TABLES:
            for name, entry in table.items():
                _check_table(f"{section}.{name}", entry, NAMED_TABLES[section])
        else:
            _check_table(section, table, _section_type(section))


def _check_table(place: str, table: Mapping[str, Any], kind: type[Struct]) -> None:
    fields = {entry.name: entry for entry in msgspec.structs.fields(kind)}
    for name, value in table.items():
        if name not in fields:
            names = ", ".join(fields)
            raise SettingsInvalid(f"{place}.{name} is not a setting; {place} takes {names}")
        wrong = flaw(value, fields[name].type, is_secret=name in SECRETS)
        if wrong:
            raise SettingsInvalid(f"{place}.{name} {wrong}")
    for name, entry in fields.items():
        if entry.required and name not in table:
            raise SettingsInvalid(f"{place}.{name} is missing; it is {takes(entry.type)}")


def _float_refuser(path: Path) -> Any:
    def refuse(text: str) -> Decimal:
        # Money and factors are strings: a binary float has already lost the cent it stood for.
        raise SettingsInvalid(f'{path}: write {text} as a string, "{text}"')

    return refuse


def _merge_environment(tree: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        section, _, rest = name.removeprefix(PREFIX).lower().partition("_")
        if section not in SECTIONS or not rest:
            raise SettingsInvalid(f"{name} is not a setting; sections: {', '.join(SECTIONS)}")
        if section == "prices":
            raise SettingsInvalid(f"{name}: prices are set in framegate.toml only")
        target, kind, key = tree.setdefault(section, {}), _section_type(section), rest
        if section == "upstreams":
            upstream, key = _upstream_and_field(name, rest)
            target, kind = target.setdefault(upstream, {}), UpstreamSettings
        target[key] = _from_text(name, environment[name], kind, key)


def _section_type(section: str) -> type[Struct]:
    kind = Settings.__annotations__[section]
    return kind if isinstance(kind, type) else Settings


def _upstream_and_field(name: str, rest: str) -> tuple[str, str]:
    # Both the upstream's name and the field may hold an underscore: the longest field wins.
    for key in sorted(UpstreamSettings.__struct_fields__, key=len, reverse=True):
        if rest.endswith(f"_{key}"):
            return rest.removesuffix(f"_{key}"), key
    raise SettingsInvalid(f"{name} is not a setting; it names no field of an upstream")


def _from_text(name: str, text: str, kind: type[Struct], key: str) -> Any:
    fields = {entry.name: entry.type for entry in msgspec.structs.fields(kind)}
    if key not in fields:
        raise SettingsInvalid(f"{name} is not a setting; fields: {', '.join(fields)}")
    if fields[key] == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return msgspec.convert(text, fields[key], strict=False)
    except msgspec.ValidationError:
        raise SettingsInvalid(f"{name} {flaw(text, fields[key])}") from None


def _with_secret_files(settings: Settings) -> Settings:
    data = settings.data
    if data.secret_file:
        data = msgspec.structs.replace(data, secret=_secret(data.secret_file, "data.secret_file"))
    upstreams = {
        name: _with_secrets(name, upstream) for name, upstream in settings.upstreams.items()
    }
    return msgspec.structs.replace(settings, data=data, upstreams=upstreams)


def _with_secrets(name: str, upstream: UpstreamSettings) -> UpstreamSettings:
    files = {"api_key": upstream.api_key_file, "secret_key": upstream.secret_key_file}
    secrets = {
        field: _secret(path, f"upstreams.{name}.{field}_file")
        for field, path in files.items()
        if path
    }
    return msgspec.structs.replace(upstream, **secrets)


def _secret(path: str, setting: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsInvalid(f"{setting}: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsInvalid(f"{setting}: {path} is not a text file") from None
    if not secret:
        # An empty secret means "make one": a file that was emptied must not change every link.
        raise SettingsInvalid(f"{setting}: {path} is empty")
    return secret


def _check(settings: Settings) -> None:
    currencies = {prices.currency for prices in settings.prices.values()}
    if len(currencies) > 1:
        raise SettingsInvalid(f"prices: one gateway has one currency; got {sorted(currencies)}")
    if not settings.upstreams:
        raise SettingsInvalid("upstreams: at least one is needed")
    addresses = {"server.public_url": settings.server.public_url}
    for name, upstream in settings.upstreams.items():
        if upstream.kind == "kling":
            _check_kling(name, upstream)
        addresses[f"upstreams.{name}.base_url"] = upstream.base_url
    for setting, address in addresses.items():
        if address and not _is_address(address):
            raise SettingsInvalid(f"{setting} must begin with http:// or https:// and name a host")
    for pair in settings.outbound.allow:
        if not _ALLOWED_PAIR.fullmatch(pair) or int(pair.rpartition(":")[2]) > PORT_MAX:
            raise SettingsInvalid(f"outbound.allow takes host:port pairs; got {pair!r}")


def _check_kling(name: str, upstream: UpstreamSettings) -> None:
    if bool(upstream.access_key) != bool(upstream.secret_key):
        raise SettingsInvalid(f"upstreams.{name}: access_key and secret_key come together")
    if upstream.access_key and not upstream.api_key:
        # The vendor answers 401/1002 to the pair on every path that has the model in it.
        raise SettingsInvalid(
            f"upstreams.{name}: access_key and secret_key alone cannot create kling-3.0-turbo "
            "tasks; set api_key too (the pair is good for the account's costs)"
        )
    if not (upstream.base_url and upstream.api_key):
        raise SettingsInvalid(f"upstreams.{name}: kind kling needs base_url and api_key")


_ALLOWED_PAIR = re.compile(r"[^\s/]+:[0-9]{1,5}")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
