"""Somebody who reads a page and types what it says, against a real gateway.

What stands for something of the reader's own (TASK_ID, a folder, a vendor's id) is filled in; a
command that needs something to have happened before has it happen for real.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from docs.snippets import PATIENCE_S, Shell, commands, environment
from processes import CREATE, Framegate
from promises.pages import ROOT

# Allowed to every gateway here, and nobody listens there: port 1 needs a right that no test has.
DEAD_PAIR = "127.0.0.1:1"

# Commands that do not end, that run the suite, or that install over a network.
EXCUSED_COMMANDS = {
    "make demo": ".ci/run runs it in a fresh clone",
    "make test": "runs the suite itself",
    "make check": "runs the suite itself",
    "make assets": "fetches over a network; tests/tools/test_assets.py",
    "framegate serve": "does not end; tests/cli/test_serve.py, tests/end_to_end/test_traces.py",
    "make serve": "does not end; test_snippets.py reads what such a start says",
    "framegate webhooks listen": "does not end; tests/cli/test_listen.py listens",
    "git clone": "fetches; .ci/run clones",
    "python3 -m venv /opt": "writes outside of the test's folder; .ci/run makes environments",
    "/opt/framegate/bin/pip install": "fetches packages; tests/packaging/test_wheel.py installs",
}


class Reader:
    """A folder, a shell's environment, and the ids of this reader's own tasks and keys."""

    def __init__(self, folder: Path, gate: Framegate, **settings: str) -> None:
        """`folder` becomes one in which the pages' relative paths lead somewhere."""
        folder.mkdir()
        (folder / "src").symlink_to(ROOT / "src")
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "framegate-data").symlink_to(gate.data)
        with Image.open(ROOT / "src/framegate/samples/dusk.jpg") as picture:
            picture.resize((480, 320)).save(folder / "cat.png")
        self.folder = folder
        self.gate = gate
        self.said = ""
        self.environment = environment(
            FRAMEGATE_URL=gate.url,
            FRAMEGATE_KEY=(gate.data / "admin.key").read_text().strip(),
            FRAMEGATE_DATA_DIR=str(gate.data),
            FRAMEGATE_SERVER_PORT=str(gate.port),
            FRAMEGATE_OUTBOUND_ALLOW=DEAD_PAIR,
            **settings,
        )
        self.own: dict[str, Callable[[], str]] = {
            "http://127.0.0.1:8787": lambda: gate.url,
            "THE URL FROM ABOVE": lambda: self.after('"url":"'),
            "541876631135639625": lambda: self.after('"id":"'),
            "TASK_ID": lambda: self.row("SELECT ticket FROM tasks"),
            "KEY_ID": lambda: self.row("SELECT id FROM keys ORDER BY id DESC"),
            "hook_01K...": lambda: self.row("SELECT id FROM endpoints ORDER BY id DESC"),
            "msg_01K...": lambda: self.row("SELECT id FROM deliveries WHERE status = 'failed'"),
            "sudo /opt/framegate/bin/": str,
            "/opt/framegate/bin/": str,
            "/var/lib/framegate": lambda: str(gate.data),
            "/backups/": lambda: f"{folder}/",
        }
        self.before: dict[str, Callable[[], None]] = {
            "framegate webhooks replay": self.fail_to_deliver
        }

    def type(self, text: str) -> None:
        """A console block: every command ends well and says what the page shows."""
        with Shell(self.folder, self.environment) as shell:
            for command in commands(text):
                if any(command.typed.startswith(excused) for excused in EXCUSED_COMMANDS):
                    continue
                for begin, happen in self.before.items():
                    if command.typed.startswith(begin):
                        happen()
                typed = self.filled_in(command.typed)
                said = shell.run(typed)
                self.said = said.out
                assert said.status == 0, f"{typed}\n{said}"
                shown = self.filled_in(command.shown)
                assert not shown or said.shows(shown), f"{typed}\n{shown}\n{said}"

    def run(self, text: str) -> None:
        """A Python block, as a script of its own."""
        script = self.folder / "snippet.py"
        script.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stderr}"

    def filled_in(self, text: str) -> str:
        """The reader's own ids and addresses for what the page writes in their place."""
        for placeholder, value in self.own.items():
            if placeholder in text:
                text = text.replace(placeholder, value())
        return text

    def after(self, mark: str) -> str:
        """What stands behind `mark` in the answer before, up to the next quote."""
        found = re.search(f'{re.escape(mark)}([^"]+)"', self.said)
        assert found is not None, (mark, self.said)
        return found[1]

    def row(self, query: str) -> str:
        """The first value of the first row of the gateway's database."""
        return str(self.gate.rows(query)[0][0])

    def fail_to_deliver(self) -> None:
        """A task of `acme` fails, its webhook cannot be told, and is disabled and enabled again."""
        words = ("--account", "acme")
        url = f"http://{DEAD_PAIR}/hooks"
        self.gate.command("webhooks", "create", url, *words, "--event", "task.failed")
        key = self.gate.command("keys", "create", *words)["key"]
        picture = {"type": "first_frame", "url": "http://no-such-host.invalid/a.jpg"}
        headers = {"Authorization": f"Bearer {key}"}
        answer = self.gate.http.post(CREATE, json={"contents": [picture]}, headers=headers)
        assert answer.json()["code"] == 0, answer.text
        self.gate.until(
            lambda: self.row("SELECT status FROM tasks ORDER BY created_ms DESC"),
            lambda status: status == "failed",
        )
        hook = self.row("SELECT id FROM endpoints ORDER BY id DESC")
        self.gate.command("webhooks", "disable", hook, *words)
        self.gate.command("webhooks", "enable", hook, *words)
