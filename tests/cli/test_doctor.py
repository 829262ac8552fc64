"""`framegate doctor`: each ill of a machine is found and given a remedy; nothing is changed."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import deque
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from fakes.scripted_server import ScriptedServer, success
from fakes.serving import serving
from framegate.cli.doctor import FREE_BYTES_LOW, FREE_BYTES_MIN, disk_with
from framegate.gateway import Gateway
from framegate.settings import Settings
from framegate.web.app import app
from framegate.web.server import listen


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEGATE_SERVER_PORT", "0")


@pytest.fixture
def prepared(shell):
    """A data folder after its first command."""
    shell.json("accounts", "create", "acme")
    return shell.folder


def found(shell, what, *words):
    """What one look found, and the exit status."""
    done = shell.bare("doctor", "--data", str(shell.folder), "--json", *words)
    findings = {each["what"]: each for each in json.loads(done.stdout)["findings"]}
    return findings[what], done.exit_code


def test_before_the_first_start_all_is_well_and_nothing_is_made(shell, tmp_path):
    done = shell("doctor")
    assert done.exit_code == 0, done.output
    words = [line.split()[:2] for line in done.stdout.splitlines()]
    machine = ("data", "disk", "port", "clock", "codecs", "browser")
    assert words == [["ok", each] for each in (*machine, "database", "upstream")]
    assert not shell.folder.exists()


def test_folder_in_use_is_left_as_it_was(shell, prepared):
    before = {path: path.read_bytes() for path in prepared.glob("*.key")}
    finding, status = found(shell, "database")
    assert (status, finding["says"].endswith("the newest")) == (0, True)
    assert {path: path.read_bytes() for path in prepared.glob("*.key")} == before


@pytest.mark.parametrize(
    ("free", "state"),
    [(FREE_BYTES_LOW, "ok"), (FREE_BYTES_LOW - 1, "warn"), (FREE_BYTES_MIN, "warn"),
     (FREE_BYTES_MIN - 1, "BAD"), (0, "BAD")],
)  # fmt: skip
def test_disk_that_fills_up_is_found_before_it_is_full(free, state):
    finding = disk_with(free, Path("/data"))
    assert finding.state == state
    assert ("videos.keep_days" in finding.next_step) == (state != "ok")


def test_port_that_another_program_has_is_found(shell, monkeypatch):
    with serving(ScriptedServer(deque([success({"name": "other"})])).app()) as url:
        monkeypatch.setenv("FRAMEGATE_SERVER_PORT", url.rpartition(":")[2])
        finding, status = found(shell, "port")
    assert (finding["state"], status) == ("BAD", 1)
    assert "another --port" in finding["next_step"]


def test_gateway_that_answers_there_is_no_trouble(shell, monkeypatch, opened_gateway):
    with serving(app(opened_gateway)) as url:
        monkeypatch.setenv("FRAMEGATE_SERVER_PORT", url.rpartition(":")[2])
        finding, status = found(shell, "port")
    assert (finding["state"], status) == ("ok", 0)
    assert "framegate" in finding["says"]


@pytest.fixture
def opened_gateway(tmp_path):
    gateway = Gateway.open(msgspec.convert({"data": {"dir": str(tmp_path / "g")}}, Settings))
    yield gateway
    gateway.database.close_now()


def test_key_that_others_may_read_is_found(shell, prepared):
    (prepared / "secret.key").chmod(0o644)
    finding, status = found(shell, "data")
    assert (finding["state"], status) == ("warn", 0)
    assert finding["next_step"] == f"chmod 600 {prepared}/secret.key"


def test_clock_behind_the_last_write_is_found(shell, prepared):
    path = prepared / "framegate.db"
    os.utime(path, (4_000_000_000, 4_000_000_000))
    finding, status = found(shell, "clock")
    assert (finding["state"], status) == ("BAD", 1)


def test_database_of_a_newer_version_and_one_that_is_none_are_found(shell, prepared):
    path = prepared / "framegate.db"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    finding, status = found(shell, "database")
    assert (finding["state"], status) == ("BAD", 1)
    assert "newer framegate" in finding["says"]
    path.write_bytes(b"no database" * 1_000)
    finding, status = found(shell, "database")
    assert (finding["state"], status) == ("BAD", 1)
    assert "restore it from a backup" in finding["next_step"]


def test_upstream_that_does_not_answer_is_found(shell, prepared, tmp_path):
    config = tmp_path / "kling.toml"
    config.write_text(
        '[upstreams.kling]\nkind = "kling"\nbase_url = "http://127.0.0.1:9"\n'
        'api_key = "api-key-1"\n'
    )
    finding, status = found(shell, "upstream", "--config", str(config))
    assert (finding["state"], status) == ("BAD", 1)
    assert "upstreams.kling.base_url" in finding["next_step"]
    assert "api-key-1" not in str(finding)


def test_port_is_given_back_after_the_look(shell, monkeypatch):
    listener = listen("127.0.0.1", 0)
    listener.socket.close()
    monkeypatch.setenv("FRAMEGATE_SERVER_PORT", str(listener.port))
    assert found(shell, "port")[0]["state"] == "ok"
    assert found(shell, "port")[0]["state"] == "ok"


@pytest.mark.parametrize(("browser", "words"), [("true %s", "one is here"), ("", "none here")])
def test_a_machine_without_a_browser_is_well_and_told_where_to_look(
    shell, tmp_path, browser, words
):
    done = subprocess.run(
        [sys.executable, "-m", "framegate", "doctor", "--data", str(shell.folder), "--json"],
        env={"PATH": str(tmp_path), "BROWSER": browser, "FRAMEGATE_SERVER_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    (found,) = (each for each in json.loads(done.stdout)["findings"] if each["what"] == "browser")
    assert (found["state"], words in found["says"]) == ("ok", True)


def test_people_read_it_in_their_language_and_programs_in_english(shell, prepared, monkeypatch):
    english = json.loads(shell("doctor", "--json").stdout)["findings"]
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    shown = shell("doctor").stdout
    rest = re.sub(
        r"`[^`]*`|generate --open|framegate\S*|[a-z]+:|/\S+|H\.264|MP4|GB|UTC|local|tmp\S*",
        "",
        shown,
    )
    assert re.findall("[A-Za-z]{2,}", rest) == []
    assert [line.split()[:2] for line in shown.splitlines()] == [
        ["正常", each]
        for each in (*("数据目录", "磁盘", "端口", "时钟", "编解码器", "浏览器", "数据库", "上游"),)
    ]
    assert "在本机渲染" in shown
    found = json.loads(shell("doctor", "--json").stdout)["findings"]
    assert [{**each, "says": ""} for each in found] == [{**each, "says": ""} for each in english]
    assert not re.findall("[\u3000-\u9fff]", json.dumps(found, ensure_ascii=False))


def test_what_to_do_is_chinese_too(shell, prepared, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    (prepared / "framegate.db").write_bytes(b"no database" * 1_000)
    lines = shell("doctor").stdout.splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("错误"))
    assert "不能作为数据库读取：文件不是数据库" in lines[place]
    assert lines[place + 1].strip() == "下一步：用备份恢复"
    # Below each other, though the words above take two cells a character.
    assert cell_len(lines[place].partition("/")[0]) == len(lines[place + 1]) - len(
        "下一步：用备份恢复"
    )
