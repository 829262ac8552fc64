"""One create as it comes in and as it is answered, and whether it came before.

The web makes the one and reads the other; submit asks here before it begins anything, and once more
inside the transaction that begins it.
"""

from dataclasses import dataclass

import msgspec

from framegate.domain.ledger import Caller
from framegate.domain.submission import IMAGE_TO_VIDEO, Kind, Submission
from framegate.domain.upstream import Relay
from framegate.errors import (
    FieldError,
    FieldsInvalid,
    IdempotencyConflict,
    IdempotencyInFlight,
)
from framegate.store import idempotency, tasks
from framegate.store.database import Transaction

EXTERNAL_ID_ECHO_MAX = 200


@dataclass(frozen=True, kw_only=True)
class CreateRequest:
    """One create as it reached the web: who, what bytes, under which ids."""

    caller: Caller
    path: str
    model: str
    body: bytes
    body_sha256: str
    idempotency_key: str  # "" when none was sent.
    request_id: str
    kind: Kind = IMAGE_TO_VIDEO


@dataclass(frozen=True, kw_only=True)
class CreateAnswer:
    """What the caller is answered; `task_id` is "" when no task is behind it."""

    relay: Relay
    task_id: str = ""
    is_replay: bool = False


def recall(tx: Transaction, request: CreateRequest) -> CreateAnswer | None:
    """The answer that a repeat of the request gets (rule 50).

    raises   IdempotencyConflict for other bytes, IdempotencyInFlight for a twin on its way
    """
    known = idempotency.remembered(
        tx,
        account_id=request.caller.account.id,
        path=request.path,
        key=request.idempotency_key,
    )
    if known is None:
        return None
    body_sha256, task_id = known
    if body_sha256 != request.body_sha256:
        raise IdempotencyConflict
    task = tasks.by_id(tx, task_id)
    if task is None or not task.answer:
        raise IdempotencyInFlight
    relay = msgspec.json.decode(task.answer, type=Relay)
    return CreateAnswer(relay=relay, task_id=task_id, is_replay=True)


def refuse_duplicate(tx: Transaction, account_id: str, submission: Submission) -> None:
    """Refuse an external id that the account used before, whatever became of it (rule 49).

    raises   FieldsInvalid with the sentence of the contract
    """
    external_id = submission.external_task_id
    if external_id and tasks.by_external_id(tx, account_id, external_id) is not None:
        shown = msgspec.json.encode(external_id[:EXTERNAL_ID_ECHO_MAX]).decode()
        message = f"options.external_task_id {shown} already exists"
        raise FieldsInvalid((FieldError(path="/options/external_task_id", message=message),))
