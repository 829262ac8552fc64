"""Opening a data folder: what is made, what is kept, what is refused."""

import signal
import stat
import subprocess
import sys

import msgspec
import pytest

from framegate.crash import POINTS
from framegate.errors import KeyUnknown, SettingsInvalid
from framegate.gateway import Gateway, price_list
from framegate.settings import PriceSettings, Settings


def settings(folder, **sections):
    sections.setdefault("data", {}).setdefault("dir", str(folder))
    return msgspec.convert(sections, Settings)


@pytest.fixture
async def opened(tmp_path):
    gateway = Gateway.open(settings(tmp_path / "data"))
    yield gateway
    await gateway.close()


async def test_the_first_start_makes_an_admin_key_that_only_the_owner_reads(opened):
    path = opened.folder / "admin.key"
    assert opened.prepare() == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    caller = await opened.authenticate(path.read_text().strip())
    assert (caller.account.name, caller.account.is_unlimited) == ("default", True)
    assert caller.key.scope == "admin"


async def test_the_data_folder_is_made_for_its_owner_alone(opened):
    """Prompts, pictures and videos lie in it, and the hash of every key."""
    assert stat.S_IMODE(opened.folder.stat().st_mode) == 0o700


async def test_a_folder_that_was_there_keeps_its_mode(tmp_path):
    (tmp_path / "data").mkdir(mode=0o750)
    gateway = Gateway.open(settings(tmp_path / "data"))
    await gateway.close()
    assert stat.S_IMODE(gateway.folder.stat().st_mode) == 0o750


async def test_a_second_start_makes_no_second_key(opened):
    opened.prepare()
    before = (opened.folder / "admin.key").read_text()
    assert opened.prepare() is None
    assert (opened.folder / "admin.key").read_text() == before


async def test_the_prices_in_force_are_kept_before_the_first_task_names_them(opened):
    opened.prepare()
    kept = opened.database.read_now(
        lambda tx: tx.exec_driver_sql("SELECT version, terms FROM price_lists").all()
    )
    in_force = opened.submit.prices.values()
    assert kept == [(prices.version, prices.terms()) for prices in in_force]


async def test_a_stranger_is_nobody(opened):
    with pytest.raises(KeyUnknown):
        await opened.authenticate("fg_stranger")


async def test_links_survive_a_restart(tmp_path):
    links = []
    for _ in range(2):
        gateway = Gateway.open(settings(tmp_path))
        links.append(gateway.links.make("videos", "vid_1", now_ms=0))
        await gateway.close()
    assert links[0] == links[1]


async def test_the_master_secret_is_made_once_and_only_the_owner_reads_it(opened):
    path = opened.folder / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(bytes.fromhex(path.read_text())) == 32


@pytest.mark.parametrize("secret", ["short", "g" * 64, "0" * 63])
def test_a_malformed_secret_is_refused_at_start(tmp_path, secret):
    with pytest.raises(SettingsInvalid, match=r"data\.secret must be 64 hexadecimal digits"):
        Gateway.open(settings(tmp_path, data={"secret": secret}))


def test_a_data_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsInvalid, match="cannot be made"):
        Gateway.open(settings(tmp_path / "data"))


def test_another_database_is_refused_by_name(tmp_path):
    with pytest.raises(
        SettingsInvalid, match=r"keeps SQLite only, as sqlite:///PATH; got postgresql:"
    ):
        Gateway.open(settings(tmp_path, data={"database": "postgresql://x"}))


def test_prices_become_whole_numbers():
    prices = price_list("m", PriceSettings(per_second="0.112", resolution={"1080p": "1.25"}))
    assert prices.per_second_micros == 112_000
    assert prices.resolution_permille == {"1080p": 1_250}


async def test_two_upstreams_stand_in_the_operators_order(tmp_path):
    kling = {"kind": "kling", "base_url": "https://x.example", "api_key": "k"}
    gateway = Gateway.open(
        settings(tmp_path, upstreams={"paid": kling, "local": {"kind": "local"}})
    )
    candidates = gateway.submit.candidates("kling-3.0-turbo")
    assert [upstream.name for upstream in candidates] == ["paid", "local"]
    await gateway.close()


@pytest.mark.parametrize(
    ("server", "port", "expected"),
    [
        ({}, None, "http://127.0.0.1:8787"),
        ({"port": 0}, 40_000, "http://127.0.0.1:40000"),
        ({"host": "::"}, None, "http://[::1]:8787"),
        ({"host": "::1"}, None, "http://[::1]:8787"),
        ({"public_url": "https://gw.example.com/"}, 40_000, "https://gw.example.com"),
    ],
)
async def test_links_point_to_where_clients_reach_us(tmp_path, server, port, expected):
    gateway = Gateway.open(settings(tmp_path, server=server), port=port)
    assert gateway.links.public_url == expected
    await gateway.close()


FIRST_START = """
import os, sys, msgspec
from framegate import crash
from framegate.gateway import Gateway
from framegate.settings import Settings
crash.arm(os.environ)
gateway = Gateway.open(msgspec.convert({"data": {"dir": sys.argv[1]}}, Settings))
gateway.prepare()
print(gateway.links.make("videos", "vid_1", now_ms=0))
gateway.database.close_now()
"""


def first_start(folder, **environment):
    """A first start as a process of its own, which says a link."""
    return subprocess.Popen(
        [sys.executable, "-c", FIRST_START, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("point", [each for each in POINTS if each.startswith("first_start")])
async def test_first_start_that_died_leaves_the_next_one_a_good_key(tmp_path, point):
    with first_start(tmp_path, FRAMEGATE_CRASH_AT=point, FRAMEGATE_TEST_BUILD="1") as died:
        assert died.wait() == -signal.SIGKILL

    gateway = Gateway.open(settings(tmp_path))
    gateway.prepare()
    key = (tmp_path / "admin.key").read_text().strip()
    assert (await gateway.authenticate(key)).key.scope == "admin"
    await gateway.close()


async def test_first_starts_at_once_agree_on_the_secret_and_the_key(tmp_path):
    """As `serve --no-work` and `work`, started together on a new folder."""
    starts = [first_start(tmp_path) for _ in range(3)]
    links = {start.communicate()[0] for start in starts}
    assert [start.returncode for start in starts] == [0, 0, 0]

    gateway = Gateway.open(settings(tmp_path))
    key = (tmp_path / "admin.key").read_text().strip()
    assert links == {gateway.links.make("videos", "vid_1", now_ms=0) + "\n"}
    assert (await gateway.authenticate(key)).account.name == "default"
    await gateway.close()


def test_admin_key_file_without_a_key_is_a_clear_error(tmp_path):
    (tmp_path / "admin.key").write_text("")
    gateway = Gateway.open(settings(tmp_path))
    with pytest.raises(SettingsInvalid, match=r"admin\.key holds no key; remove it"):
        gateway.prepare()
    gateway.database.close_now()
