"""Gateways that are broken on purpose: each is caught, by the check that is there to catch it.

Every bug comes in through a seam that is there anyway: a database, an upstream or a door that
does something else. Nothing of ours is patched. The same story on a whole gateway is caught by
nothing.
"""

import asyncio
import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, begin, new_account
from framegate.domain.upstream import Uncertain, Unreachable
from framegate.errors import AddressRefused, LedgerBroken
from framegate.flows.submit import Submit
from framegate.outbound import Outbound
from framegate.store import holds
from machines.gates import GatedDatabase, fresh_folder, opened
from machines.lives import Lives
from machines.puppet import Puppet

# --- the bugs ---------------------------------------------------------------------------------


class AfterSuccess(GatedDatabase):
    """Adds `bug` to the transaction that ends a task with a video."""

    def write_now(self, work, *args, **kwargs):
        def with_bug(tx, *args, **kwargs):
            ended = work(tx, *args, **kwargs)
            self.bug(tx, ended)
            return ended

        is_success = getattr(work, "__name__", "") == "_succeed"
        return super().write_now(with_bug if is_success else work, *args, **kwargs)


class SettlesTwice(AfterSuccess):
    """Past the hold and past UNIQUE(task, kind), with books that balance."""

    def bug(self, tx, task):
        micros = task.price_micros
        tx.execute(
            text("UPDATE accounts SET posted_micros = posted_micros - :micros WHERE id = :id"),
            {"micros": micros, "id": task.account_id},
        )
        tx.execute(text("INSERT INTO transfers (id, kind) VALUES ('trf_again', 'settle')"))
        for ledger, amount in ((task.account_id, -micros), ("house:revenue", micros)):
            tx.execute(
                text(
                    "INSERT INTO entries (transfer_id, ledger, amount_micros) VALUES (:t, :l, :a)"
                ),
                {"t": "trf_again", "l": ledger, "a": amount},
            )


class ForgetsToWake(AfterSuccess):
    """Owes a webhook that nobody will send."""

    def bug(self, tx, task):
        tx.execute(text("DELETE FROM jobs WHERE queue = 'deliver'"))


class AnswersBeforeTheCommit(GatedDatabase):
    """Says that a create is kept; then the power goes."""

    async def write(self, work, *args, **kwargs):
        if getattr(work, "__func__", None) is not Submit._begin:
            return await super().write(work, *args, **kwargs)
        with self.engine.connect() as connection, connection.begin() as whole:
            value = work(connection, *args, **kwargs)
            whole.rollback()
        return value


class ForgetsTheWebhook(Puppet):
    """Says that it tells the caller itself, and does not."""

    def __init__(self, name, gates):
        super().__init__(name, gates, tells_the_caller=True)


class SendsAgainBlindly(Puppet):
    """Takes silence for a no."""

    async def submit(self, order):
        answer = await super().submit(order)
        return Unreachable(reason=answer.reason) if isinstance(answer, Uncertain) else answer


# --- who catches them -------------------------------------------------------------------------


def a_good_day(life):
    life.create(has_callback=True, name="accepts")
    life.everything_holds()
    life.look_later(5, 0)
    life.answer_poll("has succeeded")
    life.answer_fetch("is whole")


def a_create_on_its_way(life):
    life.create()


def a_silent_upstream(life):
    life.create(name="accepts in silence")
    if life.gates.of("submit"):
        life.answer_submit(0, "accepts")


AUDIT = "every_promise_of_the_audit_holds"
PLANTED = [
    (a_good_day, {"database_kind": SettlesTwice}, AUDIT),
    (a_good_day, {"database_kind": ForgetsToWake}, AUDIT),
    (
        a_create_on_its_way,
        {"database_kind": AnswersBeforeTheCommit},
        "what_was_sent_or_answered_is_committed",
    ),
    (
        a_good_day,
        {"puppet_kind": ForgetsTheWebhook},
        "who_asked_to_be_told_is_owed_one_delivery",
    ),
    (a_silent_upstream, {"puppet_kind": SendsAgainBlindly}, "nothing_is_bought_twice"),
]
CHECKS = {check for *_, check in PLANTED}
NAMES = [next(iter(broken.values())).__name__ for _, broken, _ in PLANTED]


def caught_by(story, broken):
    """The check that failed and what it said, or nothing where the whole story holds."""
    life = type("Broken", (Lives,), broken)()
    try:
        story(life)
        life.everything_holds()
    except AssertionError as error:
        checks = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        return next(name for name in checks if name in CHECKS), str(error)
    finally:
        life.close()
    return None


@pytest.mark.parametrize(("story", "broken", "check"), PLANTED, ids=NAMES)
def test_planted_bug_is_caught_by_its_check(story, broken, check):
    caught, _ = caught_by(story, broken)
    assert caught == check


@pytest.mark.parametrize("story", [a_good_day, a_create_on_its_way, a_silent_upstream])
def test_whole_gateway_is_caught_by_nothing(story):
    assert caught_by(story, {}) is None


def test_second_settlement_is_named_with_its_promise():
    _, said = caught_by(a_good_day, {"database_kind": SettlesTwice})
    assert "promise=5" in said
    assert "trf_again" in said


# --- bugs that the store itself refuses -------------------------------------------------------


@pytest.fixture
def tx():
    database = opened(fresh_folder())
    with database.engine.connect() as connection, connection.begin() as whole:
        yield connection
        whole.rollback()
    database.close_now()


@pytest.fixture
def settled(tx):
    task = begin(tx, new_account(tx, credit_micros=10_000_000).id)
    holds.settle(tx, task_id=task.id, now_ms=NOW_MS)
    return task


def test_settling_twice_finds_no_open_hold(tx, settled):
    with pytest.raises(LedgerBroken, match="has no open hold"):
        holds.settle(tx, task_id=settled.id, now_ms=NOW_MS)


def test_settling_twice_past_the_hold_finds_its_own_transfer(tx, settled):
    tx.execute(text("UPDATE holds SET state = 'open'"))
    tx.execute(text("UPDATE accounts SET held_micros = :m"), {"m": settled.price_micros})
    with pytest.raises(IntegrityError, match="UNIQUE"):
        holds.settle(tx, task_id=settled.id, now_ms=NOW_MS)


# --- the address check ------------------------------------------------------------------------


async def asked_home(door):
    """How often a door that should lead to strangers only opens a socket to this machine."""
    connections = []

    async def answer(reader, writer):
        connections.append(writer)
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await door.tell(
            f"http://127.0.0.1:{port}/hook",
            body=b"{}",
            headers={},
            wait_s_max=5,
            answer_bytes_kept=10,
        )
    except AddressRefused:
        pass
    finally:
        await door.close()
        server.close()
        await server.wait_closed()
    return len(connections)


async def test_skipped_address_check_is_seen_by_whoever_is_asked():
    """The operator's door, handed in where the strangers' door belongs, is the planted bug."""
    assert await asked_home(Outbound.to_public()) == 0
    assert await asked_home(Outbound.to_configured()) == 1
