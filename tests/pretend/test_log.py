"""The log is on disk before anybody is answered, whole, and says nothing that is secret."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import httpx2
import pytest

from fakes.vendor import API_KEY, IMAGE, KEY, order
from framegate.pretend.log import Log, LogWriter, sent


@pytest.fixture
def writer(tmp_path):
    opened = LogWriter(tmp_path / "log.jsonl")
    yield opened
    opened.close()


async def test_what_was_written_is_read_in_order(writer):
    await asyncio.gather(*(writer.write({"event": "a", "n": n}) for n in range(50)))
    assert [each["n"] for each in Log(writer.path).records("a")] == list(range(50))


async def test_writers_that_wait_together_share_a_sync(writer, monkeypatch):
    syncs = []
    monkeypatch.setattr(os, "fsync", syncs.append)
    await asyncio.gather(*(writer.write({"event": "a"}) for _ in range(50)))
    assert 1 <= len(syncs) <= 3


def test_exact_bytes_come_back_whatever_they_are(writer):
    body = bytes(range(256))
    writer.write_now(sent("/x", {}, body, now_ms=1))
    assert Log(writer.path).sent_bytes() == [body]


def test_key_is_kept_as_its_hash_alone(writer):
    writer.write_now(sent("/x", {"authorization": "Bearer k-1", "host": "h"}, b"", now_ms=1))
    text = writer.path.read_text()
    assert "k-1" not in text
    (record,) = Log(writer.path).records()
    assert record["headers"] == {"host": "h"}
    assert len(record["key_sha256"]) == 64


def test_reader_counts_from_the_last_reset(writer):
    for event in ("bought", "reset", "bought", "refused"):
        writer.write_now({"event": event})
    log = Log(writer.path)
    assert (len(log.bought()), len(log.refused())) == (1, 1)


def test_torn_last_line_is_no_record(writer):
    writer.write_now({"event": "bought"})
    with writer.path.open("ab") as file:
        file.write(b'{"event":"bou')
    assert len(Log(writer.path).bought()) == 1


def test_queries_are_counted_by_the_second(writer):
    for at_ms in (1_000, 1_999, 2_000, 5_000):
        writer.count(queries=1, tasks=3, now_ms=at_ms)
    writer.flush_counts()
    assert Log(writer.path).queries_per_s() == {1: 2, 2: 1, 5: 1}


def test_log_that_is_not_there_yet_is_empty(tmp_path):
    assert Log(tmp_path / "none").records() == []


def test_killed_vendor_leaves_every_purchase_it_answered_and_knows_it_again(tmp_path):
    """The outside truth must not depend on its own process."""
    path = tmp_path / "log.jsonl"

    def started():
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "framegate", "pretend-vendor", "--port", "0"),
                *("--log", str(path), "--slots", "0", "--pace", "0"),
            ],
            env=os.environ | {"TMPDIR": str(tmp_path)},  # A killed one cannot tidy up.
            stdout=subprocess.PIPE,
            text=True,
        )
        return process, process.stdout.readline().split()[-1]

    process, url = started()
    with httpx2.Client(headers=KEY, trust_env=False) as http:
        ids = [
            http.post(url + IMAGE, content=json.dumps(order(f"biz-{n}"))).json()["data"]["id"]
            for n in range(20)
        ]
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert [each["id"] for each in Log(path).bought()] == ids

        process, url = started()
        try:
            again = http.post(url + IMAGE, content=json.dumps(order("biz-7"))).json()
            shown = http.get(f"{url}/tasks", params={"task_ids": ids[7]}).json()
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
    assert again["code"] == 1201
    assert shown["data"][0]["external_id"] == "biz-7"
    assert API_KEY not in path.read_text()
