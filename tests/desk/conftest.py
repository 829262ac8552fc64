"""A gateway without a worker, and callers of two accounts and an operator."""

import msgspec
import pytest

from fakes import rows
from framegate.domain.ledger import Caller, Scope
from framegate.domain.task import TaskStatus
from framegate.flows import finish
from framegate.gateway import Gateway
from framegate.settings import Settings
from framegate.store import accounts, keys


class Desks:
    """What the tests of the desks do: callers, tasks, ends."""

    def __init__(self, folder):
        self.gateway = Gateway.open(msgspec.convert({"data": {"dir": str(folder)}}, Settings))
        self.gateway.prepare()

    def write(self, work, *args, **kwargs):
        return self.gateway.database.write_now(work, *args, **kwargs)

    def caller(self, name="acme", *, scope=Scope.FULL, credit_micros=10_000_000):
        def make(tx):
            account = accounts.account_named(tx, name) or rows.new_account(
                tx, name, credit_micros=credit_micros
            )
            key = keys.create(
                tx,
                account_id=account.id,
                key=f"fg_{name}_{scope}",
                scope=scope,
                expires_ms=0,
                now_ms=rows.NOW_MS,
            )
            return Caller(key=key, account=account)

        return self.write(make)

    def again(self, caller):
        """The caller as a request of now finds it: with what its account holds by now."""
        return self.gateway.database.read_now(keys.caller_of_key, caller.key.id)

    def task(self, caller, **facts):
        """A task that was accepted, made with the caller's key."""

        def make(tx):
            task = rows.begin(tx, caller.account.id, **{"key_id": caller.key.id} | facts)
            return rows.accept(tx, task, ticket=f"9{task.id[-8:]}")

        return self.write(make)

    def paid(self, caller, **facts):
        task = self.task(caller, **facts)
        video = rows.a_video(f"vid_{task.id}")
        return self.write(
            finish.succeed, task, video=video, now_ms=rows.NOW_MS + 5_000, upstream_tells=True
        )

    def failed(self, caller, **facts):
        return self.write(
            finish.give_up,
            self.task(caller, **facts),
            status=TaskStatus.FAILED,
            message="no face",
            now_ms=rows.NOW_MS + 5_000,
            upstream_tells=True,
        )


@pytest.fixture
async def desks(tmp_path):
    opened = Desks(tmp_path)
    yield opened
    await opened.gateway.close()


@pytest.fixture
def member(desks):
    return desks.caller()


@pytest.fixture
def operator(desks):
    return desks.caller("default", scope=Scope.ADMIN)
