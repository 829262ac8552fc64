"""Every way in which an upstream fails, and what must come of it: one table for tests and bench.

`tests/end_to_end/test_failures.py` asserts it, `bench/failures.py` prints it with the time each
took to recover. What was bought is read from the pretend vendor's log, what was paid from our
ledger, and what the customer saw from HTTP: no side is asked about another.
"""

import hashlib
import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from fakes.site import Site
from framegate.pretend.vendor import Vendor
from processes import Framegate

SUBMIT_WAIT_S = 10  # A busy machine holds the vendor for seconds; only silence lasts so long.
UNCERTAIN_RELEASE_S = 25
DEADLINE_S = 80
PACE = 0.03  # A task takes a second or two, so that there is something between its two ends.
PATIENCE_S = 240
LOOK_EVERY_S = 0.1
PRICE_MICROS = 560_000  # 5 s at 720p.
FRAME = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}
NEVER_CONFIRMED = "the upstream never confirmed this task"
TOO_LATE = "the upstream did not finish this task in time"
NO_VIDEO = "the upstream reported success without a video"
RISK = "Failure to pass the risk control system"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one order.

    answer   of the create: HTTP status and code
    bought   how many tasks the vendor made of it
    ended    the customer's last word on it, "" when there is no task
    message  of a failure
    hold     what became of the money
    told     how many callbacks the customer heard
    """

    answer: str
    bought: int
    ended: str
    hold: str
    message: str = ""
    told: int = 0


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One row: what is to go wrong, and what must come of it.

    faults   by place, as the pretend vendor calls them
    is_lost  the order has no external id, so nobody can ask what became of it
    """

    name: str
    faults: dict[str, list[str]]
    outcome: Outcome
    is_lost: bool = False
    has_callback: bool = False

    def __str__(self) -> str:
        """A test's id."""
        return self.name

    @property
    def external_id(self) -> str:
        """As the order has it."""
        return "" if self.is_lost else self.name.replace(" ", "-").replace(",", "")


def taken(**changed) -> Outcome:
    """Taken at once, ended well, paid once."""
    facts = {"answer": "200/0", "bought": 1, "ended": "succeed", "hold": "settled", **changed}
    return Outcome(**facts)


def refused(answer: str) -> Outcome:
    """A no: nothing bought, nothing kept, nothing paid."""
    return Outcome(answer=answer, bought=0, ended="", hold="released")


FOUND = taken(answer="504/5002")
"""Nobody knew for a moment; then it was found by its external id, and paid once."""

NOT_FOUND = Outcome(
    answer="504/5002", bought=0, ended="failed", hold="released", message=NEVER_CONFIRMED
)
"""Nobody knew, and there was nothing to find."""

EXPIRED = taken(ended="failed", hold="released", message=TOO_LATE)

UNCERTAIN = {
    "500": "internal",
    "504": "internal-timeout",
    "not JSON": "not-json",
    "proxy page": "proxy-page",
    "half an answer": "half",
    "reset after reading": "reset",
    "timeout after reading": "hangs",
    "code 0 without an id": "no-id",
}


def _uncertain() -> list[Failure]:
    rows = []
    for name, fault in UNCERTAIN.items():
        rows += [
            Failure(name=f"{name}, bought", faults={"create": [fault]}, outcome=FOUND),
            Failure(
                name=f"{name}, not bought",
                faults={"create": [f"{fault}-unbought"]},
                outcome=NOT_FOUND,
            ),
        ]
    lost = Outcome(
        answer="504/5002", bought=1, ended="failed", hold="released", message=NEVER_CONFIRMED
    )
    return [
        *rows,
        Failure(
            name="reset before reading", faults={"create": ["reset-unread"]}, outcome=NOT_FOUND
        ),
        Failure(
            name="reset, no external id", faults={"create": ["reset"]}, outcome=lost, is_lost=True
        ),
    ]


def _refused() -> list[Failure]:
    relayed = {
        "content policy": ("content-policy", "400/1301"),
        "too fast": ("too-fast", "429/1302"),
        "slots full": ("slots-full", "429/1303"),
        "maintenance": ("maintenance", "503/5001"),
        "refused under 200": ("refuses-under-200", "200/1201"),
    }
    ours = {
        "account abnormal": "account-abnormal",
        "in arrears": "in-arrears",
        "units used up": "out-of-units",
        "no right": "no-right",
        "IP refused": "ip-refused",
        "401": "bad-key",
    }
    return [
        *(
            Failure(name=name, faults={"create": [fault]}, outcome=refused(answer))
            for name, (fault, answer) in relayed.items()
        ),
        *(
            Failure(name=name, faults={"create": [fault]}, outcome=refused("503/5001"))
            for name, fault in ours.items()
        ),
    ]


def _polls() -> list[Failure]:
    """One answer about up to 20 tasks is bad: all of them are asked for again."""
    faults = {
        "poll 404": "not-found",
        "poll 500": "internal",
        "poll 429": "too-fast",
        "poll 401": "bad-key",
        "poll not JSON": "not-json",
        "poll half": "half",
        "poll reset": "reset",
        "poll hangs": "hangs",
    }
    return [
        Failure(name=name, faults={"query": [fault]}, outcome=taken())
        for name, fault in faults.items()
    ]


def _objects() -> list[Failure]:
    """One task in a good answer is odd: its companions do not notice."""
    faults = {
        "poll unknown task": "absent",
        "poll unknown word": "unknown-word",
        "poll without status": "no-status",
        "poll nulls": "nulls",
        "poll keys missing": "missing-keys",
        "poll number traps": "number-traps",
        "poll backwards": "backwards",
    }
    for_ever = Failure(
        name="poll unknown for ever", faults={"query": ["absent"] * 99}, outcome=EXPIRED
    )
    return [
        *(
            Failure(name=name, faults={"query": [fault]}, outcome=taken())
            for name, fault in faults.items()
        ),
        for_ever,
    ]


def _fates() -> list[Failure]:
    failed = taken(ended="failed", hold="released", message=RISK)
    return [
        Failure(name="fails", faults={"fate": ["fails"]}, outcome=failed),
        Failure(
            name="flips, failed first", faults={"fate": ["flips-to-succeeded"]}, outcome=failed
        ),
        Failure(
            name="flips, succeeded first", faults={"fate": ["flips-to-failed"]}, outcome=taken()
        ),
        Failure(name="never ends", faults={"fate": ["never-ends"]}, outcome=EXPIRED),
        Failure(
            name="success without a video",
            faults={"fate": ["no-output"]},
            outcome=taken(ended="failed", hold="released", message=NO_VIDEO),
        ),
    ]


def _videos() -> list[Failure]:
    faults = {
        "video 404": "not-found",
        "video 403": "forbidden",
        "video half": "half",
        "video HTML": "html",
        "video empty": "empty",
        "video wrong content": "wrong-content",
        "video slow": "slow",
        "video redirect": "redirect",
        "video redirect loop": "redirect-loop",
    }
    return [
        Failure(name=name, faults={"video": [fault]}, outcome=taken())
        for name, fault in faults.items()
    ]


def _callbacks() -> list[Failure]:
    faults = (
        *("usual", "missing", "early", "late", "twice", "out-of-order"),
        *("forged-signature", "forged-state"),
    )
    return [
        Failure(
            name=f"callbacks {fault}",
            faults={"callback": [fault]},
            outcome=taken(told=1),
            has_callback=True,
        )
        for fault in faults
    ]


ENDLESS = Failure(name="video endless", faults={"video": ["endless"]}, outcome=taken())
"""Two gigabytes are read before it is given up, so it is run where there is room for them."""

POLLS = _polls()
OTHERS = [
    *(*_uncertain(), *_objects(), *_fates(), *_videos(), *_callbacks(), *_refused()),
]


def config(vendor: Vendor) -> str:
    """A gateway in front of the vendor that is as impatient as a test."""
    return f"""
[upstreams.vendor]
kind = "kling"
base_url = "{vendor.url}"
api_key = "{vendor.config.api_key}"
submit_wait_s = {SUBMIT_WAIT_S}
poll_wait_s = 2
callbacks = "gateway"

[tracking]
uncertain_release_s = {UNCERTAIN_RELEASE_S}
deadline_s = {DEADLINE_S}
"""


def allowing(vendor: Vendor, site_url: str) -> dict[str, str]:
    """The environment under which the gateway may reach both."""
    pairs = ",".join(url.removeprefix("http://") for url in (vendor.url, site_url))
    return {"FRAMEGATE_OUTBOUND_ALLOW": pairs}


@dataclass
class Run:
    """One order under way. `recovered_s`: from the create's answer to the customer's last word."""

    failure: Failure
    body: bytes
    task_id: str = ""
    answer: str = ""
    answered_s: float = 0.0
    task: dict[str, object] = field(default_factory=dict)
    recovered_s: float = 0.0

    @property
    def sha256(self) -> str:
        """Of the bytes that the customer sent."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Table:
    """The table under way, one gateway and one vendor for all of it."""

    gate: Framegate
    vendor: Vendor
    site: Site
    site_url: str
    runs: list[Run] = field(default_factory=list)

    def run(self, failures: list[Failure]) -> list[Run]:
        """Send every order of a group and wait until every task has ended.

        Orders of a group may be asked for in one query: a bad answer is then everybody's.
        """
        for failure in failures:
            self._begin(failure)
        deadline = time.monotonic() + PATIENCE_S
        while waiting := [run for run in self.runs if run.task_id and not run.recovered_s]:
            assert time.monotonic() < deadline, [run.failure.name for run in waiting]
            for run in waiting:
                self._look(run)
            time.sleep(LOOK_EVERY_S)
        return self.runs

    def outcome(self, run: Run) -> Outcome:
        """What came of an order: by the vendor's log, by HTTP and by our ledger."""
        return Outcome(
            answer=run.answer,
            bought=len([each for each in self.vendor.log.bought() if self._is_of(run, each)]),
            ended=str(run.task.get("status", "")),
            message=str(run.task.get("task_status_msg", "")),
            hold=self.hold(run),
            told=len(self.site.heard.get(run.failure.external_id, [])),
        )

    def sent(self, run: Run) -> int:
        """How often the vendor was sent the order, by its log."""
        return len([each for each in self.vendor.log.records("sent") if self._is_of(run, each)])

    def hold(self, run: Run) -> str:
        """What became of the money, by our ledger; a refused order has a row too."""
        ((state, amount),) = self.gate.rows(
            "SELECT h.state, h.amount_micros FROM holds h JOIN tasks t ON t.id = h.task_id"
            " WHERE t.body_sha256 = ?",
            run.sha256,
        )
        assert amount == PRICE_MICROS
        return str(state)

    def _begin(self, failure: Failure) -> None:
        # Each row alone: what went wrong before would open the breaker to whoever comes after.
        self.gate.mended("vendor")
        run = Run(failure, self._body(failure))
        plan = self.vendor.faults.next
        if failure.external_id and "reset-unread" not in failure.faults.get("create", []):
            plan = self.vendor.faults.plan(failure.external_id)
        for place, names in failure.faults.items():
            plan.add(place, names)
        answer = self.gate.create(run.body)
        run.answered_s = time.monotonic()
        run.answer = f"{answer.status_code}/{answer.json()['code']}"
        run.task_id = answer.headers.get("X-Framegate-Task", "")
        self.runs.append(run)

    def _look(self, run: Run) -> None:
        run.task = self.gate.task(run.task_id)
        if run.task["status"] in {"succeed", "failed"}:
            run.recovered_s = time.monotonic() - run.answered_s

    def _body(self, failure: Failure) -> bytes:
        options = {"external_task_id": failure.external_id} if failure.external_id else {}
        if failure.has_callback:
            options["callback_url"] = f"{self.site_url}/hooks/{failure.external_id}"
        order = {"contents": [FRAME], "x_row": failure.name, "options": options}
        return json.dumps(order).encode()

    def _is_of(self, run: Run, record: dict[str, object]) -> bool:
        # With callbacks through the gateway the vendor's bytes are not the customer's.
        if run.failure.external_id and "external_id" in record:
            return record["external_id"] == run.failure.external_id
        return record["sha256"] == run.sha256


def has_room(folder: Path, *, bytes_free: int) -> bool:
    """Whether a folder's disk can take so much."""

    return shutil.disk_usage(folder).free > bytes_free
