"""What was asked for in words and picture, apart from the bytes: to be searched and shown.

`store.tasks` keeps one row a task, in the transaction that begins it. The bytes of the request
remain the truth; this is a reading of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from framegate.domain.text_to_video import PROMPT_CHARACTERS_MAX
from framegate.store import schema
from framegate.store.database import PlainInsert, Transaction

_prompts = schema.prompts

# A signed link of somebody's storage has a few hundred; one beyond this is in the bytes alone.
PICTURE_URL_CHARACTERS_MAX = 2_048

_KEEP = PlainInsert("prompts", "task_id", "text", "picture_url")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """The words, and the first frame's address as the caller wrote it; "" for none of either."""

    text: str
    picture_url: str


NOTHING = Prompt(text="", picture_url="")


def keep(tx: Transaction, task_id: str, prompt: Prompt) -> None:
    """Keep what a task was asked for."""
    is_short = len(prompt.picture_url) <= PICTURE_URL_CHARACTERS_MAX
    url = prompt.picture_url if is_short else ""
    _KEEP(tx, task_id, prompt.text[:PROMPT_CHARACTERS_MAX], url)


def of_tasks(tx: Transaction, task_ids: Sequence[str]) -> dict[str, Prompt]:
    """What some tasks were asked for, by their ids."""
    rows = tx.execute(select(_prompts).where(_prompts.c.task_id.in_(task_ids)))
    return {row.task_id: Prompt(text=row.text, picture_url=row.picture_url) for row in rows}
