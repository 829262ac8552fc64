"""A gateway of a month for `tools/screenshots.py`: thousands of rows, and names that try a layout.

Nothing works there, so what runs keeps running.
"""

import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import shots_month
from processes import Framegate

LONG = "The-quarterly-brand-film-of-the-department-of-very-long-names-" * 16
FOREIGN = "סטודיו אור 🎬 استوديو الضوء"
NAMES = (LONG[:100], FOREIGN, "东京都影像制作委员会·第三工作室", "x" * 90)
"""Names are at most 100 characters."""
UNCERTAIN = "no answer came within 30 s; the upstream may have taken it"
PROMPTS = (
    LONG[:1_000],
    "אט אט הערפל עולה מעל הנהר 🌫️ ثم تتحرك الكاميرا ببطء نحو النافذة 🎬",
    "镜头缓缓推进，花瓣从窗前飘过，最后一缕光消失在山脊之后，远处的灯一盏一盏亮起来，水面映出它们的影子。",
    "",
)


@contextmanager
def full() -> Iterator[Framegate]:
    """It serves, and works at nothing."""
    with tempfile.TemporaryDirectory() as folder:
        gate = Framegate(Path(folder))
        gate.start("--no-work")
        gate.stop()
        path = gate.data / "framegate.db"
        with closing(sqlite3.connect(path)) as database:
            (account,) = database.execute(
                "SELECT id FROM accounts WHERE name = 'default'"
            ).fetchone()
        shots_month.write(path, account)
        _vary(path)
        try:
            gate.start("--no-work")
            _name(gate)
            yield gate
        finally:
            gate.kill()
            gate.http.close()


def _vary(path: Path) -> None:
    """The newest tasks in every state, with prompts that are hard to lay out."""
    database = sqlite3.connect(path, isolation_level=None)
    try:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f"DROP TRIGGER {name}")
        newest = [
            row[0]
            for row in database.execute("SELECT id FROM tasks ORDER BY created_ms DESC LIMIT 12")
        ]
        states = ("submitted", "processing", "uncertain", "refused", "expired", "failed")
        now_ms = time.time_ns() // 1_000_000
        for number, task_id in enumerate(newest):
            state = states[number % len(states)]
            ended_ms = 0 if state in states[:3] else now_ms - 60_000
            message = {
                "refused": "upstream kling answered HTTP 400: the picture shows a real person",
                "expired": "it had not ended after 24 hours",
                "failed": f"{LONG[:300]} could not be rendered",
            }.get(state, "")
            database.execute(
                "UPDATE tasks SET status = ?, ended_ms = ?, message = ?, operator_note = ?"
                " WHERE id = ?",
                (state, ended_ms, message, UNCERTAIN if state == "uncertain" else "", task_id),
            )
            database.execute(
                "UPDATE holds SET state = ? WHERE task_id = ?",
                ("released" if ended_ms else "open", task_id),
            )
            # What was written of its success never happened.
            database.execute(
                "UPDATE life SET status = ? WHERE task_id = ? AND at_ms ="
                " (SELECT max(at_ms) FROM life WHERE task_id = ?)",
                (state, task_id, task_id),
            )
            database.execute(
                "DELETE FROM entries WHERE transfer_id IN"
                " (SELECT id FROM transfers WHERE task_id = ?)",
                (task_id,),
            )
            database.execute("DELETE FROM transfers WHERE task_id = ?", (task_id,))
            database.execute(
                "UPDATE prompts SET text = ? WHERE task_id = ?",
                (PROMPTS[number % len(PROMPTS)], task_id),
            )
    finally:
        database.close()


def _name(gate: Framegate) -> None:
    """Accounts, keys and webhooks whose names are long, foreign, or many."""
    for name in NAMES:
        _post(gate, "/api/accounts", {"name": name, "credit": "123456789.123456"})
    for number in range(24):
        _post(gate, "/api/accounts", {"name": f"team {number:02}", "credit": str(7 * number + 1)})
        _post(gate, "/api/keys", {"name": f"program {number:02}", "budget": str(number + 1)})
    for name in NAMES:
        _post(gate, "/api/keys", {"name": name, "rate": 1_000_000, "in_flight": 100_000})
    for path in (LONG, "short"):
        _post(gate, "/api/webhooks", {"url": f"https://example.com/{path}"})


def _post(gate: Framegate, path: str, body: dict[str, Any]) -> None:
    answer = gate.http.post(
        path, content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
