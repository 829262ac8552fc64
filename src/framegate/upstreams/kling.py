"""Kling's own API, or another gateway of the same dialect.

Sends the forwarded bytes as they are, but for the two splices that the operator may turn on, and
asks for many tasks in one query. A POST is sent once: what became of it is a value here, and the
flows decide. `answers` reads what comes back, `login` says who we are.
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from framegate.domain import splice
from framegate.domain.submission import IMAGE_TO_VIDEO, TEXT_TO_VIDEO, Kind
from framegate.domain.upstream import (
    AccountTask,
    AccountTasks,
    Checked,
    CostsAnswer,
    Fetched,
    Headway,
    NotOffered,
    Order,
    Output,
    PollAnswer,
    Refused,
    Relay,
    Render,
    SubmitAnswer,
    TasksAnswer,
    Ticket,
    Uncertain,
    Unknown,
    Unreachable,
    Window,
)
from framegate.errors import AddressRefused, AnswerLost, AnswerTooLarge, NotSent, OutboundError
from framegate.outbound import Answer, Outbound
from framegate.upstreams.answers import (
    ListPage,
    read_code,
    read_costs,
    read_list,
    read_lookup,
    read_query,
    read_submit,
    rest_s,
)
from framegate.upstreams.asking import Asker, Pace
from framegate.upstreams.login import Login

ANSWER_BYTES_MAX = 1 << 20
VIDEO_BYTES_MAX = 2 << 30
VIDEO_WAIT_S_MAX = 600
QUERY_IDS_MAX = 20
NOT_FOUND = 1203
LIST_LIMIT_MAX = 500
LIST_PAGES_MAX = 40
LIST_BYTES_MAX = 8 << 20
NO_TASK = "0"
"""No task has this id: asking for it proves the login and costs nothing."""

SCOPED_PREFIX = "fg-"
SCOPED_CHARACTERS = 40

# An id that fits into a list of twenty as it is. Any other is looked up alone: one that is long,
# odd or refused would spoil the answer for the nineteen beside it.
_TAME = re.compile(r"[A-Za-z0-9._-]{1,64}")

Read = Callable[[Answer, Sequence[str]], dict[str, PollAnswer]]


@dataclass(kw_only=True)
class Kling:
    """One account at one address. `path_prefix` "/kling" means another gateway of the page."""

    name: str
    models: frozenset[str]
    base_url: str
    path_prefix: str
    login: Login
    submit_wait_s: int
    poll_wait_s: int
    operator_door: Outbound  # To the address that the operator configured.
    public_door: Outbound  # To wherever the upstream's answers point.
    kinds: frozenset[Kind] = frozenset({IMAGE_TO_VIDEO, TEXT_TO_VIDEO})
    weight: int = 1
    unit_price_micros: int = 0
    concurrency: int = 0
    can_cancel: bool = False
    queries_per_s: int = 10
    callbacks: str = "verbatim"
    external_ids: str = "verbatim"
    _pace: Pace = field(init=False, repr=False)
    _poller: Asker = field(init=False, repr=False)
    _finder: Asker = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """One pace for all of this upstream's questions; a page's gateway is asked one by one."""
        self._pace = Pace(per_s=self.queries_per_s)
        self._poller = Asker(
            ask=self._poll_one if self.path_prefix else self._poll_many,
            ids_max=1 if self.path_prefix else QUERY_IDS_MAX,
            pace=self._pace,
        )
        self._finder = Asker(ask=self._find_many, ids_max=QUERY_IDS_MAX, pace=self._pace)

    @property
    def tells_the_caller(self) -> bool:
        """Verbatim callbacks go from the upstream straight to the customer (rule 38)."""
        return self.callbacks == "verbatim"

    def reports_on(self, callback_url: str) -> bool:
        """Where the customer's callback_url is there to be replaced by ours (rule 40)."""
        return self.callbacks == "gateway" and bool(callback_url)

    async def submit(self, order: Order) -> SubmitAnswer:
        """Send the submission's bytes once and say what is known then."""
        submission = order.submission
        url = self._url(f"/{submission.kind}/{quote(submission.model, safe='')}")
        try:
            answer = await self.operator_door.post(
                url,
                body=self._body(order),
                headers={"Content-Type": "application/json", **self.login.headers()},
                wait_s_max=self.submit_wait_s,
                answer_bytes_max=ANSWER_BYTES_MAX,
            )
        except (NotSent, AddressRefused) as error:
            return Unreachable(reason=str(error))
        except (AnswerLost, AnswerTooLarge) as error:
            return Uncertain(reason=str(error))
        return self._unscoped(read_submit(answer), order)

    async def find(self, *, task_id: str, account_id: str, external_task_id: str) -> PollAnswer:  # noqa: ARG002 - the protocol's
        """Look for an order by the id that it was sent under; without one nobody can tell."""
        # A list of ids is parted by commas, and one gateway of the page has no such query.
        if not external_task_id or self.path_prefix:
            return Unknown()
        sent_as = self._external_id(account_id, external_task_id)
        if "," in sent_as:
            return Unknown()
        if _TAME.fullmatch(sent_as):
            return await self._finder.about(sent_as)
        await self._pace.turn()
        return (await self._find_many([sent_as]))[sent_as]

    async def poll(self, ticket: str) -> PollAnswer:
        """Ask for one task, together with the others that are asked for now."""
        return await self._poller.about(ticket)

    def callers_words(self, message: str, *, account_id: str, external_task_id: str) -> str:
        """As it came, but for a scoped id: the caller sees the one that it chose (rule 39)."""
        if self.external_ids == "verbatim" or not external_task_id:
            return message
        return message.replace(self._external_id(account_id, external_task_id), external_task_id)

    async def progress(self, ticket: str) -> Render | None:  # noqa: ARG002 - the protocol's
        """Nothing: this dialect has no progress."""
        return None

    async def headway(self) -> list[Headway]:
        """The vendor says a word, never how far it is."""
        return []

    async def cancel(self, ticket: str, *, message: str) -> bool:  # noqa: ARG002 - the protocol's
        """Never asked: what the vendor has taken, it makes and bills."""
        return False

    async def check(self) -> Checked:
        """Ask for a task that does not exist: proves address and login, costs nothing."""
        began_s = time.monotonic()
        try:
            answer = await self._get(self._task_path(NO_TASK))
        except OutboundError as error:
            return Checked(is_well=False, says=f"no answer: {error}")
        took_ms = int((time.monotonic() - began_s) * 1_000)
        code, message = read_code(answer)
        # A page's gateway says 404/1203 of a task that is not there: it knows us all the same.
        is_well = code == 0 or (bool(self.path_prefix) and code == NOT_FOUND)
        says = f"HTTP {answer.status}, code {code}: {message}"
        return Checked(is_well=is_well, says=says, took_ms=took_ms)

    async def tasks(self, window: Window) -> TasksAnswer:
        """What this account was sold, newest first: `POST /tasks`, page by page."""
        found: dict[str, AccountTask] = {}  # By ticket: the pages shift when a task is added.
        asked, has_more = _list_body(window), True
        for _ in range(LIST_PAGES_MAX):
            page = await self._list_page(asked)
            if isinstance(page, Unreachable):
                return page
            found |= {task.ticket: task for task in page.tasks if task.ticket not in found}
            has_more = bool(page.next_cursor)
            if not has_more or len(found) >= window.rows_max:
                break
            asked["cursor"] = page.next_cursor
        newest = tuple(found.values())[: window.rows_max]
        return AccountTasks(tasks=newest, has_more=has_more or len(found) > len(newest))

    async def costs(self, *, since_ms: int, until_ms: int) -> CostsAnswer:
        """The account's packages and what is left of them; only the key pair may ask.

        source   the vendor's page on resource packages: hours late, one question a second
        """
        if self.path_prefix:
            return NotOffered(reason="another gateway has no costs to show; ask its operator")
        if not self.login.has_pair:
            return NotOffered(
                reason="the vendor shows costs to the key pair alone: set access_key and "
                f"secret_key under upstreams.{self.name}, beside api_key"
            )
        path = f"/account/costs?start_time={since_ms}&end_time={until_ms}"
        try:
            answer = await self.operator_door.get(
                f"{self.base_url}{path}",
                headers=self.login.pair_headers(),
                wait_s_max=self.poll_wait_s,
                answer_bytes_max=ANSWER_BYTES_MAX,
            )
        except OutboundError as error:
            return Unreachable(reason=str(error))
        return read_costs(answer)

    async def fetch(self, output: Output, to: Path) -> Fetched:
        """Copy the video from the address that the upstream gave."""
        got = await self.public_door.download(
            output.location, to=to, bytes_max=VIDEO_BYTES_MAX, wait_s_max=VIDEO_WAIT_S_MAX
        )
        return Fetched(path=to, bytes_count=got.bytes_count, sha256=got.sha256)

    async def close(self) -> None:
        """Ask nothing more; the doors belong to the gateway."""
        await self._poller.close()
        await self._finder.close()

    # --- what is sent -------------------------------------------------------------------------

    def _body(self, order: Order) -> bytes:
        """The forwarded bytes, with at most two values replaced (rules 37 to 40)."""
        body = order.submission.forwarded
        if self.callbacks == "gateway" and order.submission.callback_url:
            body = splice.value_replaced(body, "options", "callback_url", by=order.report_to)
        if self.external_ids == "scoped" and order.submission.external_task_id:
            sent_as = self._external_id(order.account_id, order.submission.external_task_id)
            body = splice.value_replaced(body, "options", "external_task_id", by=sent_as)
        return body

    def _external_id(self, account_id: str, external_task_id: str) -> str:
        """The id that the upstream knows: the caller's, or one that no other account can have.

        It is of one length and one alphabet, since the vendor's limits are not known.
        """
        if self.external_ids == "verbatim":
            return external_task_id
        digest = hashlib.sha256(f"{account_id}\0{external_task_id}".encode()).hexdigest()
        return SCOPED_PREFIX + digest[:SCOPED_CHARACTERS]

    def _unscoped(self, answer: SubmitAnswer, order: Order) -> SubmitAnswer:
        """The answer with the caller's own id where the upstream repeats ours (rule 39)."""
        external_id = order.submission.external_task_id
        if (
            self.external_ids == "verbatim"
            or not external_id
            or not isinstance(answer, Ticket | Refused)
        ):
            return answer
        sent_as = self._external_id(order.account_id, external_id)
        return replace(answer, relay=_renamed(answer.relay, sent_as, external_id))

    # --- what is asked ------------------------------------------------------------------------

    def _task_path(self, ticket: str) -> str:
        safe = quote(ticket, safe="")
        if not self.path_prefix:
            return f"/tasks?task_ids={safe}"
        model = min(self.models)  # Any model finds any task.
        return f"{self.path_prefix}/{IMAGE_TO_VIDEO}/{quote(model, safe='')}/{safe}"

    async def _poll_one(self, tickets: Sequence[str]) -> Mapping[str, PollAnswer]:
        return await self._query(self._task_path(tickets[0]), tickets, read_query)

    async def _poll_many(self, tickets: Sequence[str]) -> Mapping[str, PollAnswer]:
        return await self._query(f"/tasks?task_ids={_listed(tickets)}", tickets, read_query)

    async def _find_many(self, sent_as: Sequence[str]) -> Mapping[str, PollAnswer]:
        return await self._query(
            f"/tasks?external_task_ids={_listed(sent_as)}", sent_as, read_lookup
        )

    async def _query(self, path: str, names: Sequence[str], read: Read) -> dict[str, PollAnswer]:
        try:
            answer = await self._get(path)
        except OutboundError as error:
            return dict.fromkeys(names, Unreachable(reason=str(error)))
        self._rest_after(answer)
        return read(answer, names)

    async def _list_page(self, asked: Mapping[str, Any]) -> ListPage | Unreachable:
        await self._pace.turn()
        try:
            # A question that happens to be a POST: nothing is bought by it.
            answer = await self.operator_door.post(
                self._url("/tasks"),
                body=msgspec.json.encode(asked),
                headers={"Content-Type": "application/json", **self.login.headers()},
                wait_s_max=self.poll_wait_s,
                answer_bytes_max=LIST_BYTES_MAX,
            )
        except OutboundError as error:
            return Unreachable(reason=str(error))
        self._rest_after(answer)
        return read_list(answer)

    def _rest_after(self, answer: Answer) -> None:
        if wait_s := rest_s(answer):
            self._pace.slow_down(wait_s)

    async def _get(self, path: str) -> Answer:
        return await self.operator_door.get(
            f"{self.base_url}{path}",
            headers=self.login.headers(),
            wait_s_max=self.poll_wait_s,
            answer_bytes_max=ANSWER_BYTES_MAX,
        )

    def _url(self, path: str) -> str:
        return f"{self.base_url}{self.path_prefix}{path}"


def _list_body(window: Window) -> dict[str, Any]:
    filters = [{"key": "status", "values": [window.status.value]}] if window.status else []
    return {
        "start_time": window.since_ms,
        "end_time": window.until_ms,
        "limit": min(window.rows_max, LIST_LIMIT_MAX),
        **({"filters": filters} if filters else {}),
    }


def _listed(names: Sequence[str]) -> str:
    return ",".join(quote(name, safe="") for name in names)


def _renamed(relay: Relay, sent_as: str, external_id: str) -> Relay:
    text = msgspec.json.encode(relay.data).decode()
    # As JSON strings, so that neither the one nor the other can break out of its quotes.
    old, new = (msgspec.json.encode(each).decode()[1:-1] for each in (sent_as, external_id))
    return replace(
        relay,
        message=relay.message.replace(sent_as, external_id),
        data=msgspec.json.decode(text.replace(old, new)),
    )
