"""One worker a data folder."""

import asyncio

import msgspec
import pytest

from framegate.engine import embedded as engine
from framegate.errors import SettingsInvalid
from framegate.gateway import Gateway, now_ms
from framegate.settings import Settings
from framegate.worker import only_worker, work


def test_a_second_worker_is_kept_out_and_told_what_to_do(tmp_path):
    with (
        only_worker(tmp_path),
        pytest.raises(SettingsInvalid, match="--no-work"),
        only_worker(tmp_path),
    ):
        pass


def test_the_place_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with only_worker(tmp_path):
            assert (tmp_path / "worker.lock").exists()


async def test_only_the_chosen_queues_are_worked_on(tmp_path):
    settings = msgspec.convert({"data": {"dir": str(tmp_path)}}, Settings)
    gateway = Gateway.open(settings)
    for queue in ("track", "sweep"):
        gateway.database.write_now(engine.enqueue, queue, "nobody", at_ms=now_ms())
    stop, swept = asyncio.Event(), asyncio.Event()
    sweeping = gateway.sweep

    async def sweep(wake):
        await sweeping(wake)
        swept.set()

    gateway.sweep = sweep
    running = asyncio.create_task(work(gateway, stop, queues=frozenset({"sweep"})))
    await swept.wait()
    stop.set()
    await running
    assert gateway.database.read_now(engine.depths)["track"] == 1
    await gateway.close()
