import os

import msgspec
import pytest

from framegate.errors import SettingsInvalid
from framegate.settings import PriceSettings, Settings, UpstreamSettings, load, origins

DEFAULTS = {
    "server": {
        "host": "127.0.0.1",
        "port": 8787,
        "public_url": "",
        "header_wait_s": 10,
        "body_wait_s": 30,
        "connections_max": 1_000,
        "shutdown_wait_s": 10,
    },
    "data": {
        "dir": "framegate-data",
        "database": "",
        "secret": "",
        "secret_file": "",
        "write_queue_max": 10_000,
        "readers": 2,
    },
    "outbound": {"allow": ()},
    "prices": {
        "kling-3.0-turbo": {
            "per_second": "0.112",
            "currency": "USD",
            "resolution": {"1080p": "1.5"},
            "aspect_ratio": {},
        }
    },
    "upstreams": {
        "local": {
            "kind": "local",
            "base_url": "",
            "path_prefix": "",
            "api_key": "",
            "api_key_file": "",
            "access_key": "",
            "secret_key": "",
            "secret_key_file": "",
            "weight": 1,
            "concurrency": 0,
            "unit_price": "0",
            "queries_per_s": 10,
            "callbacks": "verbatim",
            "external_ids": "verbatim",
            "refuse_fields": (),
            "submit_wait_s": 60,
            "poll_wait_s": 10,
        }
    },
    "webhooks": {"attempt_wait_s": 15, "per_host_max": 4},
    "worker": {
        "renders": 0,
        "tracks": 256,
        "deliveries": 64,
        "render_memory_mb": 4_096,
        "render_wait_s": 900,
    },
    "tracking": {"uncertain_release_s": 7_200, "deadline_s": 86_400},
    "videos": {"link_s": 86_400, "keep_days": 30},
    "audit": {"every_s": 3_600},
    "observability": {"traces": False},
}
KLING = """
[upstreams.kling]
kind = "kling"
base_url = "https://kling.example"
api_key = "api-key-kling-1"
"""


@pytest.fixture
def read(tmp_path):
    def read_text(toml="", *, environment=None, overrides=None):
        config = tmp_path / "framegate.toml"
        config.write_text(toml, encoding="utf-8")
        return load(config=config, environment=environment or {}, overrides=overrides)

    return read_text


# --- where a value comes from -----------------------------------------------------------------


def test_defaults_are_the_documented_ones(read):
    assert msgspec.to_builtins(read(), builtin_types=(tuple,)) == DEFAULTS


def test_file_in_the_current_folder_is_read_without_being_named(tmp_path, monkeypatch):
    (tmp_path / "framegate.toml").write_text("[server]\nport = 1")
    monkeypatch.chdir(tmp_path)

    assert load(config=None, environment={}).server.port == 1


def test_no_file_at_all_is_fine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert load(config=None, environment={}) == Settings()


def test_environment_outweighs_the_file_and_the_command_line_both(read):
    toml, environment = "[server]\nport = 1\nhost = 'a'", {"FRAMEGATE_SERVER_PORT": "2"}

    assert read(toml, environment=environment).server.port == 2
    overridden = read(toml, environment=environment, overrides={"server": {"port": 3}})
    assert (overridden.server.port, overridden.server.host) == (3, "a")


def test_option_that_was_not_given_overrides_nothing(read):
    overrides = {"server": {"port": None}, "data": {"dir": None}}

    assert read("[server]\nport = 1", overrides=overrides).server.port == 1


def test_environment_reads_numbers_and_lists(read):
    environment = {
        "FRAMEGATE_VIDEOS_KEEP_DAYS": "0",
        "FRAMEGATE_OUTBOUND_ALLOW": "127.0.0.1:18999, [::1]:80,",
    }

    settings = read(environment=environment)

    assert settings.videos.keep_days == 0
    assert settings.outbound.allow == ("127.0.0.1:18999", "[::1]:80")


@pytest.mark.parametrize(("text", "is_on"), [("true", True), ("1", True), ("false", False)])
def test_environment_reads_yes_and_no(read, text, is_on):
    settings = read(environment={"FRAMEGATE_OBSERVABILITY_TRACES": text})
    assert settings.observability.traces is is_on


def test_environment_makes_and_changes_an_upstream(read):
    environment = {
        "FRAMEGATE_UPSTREAMS_FAR_AWAY_KIND": "kling",
        "FRAMEGATE_UPSTREAMS_FAR_AWAY_BASE_URL": "https://far.example",
        "FRAMEGATE_UPSTREAMS_FAR_AWAY_API_KEY": "k",
        "FRAMEGATE_UPSTREAMS_KLING_POLL_WAIT_S": "3",
    }

    upstreams = read(KLING, environment=environment).upstreams

    assert set(upstreams) == {"kling", "far_away"}
    assert upstreams["far_away"].base_url == "https://far.example"
    assert upstreams["kling"].poll_wait_s == 3


@pytest.mark.parametrize(
    "name",
    [
        "FRAMEGATE_URL",
        "FRAMEGATE_KEY",
        "FRAMEGATE_CONFIG",
        "FRAMEGATE_TEST_POSTGRES",
        "FRAMEGATE_REQUIRE_BROWSER",
        "FRAMEGATE_CRASH_AT",
        "PATH",
    ],
)
def test_variable_of_somebody_else_is_left_alone(read, name):
    assert read(environment={name: "anything"}) == Settings()


def test_renders_follow_the_cores_unless_they_are_set(read):
    assert read().renders_at_once == max(1, (os.cpu_count() or 2) - 1)
    assert read("[worker]\nrenders = 7").renders_at_once == 7


# --- what is refused, and in which words ------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[serve]", ["serve is not a setting; sections: server, data"]),
        ("[server]\nprot = 1", ["server.prot is not a setting; server takes host, port"]),
        (
            "[upstreams.local]\nkind = 'local'\ncolour = 2",
            ["upstreams.local.colour is not a setting; upstreams.local takes kind"],
        ),
        (
            "[upstreams.other]\nkind = 'other'",
            ['upstreams.other.kind must be one of "kling", "local"; got "other"'],
        ),
        ("[upstreams.other]", ['upstreams.other.kind is missing; it is one of "kling", "local"']),
        (
            "[server]\nport = '8787'",
            ['server.port must be a whole number from 0 to 65535; got "8787"'],
        ),
        ("[server]\nport = true", ["server.port must be a whole number", "; got true"]),
        ("[server]\nport = 65536", ["to 65535; got 65536"]),
        ("[server]\nhost = 1979-05-27", ["server.host must be a string; got a date or a time"]),
        ("[outbound]\nallow = 'a:1'", ['outbound.allow must be a list of strings; got "a:1"']),
        ("[outbound]\nallow = {a = 1}", ['outbound.allow must be a list of strings; got {"a": 1}']),
        ("server = 1", ["framegate.toml: server must be a table"]),
        ("[server]\nport = 8787.0", ["framegate.toml", '"8787.0"']),
        ("[prices.m]\nper_second = 0.112", ["framegate.toml", 'as a string, "0.112"']),
        (
            "[prices.m]\nper_second = 1",
            ['prices.m.per_second must be a string such as "0.112"', "; got 1"],
        ),
        ("[prices.m]\nper_second = 'free'", ["per_second"]),
        ("[prices.m]\nper_second = '-1'", ["per_second"]),
        ("[prices.m]\nper_second = '0.1234567'", ["per_second"]),
        (
            "[prices.m]\nresolution = {1080p = '1.2345'}",
            ['prices.m.resolution must be a table; each value is a string such as "1.5"'],
        ),
        (
            "[prices.m]\ncurrency = 'usd'",
            ['prices.m.currency must be three capitals such as "USD"; got "usd"'],
        ),
        ("[prices.a]\ncurrency = 'USD'\n[prices.b]\ncurrency = 'CNY'", ["one currency", "CNY"]),
        ("upstreams = {}", ["upstreams: at least one is needed"]),
        ("[upstreams.k]\nkind = 'kling'", ["upstreams.k", "base_url and api_key"]),
        (KLING.replace("https://", ""), ["upstreams.kling.base_url", "http"]),
        ("[server]\npublic_url = 'gw.example.com'", ["server.public_url", "http"]),
        ("[server]\npublic_url = 'https://'", ["server.public_url", "http"]),
        ("[server]\npublic_url = 'http://[::1'", ["server.public_url", "http"]),
        ("[server]\npublic_url = 'http://a:99999'", ["server.public_url", "http"]),
        ("[outbound]\nallow = ['127.0.0.1']", ["outbound.allow", "'127.0.0.1'"]),
        ("[outbound]\nallow = ['a:http']", ["outbound.allow", "'a:http'"]),
        ("[outbound]\nallow = ['a:65536']", ["outbound.allow", "'a:65536'"]),
        ("[outbound]\nallow = ['a:\u00b2']", ["outbound.allow"]),
        ("[server\nport = 1", ["framegate.toml is not valid TOML", "line 1"]),
        ("[server]\nport = 1\nport = 2", ["framegate.toml is not valid TOML"]),
    ],
)
def test_wrong_file_is_refused_by_the_name_of_what_is_wrong(read, toml, words):
    with pytest.raises(SettingsInvalid) as refusal:
        read(toml)
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("FRAMEGATE_SERVE_PORT", "1", ["sections: server, data"]),
        ("FRAMEGATE_SERVER", "1", ["sections:"]),
        ("FRAMEGATE_", "1", ["sections:"]),
        ("FRAMEGATE_SERVER_PROT", "1", ["fields: host, port"]),
        ("FRAMEGATE_SERVER_PORT", "http", ["a whole number from 0 to 65535", 'got "http"']),
        ("FRAMEGATE_SERVER_PORT", "65536", ["65535"]),
        ("FRAMEGATE_SERVER_PORT", "8787.5", ["a whole number"]),
        ("FRAMEGATE_OBSERVABILITY_TRACES", "otlp", ["must be true or false", 'got "otlp"']),
        ("FRAMEGATE_PRICES_M_PER_SECOND", "1", ["framegate.toml only"]),
        ("FRAMEGATE_UPSTREAMS_KLING_COLOUR", "1", ["names no field of an upstream"]),
        ("FRAMEGATE_UPSTREAMS_API_KEY", "1", ["names no field of an upstream"]),
    ],
)
def test_wrong_variable_is_refused_by_its_name(read, name, text, words):
    with pytest.raises(SettingsInvalid) as refusal:
        read(environment={name: text})
    for word in [name, *words]:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("toml", "environment", "overrides"),
    [
        ("server = 1", {"FRAMEGATE_SERVER_PORT": "2"}, None),
        ("server = 1", {}, {"server": {"port": 2}}),
        ("upstreams = 1", {"FRAMEGATE_UPSTREAMS_KLING_API_KEY": "k"}, None),
        ("upstreams = {kling = 1}", {"FRAMEGATE_UPSTREAMS_KLING_API_KEY": "k"}, None),
        ("[[server]]\nport = 1", {"FRAMEGATE_SERVER_PORT": "2"}, None),
    ],
)
def test_value_where_a_table_belongs_is_refused_also_when_something_joins_it(
    read, toml, environment, overrides
):
    with pytest.raises(SettingsInvalid, match="must be a table"):
        read(toml, environment=environment, overrides=overrides)


def test_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"missing\.toml cannot be read"):
        load(config=tmp_path / "missing.toml", environment={})


def test_file_that_is_no_text_is_refused(tmp_path):
    config = tmp_path / "framegate.toml"
    config.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsInvalid, match="is not valid TOML"):
        load(config=config, environment={})


# --- bounds: just inside, just outside --------------------------------------------------------

BOUNDS = [
    ("server", "port", 0, 65_535),
    ("server", "header_wait_s", 1, 2_592_000),
    ("server", "body_wait_s", 1, 2_592_000),
    ("server", "connections_max", 1, 1_000_000),
    ("server", "shutdown_wait_s", 1, 2_592_000),
    ("data", "write_queue_max", 1, 1_000_000),
    ("data", "readers", 1, 64),
    ("webhooks", "attempt_wait_s", 1, 15),
    ("webhooks", "per_host_max", 1, 1_000_000),
    ("worker", "renders", 0, 256),
    ("worker", "tracks", 1, 1_000_000),
    ("worker", "deliveries", 1, 1_000_000),
    ("worker", "render_memory_mb", 256, 1_048_576),
    ("worker", "render_wait_s", 1, 2_592_000),
    ("tracking", "uncertain_release_s", 1, 2_592_000),
    ("tracking", "deadline_s", 1, 2_592_000),
    ("videos", "link_s", 1, 2_592_000),
    ("videos", "keep_days", 0, 36_500),
    ("audit", "every_s", 0, 2_592_000),
]


@pytest.mark.parametrize(("section", "field", "least", "most"), BOUNDS)
def test_number_is_taken_to_its_bounds_and_not_beyond(read, section, field, least, most):
    for inside in (least, most):
        read(f"[{section}]\n{field} = {inside}")
    for outside in (least - 1, most + 1):
        with pytest.raises(SettingsInvalid, match=field):
            read(f"[{section}]\n{field} = {outside}")


def test_every_number_is_bounded():
    """Whatever can grow has a named maximum; a new number comes with its row above."""
    numbers = {
        (section.name, entry.name)
        for section in msgspec.structs.fields(Settings)
        if isinstance(section.type, type)
        for entry in msgspec.structs.fields(section.type)
        if isinstance(entry.default, int) and not isinstance(entry.default, bool)
    }

    assert numbers == {(section, field) for section, field, _, _ in BOUNDS}


# --- secrets ----------------------------------------------------------------------------------


def test_secrets_are_read_from_files_without_their_last_line_break(read, tmp_path):
    for name in ("master", "key"):
        (tmp_path / name).write_text(f"{name}-secret\n")
    upstream = KLING.replace("api_key =", f"api_key_file = '{tmp_path}/key' #")

    settings = read(f"[data]\nsecret_file = '{tmp_path}/master'\n{upstream}")

    assert settings.data.secret == "master-secret"
    assert settings.upstreams["kling"].api_key == "key-secret"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_secret_file_that_holds_no_secret_is_refused(read, tmp_path, content):
    """An empty file must not quietly mean another secret."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsInvalid, match=r"data\.secret_file: .*secret"):
        read(f"[data]\nsecret_file = '{path}'")


def test_settings_show_no_secret_when_they_are_printed(read):
    """A traceback with locals or a log line may print them."""
    settings = read(f"[data]\nsecret = '{'5e' * 32}'\n{KLING}")

    assert "5e5e" not in repr(settings)
    assert "api-key-kling-1" not in repr(settings)
    assert "https://kling.example" in repr(settings)


def test_secret_of_the_wrong_type_is_refused_without_being_repeated(read):
    """A key of digits that lost its quotes is still a key."""
    with pytest.raises(SettingsInvalid, match=r"upstreams\.k\.api_key must be a string") as refusal:
        read("[upstreams.k]\nkind = 'kling'\napi_key = 9018273645")

    assert "9018273645" not in str(refusal.value)


def test_unset_secret_is_shown_as_unset():
    assert "api_key=''" in repr(UpstreamSettings(kind="local"))


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        PriceSettings().per_second = "0"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('access_key = "a"', "access_key and secret_key come together"),
        ('secret_key = "s"\napi_key = "k"', "access_key and secret_key come together"),
        ('access_key = "a"\nsecret_key = "s"', "alone cannot create kling-3.0-turbo tasks"),
    ],
)
def test_login_that_cannot_create_is_told_at_start(tmp_path, lines, words):
    """The vendor answers 401/1002 to the key pair on every path that has the model in it."""
    config = tmp_path / "framegate.toml"
    config.write_text(f'[upstreams.k]\nkind = "kling"\nbase_url = "https://x.example"\n{lines}\n')

    with pytest.raises(SettingsInvalid, match=f"upstreams.k: .*{words}"):
        load(config=config, environment={})


def test_origin_of_a_setting_is_its_file_or_its_variable(tmp_path):
    config = tmp_path / "own.toml"
    config.write_text('[server]\nport = 1\nhost = "a"\n[upstreams.x_y]\nkind = "local"\n')
    environment = {
        "FRAMEGATE_SERVER_PORT": "2",
        "FRAMEGATE_UPSTREAMS_X_Y_WEIGHT": "3",
        "FRAMEGATE_URL": "http://gate.example",
        "HOME": "/",
    }
    assert origins(config=config, environment=environment) == {
        "server.host": str(config),
        "server.port": "FRAMEGATE_SERVER_PORT",
        "upstreams.x_y.kind": str(config),
        "upstreams.x_y.weight": "FRAMEGATE_UPSTREAMS_X_Y_WEIGHT",
    }


def test_origins_of_a_wrong_setting_are_refused_as_a_load_is():
    with pytest.raises(SettingsInvalid, match="FRAMEGATE_SERVER_PROT is not a setting"):
        origins(config=None, environment={"FRAMEGATE_SERVER_PROT": "1"})
