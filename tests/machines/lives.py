"""The life of tasks through the real flows, and what holds after every step of it.

`test_tasks.py` lets hypothesis choose the steps; `test_planted.py` writes them down, for gateways
that are broken on purpose.
"""

import asyncio
import shutil

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fakes.house import PRICE_MICROS, House, body
from framegate.domain.task import MOVES, TaskStatus
from framegate.engine import embedded as engine
from framegate.engine.embedded import EmbeddedEngine, Lane, Wake
from framegate.errors import IllegalMove, NotFound, Refusal
from framegate.flows import resolve
from framegate.flows.cancel import Cancel
from framegate.flows.hear import hear
from framegate.flows.sweep import SUBJECT, Sweep
from framegate.store import accounts
from framegate.store.blobs import Blobs
from machines.gates import Gates, Loop, fresh_folder, opened
from machines.puppet import FETCHED, NEWS, NO_NEWS, SUBMIT_ANSWERS, Puppet

HOUR_S = 3_600
JUMPS_S = (1, 5, 16, 76, 600, HOUR_S, 7_201, 40_000, 86_401, -30, -HOUR_S)
QUIET_ROUNDS_MAX = 60
GATE = st.integers(0, 9)
ANSWERS = {
    "submit": ["accepts", *sorted(SUBMIT_ANSWERS)],
    "check": ["is well", "is not"],
    "poll": ["has succeeded", *NEWS, *NO_NEWS],
    "find": ["is at work", *NEWS, *NO_NEWS],
    "fetch": ["is whole", *FETCHED],
}
LAST_ANSWERS = {
    "submit": "is unreachable",
    "check": "is well",
    "poll": "is at work",
    "find": "knows nothing",
    "fetch": "is whole",
}
KINDS = (*ANSWERS, "write")
DEADLINE_MS, UNCERTAIN_MS = 86_400_000, 7_200_000


def after(status):
    """Every status that may follow, however many steps later."""
    found, ahead = set(), [status]
    while ahead:
        for each in MOVES[ahead.pop()] - found:
            found.add(each)
            ahead.append(each)
    return found


AFTER = {status: after(status) | {status} for status in TaskStatus}
# A send goes on to the next upstream while nothing was bought: the one step that is no move.
TAKEN = {TaskStatus.SUBMITTED, TaskStatus.PROCESSING}


class Lives(RuleBasedStateMachine):
    """Two upstreams, two engines on one database (the second is a zombie), one caller."""

    database_kind = None
    puppet_kind = Puppet

    def __init__(self):
        super().__init__()
        self.loop, self.gates = Loop(), Gates()
        self.folder = fresh_folder()
        self.flows, self.answers, self.seen = set(), {}, {}
        self.upstreams = [self.puppet_kind(name, self.gates) for name in ("first", "second")]
        self.house = self.open_house()
        self.sweep = Sweep(
            database=self.house.database,
            # A folder of its own: orphans have their tests, and age by the disk's clock.
            blobs=Blobs(self.folder / "swept"),
            keep_days=0,
            clock_ms=self.house.clock,
        )
        self.caller = self.house.caller(credit_micros=20 * PRICE_MICROS)
        self.engines = [self.new_engine(), self.new_engine()]
        self.house.database.write_now(engine.enqueue, "sweep", SUBJECT, at_ms=0)
        self.created = 0
        self.is_done = False

    def open_house(self):
        database = opened(self.folder, *([self.database_kind] if self.database_kind else []))
        database.gates = self.gates
        return House(self.folder, *self.upstreams, database=database)

    def new_engine(self):
        lanes = {"track": Lane(self.house.track, 100), "sweep": Lane(self.sweep, 1)}
        return EmbeddedEngine(
            database=self.house.database,
            lanes=lanes,
            clock_ms=self.house.clock,
            steady_ms=self.house.clock,
        )

    # --- turning the loop ---------------------------------------------------------------------

    def start(self, coroutine):
        self.flows.add(self.loop.start(coroutine))
        self.settle()

    def settle(self):
        self.loop.settle(is_quiet=self.is_quiet)

    def is_quiet(self):
        ended = [flow for flow in self.flows if flow.done()]
        for flow in ended:
            self.flows.discard(flow)
            if not flow.cancelled() and flow.exception() is not None:
                raise flow.exception()
        running = set(self.house.submit._sending)
        for each in self.engines:
            running |= set(each._running.values())
        # A create waits for its send, and the send waits at a gate.
        waiting = {gate.flow for gate in self.gates.waiting}
        creates = {flow for flow in self.flows if flow.get_name().startswith("create")}
        return running | (self.flows - creates) <= waiting and (
            not creates - waiting or len(creates - waiting) <= len(self.house.submit._sending)
        )

    def gate(self, which, *kinds):
        waiting = self.gates.of(*kinds)
        return waiting[which % len(waiting)] if waiting else None

    def open_gate(self, gate, answer):
        if isinstance(answer, Exception):
            gate.answer.set_exception(answer)
        else:
            gate.answer.set_result(answer)
        self.settle()

    # --- what happens -------------------------------------------------------------------------

    @precondition(lambda self: self.created < 6)
    @rule(
        is_named=st.booleans(),
        has_callback=st.booleans(),
        key=st.sampled_from(["", "", "k"]),
        name=st.sampled_from(["", "accepts", *sorted(SUBMIT_ANSWERS)]),
    )
    def create(self, *, is_named=False, has_callback=False, key="", name=""):
        """One create; without `name` its answer comes later, or never."""
        self.created += 1
        options = {}
        if is_named:
            options["external_task_id"] = f"mine-{self.created}"
        if has_callback:
            options["callback_url"] = "https://you.example.com/hook"
        flow = self.loop.start(self.ask(body(**options), key))
        flow.set_name(f"create-{self.created}")
        self.flows.add(flow)
        self.settle()
        if name and self.gates.of("submit"):
            self.answer_submit(-1, name)

    async def ask(self, content, key):
        try:
            answer = await self.house.create(self.caller, content, key=key)
        except Refusal:
            return
        except asyncio.CancelledError:
            return  # The process died while it was sending.
        if answer.task_id:
            self.answers[answer.task_id] = answer.relay

    @precondition(lambda self: self.gates.waiting)
    @rule(which=GATE, data=st.data())
    def answer(self, which, data):
        """Somebody who was asked answers, in any order."""
        gate = self.gate(which, *KINDS)
        names = ANSWERS.get(gate.kind)
        name = data.draw(st.sampled_from(names)) if names else ""
        self.answer_gate(gate, name)

    @precondition(lambda self: self.gates.of("submit"))
    @rule(which=GATE, name=st.sampled_from(sorted(SUBMIT_ANSWERS)))
    def die_while_sending(self, which, name):
        """The order may have been taken; nobody here hears of it."""
        gate = self.gate(which, "submit")
        gate.asked.submit_answer(gate.subject, name)
        self.kill(gate)

    def answer_gate(self, gate, name):
        match gate.kind:
            case "submit":
                self.open_gate(gate, gate.asked.submit_answer(gate.subject, name))
            case "check":
                self.open_gate(gate, name == "is well")
            case "poll":
                self.open_gate(gate, gate.asked.news(gate.subject, name))
            case "find":
                self.open_gate(gate, gate.asked.found(gate.subject, name))
            case "fetch":
                self.open_gate(gate, FETCHED[name])
            case "write":
                self.open_gate(gate, None)

    def answer_submit(self, which, name):
        self.answer_gate(self.gate(which, "submit"), name)

    def answer_poll(self, name):
        self.answer_gate(self.gate(0, "poll"), name)

    def answer_fetch(self, name):
        self.answer_gate(self.gate(0, "fetch"), name)

    @initialize(name=st.sampled_from(["", "accepts", "accepts", *sorted(SUBMIT_ANSWERS)]))
    def begin(self, name):
        """Without a task there is no story."""
        self.create(is_named=True, has_callback=True, name=name)

    @rule(seconds=st.sampled_from(JUMPS_S), data=st.data())
    def go_on(self, seconds, data):
        """As on a good day: time passes, what is due is looked at, everybody answers."""
        self.look_later(seconds, 0)
        for _ in range(len(self.gates.waiting) + 3):
            if self.gates.waiting:
                self.answer(0, data)

    @rule(seconds=st.sampled_from(JUMPS_S), which=st.integers(0, 1))
    def look_later(self, seconds, which):
        self.pass_time(seconds)
        self.look(which)

    @rule(seconds=st.sampled_from(JUMPS_S))
    def pass_time(self, seconds):
        self.house.clock.pass_s(seconds)

    @rule(which=st.integers(0, 1))
    def look(self, which):
        """One of the two engines starts what is due; the other may be at the same jobs."""
        self.loop.run(self.engines[which]._look())
        self.settle()

    @precondition(lambda self: self.seen)
    @rule(which=GATE, generation=st.integers(0, 4))
    def wake_out_of_turn(self, which, generation):
        task_id = self.one(which)
        if task_id:
            wake = Wake(subject=task_id, now_ms=self.house.clock(), generation=generation)
            self.start(self.house.track(wake))

    @precondition(lambda self: self.seen)
    @rule(which=GATE)
    def hear_news(self, which):
        task_id = self.one(which)
        if task_id:
            self.house.database.write_now(hear, task_id, now_ms=self.house.clock())

    @precondition(lambda self: any(row["status"] == "uncertain" for row in self.seen.values()))
    @rule(which=GATE)
    def resolve_by_hand(self, which):
        """The operator looks at the vendor's console, and tells what is true."""
        task = self.house.task(self.one(which)) if self.one(which) else None
        if task is None:
            return
        tickets = [each.tickets[task.id] for each in self.upstreams if task.id in each.tickets]
        try:
            if tickets:
                self.house.database.write_now(
                    resolve.as_taken,
                    task.id,
                    ticket=tickets[0],
                    deadline_s=DEADLINE_MS // 1_000,
                    now_ms=self.house.clock(),
                )
            elif not self.is_being_sent(task.id):
                self.house.database.write_now(
                    resolve.as_never_taken,
                    task.id,
                    upstream_tells=False,
                    now_ms=self.house.clock(),
                )
        except (IllegalMove, NotFound):
            assert task.status is not TaskStatus.UNCERTAIN
        else:
            assert task.status is TaskStatus.UNCERTAIN or self.is_being_sent(task.id)

    @precondition(lambda self: any(row["status"] in TAKEN for row in self.seen.values()))
    @rule(which=GATE)
    def cancel(self, which):
        """The owner no longer wants it; the upstream stops, whatever is on its way meanwhile."""
        task = self.house.task(self.one(which))
        if task.status not in TAKEN:
            return
        upstreams = {each.name: each for each in self.upstreams}
        stops = Cancel(database=self.house.database, upstreams=upstreams, clock_ms=self.house.clock)
        self.start(stops(task, message="enough"))

    @rule(is_slow=st.sampled_from([False, False, True]))
    def slow_down(self, is_slow):
        """While the process is slow, every write waits at a gate of its own."""
        self.gates.is_slow = is_slow

    @precondition(lambda self: self.gates.waiting)
    @rule(which=GATE)
    def die(self, which):
        self.kill(self.gate(which, *KINDS))

    def kill(self, gate):
        gate.flow.cancel()
        self.settle()

    def one(self, which):
        tasks = sorted(self.seen)
        return tasks[which % len(tasks)] if tasks else None

    def is_being_sent(self, task_id):
        return any(gate.subject == task_id for gate in self.gates.of("submit")) or bool(
            self.gates.of("write", "check")
        )

    # --- what holds after every step ----------------------------------------------------------

    @invariant()
    def everything_holds(self):
        self.statuses_only_move_forward()
        self.every_promise_of_the_audit_holds()
        self.nothing_is_bought_twice()
        self.what_was_sent_or_answered_is_committed()
        self.what_was_bought_is_not_refused()
        self.a_taken_task_has_its_whole_time()
        self.who_asked_to_be_told_is_owed_one_delivery()
        self.balance_is_what_was_made()

    def every_promise_of_the_audit_holds(self):
        broken = self.house.broken_promises()
        assert broken == [], broken

    def statuses_only_move_forward(self):
        for row in self.house.rows("tasks"):
            status = TaskStatus(row["status"])
            before = self.seen.get(row["id"])
            if before is not None:
                assert status in AFTER[TaskStatus(before["status"])]
                assert row["fence"] >= before["fence"]
                if TaskStatus(before["status"]).is_terminal:
                    changed = {name for name in row if row[name] != before[name]}
                    assert changed <= {"late_ms", "billing", "cost_micros"}
            self.seen[row["id"]] = row
        assert len(self.seen) == len(self.house.rows("tasks"))

    def nothing_is_bought_twice(self):
        for task_id in self.seen:
            bought = [each.name for each in self.upstreams if task_id in each.tickets]
            assert len(bought) <= 1
            assert all(each.sent.count(task_id) <= 1 for each in self.upstreams)

    def what_was_sent_or_answered_is_committed(self):
        known = set(self.seen)
        for upstream in self.upstreams:
            assert set(upstream.sent) <= known
        assert set(self.answers) <= known

    def what_was_bought_is_not_refused(self):
        for upstream in self.upstreams:
            for task_id in upstream.tickets:
                assert self.seen[task_id]["status"] != TaskStatus.REFUSED

    def a_taken_task_has_its_whole_time(self):
        for row in self.seen.values():
            if row["status"] in TAKEN:
                assert row["deadline_ms"] == row["created_ms"] + DEADLINE_MS

    def who_asked_to_be_told_is_owed_one_delivery(self):
        owed = {}
        for row in self.house.rows("deliveries"):
            owed.setdefault(row["task_id"], []).append(row["event"])
        for task_id, row in self.seen.items():
            status = TaskStatus(row["status"])
            is_told = row["callback_url"] and status in AFTER[TaskStatus.PROCESSING] - TAKEN
            name = "succeeded" if status is TaskStatus.SUCCEEDED else "failed"
            assert owed.get(task_id, []) == ([f"task.{name}"] if is_told else [])

    def balance_is_what_was_made(self):
        made = [row for row in self.seen.values() if row["status"] == TaskStatus.SUCCEEDED]
        open_ones = [row for row in self.seen.values() if row["ended_ms"] == 0]
        account = self.house.database.read_now(accounts.account_by_id, self.caller.account.id)
        assert account.posted_micros == (20 - len(made)) * PRICE_MICROS
        assert account.held_micros == len(open_ones) * PRICE_MICROS

    # --- the end ------------------------------------------------------------------------------

    def teardown(self):
        try:
            if not self.is_done:
                self.quiet_down()
        finally:
            self.close()

    def quiet_down(self):
        """Everybody answers, nothing is slow, time goes on: then every task ends."""
        self.gates.is_slow = False
        for _ in range(QUIET_ROUNDS_MAX):
            self.answer_everything()
            open_ones = [row for row in self.house.rows("tasks") if row["ended_ms"] == 0]
            if not open_ones and not self.gates.waiting:
                break
            self.pass_time(7_201)
            self.look(0)
        self.everything_holds()
        assert all(TaskStatus(row["status"]).is_terminal for row in self.seen.values())

    def answer_everything(self):
        while self.gates.waiting:
            gate = self.gates.waiting[0]
            name = LAST_ANSWERS.get(gate.kind, "")
            # One upstream ends well, the other never says anything more.
            is_well = gate.kind == "poll" and gate.asked is self.upstreams[0]
            self.answer_gate(gate, "has succeeded" if is_well else name)

    def close(self):
        self.is_done = True
        for gate in list(self.gates.waiting):
            gate.flow.cancel()
        self.loop.settle(is_quiet=lambda: not self.gates.waiting)
        self.house.database.close_now()
        self.loop.close()
        shutil.rmtree(self.folder)
