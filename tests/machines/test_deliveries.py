"""One delivery after another through the real flow, whatever its receiver and its process do."""

import os
import shutil
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fakes.house import House, body
from fakes.scripted_upstream import failed
from framegate.domain.delivery import ATTEMPTS_MAX, RETRY_AFTER_S_MAX, WAITS_S
from framegate.engine import embedded as engine
from framegate.engine.embedded import EmbeddedEngine, Lane
from framegate.errors import AnswerLost, NotSent
from framegate.flows.deliver import Deliver
from framegate.flows.sweep import SUBJECT, Sweep
from framegate.flows.turns import WAIT_MS_MAX
from framegate.outbound import Answer
from framegate.store.blobs import Blobs
from machines.gates import Gates, Loop, fresh_folder, opened
from machines.puppet import Puppet

GATE = st.integers(0, 9)
JUMPS_S = (1, 6, 361, 2_200, 8_700, 22_000, 86_401, 200_000, -30)
SWEEP_S = 61
QUIET_ROUNDS_MAX = 60


def answered(status, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=b"said")


ANSWERS = {
    "takes it": answered(200),
    "takes it too": answered(204),
    "redirects": answered(302, Location="https://elsewhere.example/"),
    "is broken": answered(500),
    "has no time": answered(503, Retry_After="120"),
    "has no time for days": answered(429, Retry_After="999999"),
    "asks in another form": answered(503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
    "is gone": answered(410),
    "cannot be reached": NotSent("https://you.example.com"),
    "is silent": AnswerLost("https://you.example.com"),
}
FAILURES = sorted(name for name in ANSWERS if "takes" not in name)


class Receiver:
    """The outbound door of the flow: every telling waits at a gate, and is remembered."""

    def __init__(self, gates):
        self.gates = gates
        self.heard = []

    async def tell(self, url, *, body, headers, wait_s_max, answer_bytes_kept):
        message_id = headers["webhook-id"]
        self.heard.append((message_id, url))
        return await self.gates.at("tell", message_id)


class Deliveries(RuleBasedStateMachine):
    """Two engines on one database; up to three deliveries to up to two places."""

    def __init__(self):
        super().__init__()
        self.loop, self.gates = Loop(), Gates()
        self.folder = fresh_folder()
        database = opened(self.folder)
        database.gates = self.gates
        self.upstream = Puppet("only", self.gates)
        self.house = House(self.folder, self.upstream, database=database)
        self.caller = self.house.caller()
        self.receiver = Receiver(self.gates)
        self.deliver = Deliver(
            database=database,
            outbound=self.receiver,
            links=self.house.links,
            keyring=self.house.keyring,
            attempt_wait_s=15,
            per_host_max=2,
            clock_ms=self.house.clock,
            jitter_permille=lambda: 0,
        )
        self.sweep = Sweep(
            database=database,
            blobs=Blobs(self.folder / "swept"),
            keep_days=0,
            clock_ms=self.house.clock,
        )
        database.write_now(engine.enqueue, "sweep", SUBJECT, at_ms=0)
        self.engines = [self.new_engine(), self.new_engine()]
        self.urls, self.before, self.tellings = {}, {}, {}

    def new_engine(self):
        return EmbeddedEngine(
            database=self.house.database,
            lanes={"deliver": Lane(self.deliver, 10), "sweep": Lane(self.sweep, 1)},
            clock_ms=self.house.clock,
            steady_ms=self.house.clock,
        )

    def settle(self):
        def is_quiet():
            running = {run for each in self.engines for run in each._running.values()}
            return running <= {gate.flow for gate in self.gates.waiting}

        self.loop.settle(is_quiet=is_quiet)

    def open_gate(self, gate, answer):
        if isinstance(answer, Exception):
            gate.answer.set_exception(answer)
        else:
            gate.answer.set_result(answer)
        self.settle()

    def gate(self, which, *kinds):
        waiting = self.gates.of(*kinds)
        return waiting[which % len(waiting)] if waiting else None

    # --- what happens -------------------------------------------------------------------------

    @precondition(lambda self: len(self.urls) < 3 and not self.gates.is_slow)
    @rule(host=st.sampled_from(["you", "they"]))
    def end_a_task(self, host):
        """A task that failed owes a telling."""
        url = f"https://{host}.example.com/hook/{len(self.urls)}"
        self._end_a_task(url)
        (row,) = [each for each in self.house.rows("deliveries") if each["url"] == url]
        self.urls[row["id"]] = url

    def _end_a_task(self, url):
        sending = self.loop.start(self.house.create(self.caller, body(callback_url=url)))
        gate = self._asked("submit")
        gate.answer.set_result(self.upstream.submit_answer(gate.subject, "accepts"))
        task_id = self.loop.run(sending).task_id
        looking = self.loop.start(self.house.look_at(task_id))
        self._asked("poll").answer.set_result(failed("no"))
        self.loop.run(looking)

    def _asked(self, kind):
        self.loop.settle(is_quiet=lambda: self.gates.of(kind))
        return self.gates.of(kind)[0]

    @rule(which=st.integers(0, 1))
    def look(self, which):
        self.loop.run(self.engines[which]._look())
        self.settle()

    @rule(seconds=st.sampled_from(JUMPS_S))
    def pass_time(self, seconds):
        self.house.clock.pass_s(seconds)

    @rule(which=GATE, name=st.sampled_from(sorted(ANSWERS) + FAILURES))
    def answer(self, which, name):
        gate = self.gate(which, "tell")
        if gate:
            self.tellings.setdefault(gate.subject, []).append(name)
            self.open_gate(gate, ANSWERS[name])

    @rule(name=st.sampled_from(FAILURES), times=st.integers(1, ATTEMPTS_MAX))
    def fail_for_a_while(self, name, times):
        """Attempt after attempt, each when it is due."""
        for _ in range(times):
            self.pass_time(RETRY_AFTER_S_MAX)
            self.look(0)
            self.answer(0, name)

    @rule(which=GATE, name=st.sampled_from(sorted(ANSWERS)))
    def die_after_the_answer(self, which, name):
        """Whatever the receiver said, nobody here wrote it down."""
        gate = self.gate(which, "tell")
        if gate:
            self.kill(gate)

    @rule(which=GATE)
    def die(self, which):
        gate = self.gate(which, "tell", "write")
        if gate:
            self.kill(gate)

    def kill(self, gate):
        gate.flow.cancel()
        self.settle()

    @rule()
    def restart(self):
        """The process dies with all it does, and another begins."""
        for gate in list(self.gates.waiting):
            gate.flow.cancel()
        self.settle()
        self.engines[0] = self.new_engine()

    @rule(is_slow=st.booleans())
    def slow_down(self, is_slow):
        self.gates.is_slow = is_slow

    @rule(which=GATE)
    def let_write(self, which):
        gate = self.gate(which, "write")
        if gate:
            self.open_gate(gate, None)

    # --- what holds after every step ----------------------------------------------------------

    @invariant()
    def everything_holds(self):
        assert self.house.broken_promises() == []
        rows = {row["id"]: row for row in self.house.rows("deliveries")}
        assert set(rows) == set(self.urls)
        for row in rows.values():
            self.delivery_only_moves_forward(row)
            self.delivery_keeps_its_schedule(row, self.attempts_of(row))
        self.every_telling_is_of_a_delivery_under_its_own_id()
        self.before = rows

    def attempts_of(self, row):
        mine = [each for each in self.house.rows("attempts") if each["delivery_id"] == row["id"]]
        return sorted(mine, key=lambda each: each["number"])

    def delivery_only_moves_forward(self, row):
        before = self.before.get(row["id"])
        if before is not None:
            assert row["attempts"] >= before["attempts"]
            assert before["ended_ms"] == 0 or row == before

    def delivery_keeps_its_schedule(self, row, attempts):
        assert [each["number"] for each in attempts] == list(range(1, row["attempts"] + 1))
        for made, next_one in pairwise(attempts):
            waited_ms = next_one["at_ms"] - made["at_ms"] - made["took_ms"]
            assert waited_ms >= WAITS_S[made["number"]] * 1_000
        statuses = [each["http_status"] for each in attempts]
        is_taken = [200 <= each < 300 for each in statuses]
        assert not any(is_taken[:-1])
        assert (row["status"] == "delivered") == any(is_taken)
        is_over = 410 in statuses or row["attempts"] == ATTEMPTS_MAX
        assert (row["status"] == "failed") == (is_over and not any(is_taken))
        assert len(attempts) <= len(self.tellings.get(row["id"], []))
        if row["status"] == "pending" and attempts:
            last = attempts[-1]
            wait_ms = row["next_ms"] - last["at_ms"] - last["took_ms"]
            assert wait_ms >= WAITS_S[row["attempts"]] * 1_000
            # Whoever has no turn yet waits a little longer, again and again, but never long.
            is_in_line = row["next_ms"] <= self.house.clock() + WAIT_MS_MAX
            longest_ms = max(RETRY_AFTER_S_MAX, WAITS_S[row["attempts"]]) * 1_000
            assert wait_ms <= longest_ms or is_in_line
            said = {name for name in self.tellings[row["id"]] if name in ANSWERS}
            if last["http_status"] == 503 and said & {"has no time"} == said:
                assert wait_ms >= 120_000

    def every_telling_is_of_a_delivery_under_its_own_id(self):
        assert {message_id for message_id, _ in self.receiver.heard} <= set(self.urls)
        assert all(self.urls[message_id] == url for message_id, url in self.receiver.heard)

    # --- the end ------------------------------------------------------------------------------

    def teardown(self):
        try:
            self.quiet_down()
        finally:
            self.close()

    def quiet_down(self):
        """Receivers fail, time goes on: then every delivery has been told, and has ended."""
        self.gates.is_slow = False
        for _ in range(QUIET_ROUNDS_MAX):
            while self.gates.waiting:
                gate = self.gates.waiting[0]
                if gate.kind == "tell":
                    self.answer(0, "is broken")
                else:
                    self.open_gate(gate, None)
            self.everything_holds()
            if all(row["ended_ms"] for row in self.before.values()):
                break
            self.pass_time(RETRY_AFTER_S_MAX + SWEEP_S)
            self.look(0)
        assert all(row["ended_ms"] for row in self.before.values())
        assert {message_id for message_id, _ in self.receiver.heard} == set(self.urls)

    def close(self):
        for gate in list(self.gates.waiting):
            gate.flow.cancel()
        self.loop.settle(is_quiet=lambda: not self.gates.waiting)
        self.house.database.close_now()
        self.loop.close()
        shutil.rmtree(self.folder)


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "machines"))
