"""Every snippet of the pages is run, in the order of its page, against a real gateway.

A page has a gateway of its own, so that it can be read alone. What stands for something of the
reader's own (TASK_ID) is filled in; what cannot be run here is named with its reason.
"""

import re
import subprocess
import sys

import pytest
from PIL import Image

from docs.snippets import PATIENCE_S, Shell, blocks, commands, environment, is_shown
from processes import Framegate
from promises.pages import PAGES, ROOT

# Pages whose snippets are tested elsewhere, or cannot be run beside the suite.
EXCUSED_PAGES = {
    "CONTRIBUTING.md": "runs the suite itself",
    "docs/operating.md": "installs a package and copies system folders; tests/packaging",
    "docs/pretend-vendor.md": "tests/cli/test_pretend_vendor.py starts what the page starts",
    "docs/upstreams.md": "needs a Kling account; tests/cli/test_tasks.py and test_upstreams.py",
}
# Commands that do not end, and those that run the suite.
EXCUSED_COMMANDS = {
    "make demo": ".ci/run runs it in a fresh clone",
    "make test": "runs the suite itself",
    "make serve": "does not end by itself",
    "framegate webhooks replay": "needs a delivery that failed; tests/cli/test_webhooks.py",
    "framegate webhooks listen": "does not end by itself; tests/cli/test_listen.py",
}
# What a page's reader has done before.
DONE_BEFORE = {
    "docs/console.md": "$ framegate accounts create NAME",
    "docs/webhooks.md": "$ framegate accounts create acme --credit 10",
}
EXCUSED_BLOCKS = {("docs/webhooks.md", "python"): "tests/promises/test_webhooks_page.py runs them"}
PAGES_WITH_SNIPPETS = [
    str(path.relative_to(ROOT))
    for path in PAGES
    # A Chinese page has the blocks of its English one: tests/promises/test_languages.py.
    if blocks(path) and path.parent.name != "zh" and path.name != "README.zh.md"
    if str(path.relative_to(ROOT)) not in EXCUSED_PAGES
]


class Reader:
    """Somebody who reads a page and types what it says."""

    def __init__(self, folder, gate):
        self.folder = folder
        self.gate = gate
        self.said = ""
        self.environment = environment(
            FRAMEGATE_URL=gate.url,
            FRAMEGATE_KEY=(gate.data / "admin.key").read_text().strip(),
            FRAMEGATE_DATA_DIR=str(gate.data),
            FRAMEGATE_SERVER_PORT=str(gate.port),
        )

    def type(self, text):
        """A console block: every command ends well and says what the page shows."""
        with Shell(self.folder, self.environment) as shell:
            for command in commands(text):
                if any(command.typed.startswith(excused) for excused in EXCUSED_COMMANDS):
                    continue
                typed = self.filled_in(command.typed)
                said = shell.run(typed)
                self.said = said.out
                assert said.status == 0, f"{typed}\n{said}"
                shown = self.filled_in(command.shown)
                assert not shown or said.shows(shown), f"{typed}\n{shown}\n{said}"

    def run(self, text):
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

    def filled_in(self, text):
        """The reader's own ids and addresses for what the page writes in their place."""
        own = {
            "http://127.0.0.1:8787": lambda: self.gate.url,
            "THE URL FROM ABOVE": lambda: self.after('"url":"'),
            "541876631135639625": lambda: self.after('"id":"'),
            "TASK_ID": lambda: self.row("SELECT ticket FROM tasks"),
            "KEY_ID": lambda: self.row("SELECT id FROM keys ORDER BY id DESC"),
            "hook_01K...": lambda: self.row("SELECT id FROM endpoints ORDER BY id DESC"),
        }
        for placeholder, value in own.items():
            if placeholder in text:
                text = text.replace(placeholder, value())
        return text

    def after(self, mark):
        return re.search(f'{re.escape(mark)}([^"]+)"', self.said)[1]

    def row(self, query):
        return str(self.gate.rows(query)[0][0])


@pytest.fixture
def reader(tmp_path):
    with Framegate(tmp_path / "gate") as gate:
        folder = tmp_path / "reader"
        folder.mkdir()
        (folder / "src").symlink_to(ROOT / "src")
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "framegate-data").symlink_to(gate.data)
        with Image.open(ROOT / "src/framegate/samples/dusk.jpg") as picture:
            picture.resize((480, 320)).save(folder / "cat.png")
        yield Reader(folder, gate)


@pytest.mark.parametrize("name", PAGES_WITH_SNIPPETS)
def test_every_snippet_of_the_page_does_what_it_says(reader, name):
    reader.type(DONE_BEFORE.get(name, ""))
    for block in blocks(ROOT / name):
        if (name, block.language) in EXCUSED_BLOCKS:
            continue
        try:
            if block.language == "python":
                reader.run(block.text)
            else:
                reader.type(block.text)
        except AssertionError as error:
            raise AssertionError(f"{name}:{block.line}\n{error}") from None


def test_the_pages_of_client_and_command_line_are_among_those_that_are_run():
    assert {"README.md", "docs/client.md", "docs/cli.md"} <= set(PAGES_WITH_SNIPPETS)


@pytest.mark.parametrize("name", EXCUSED_PAGES)
def test_excused_page_still_has_snippets(name):
    assert blocks(ROOT / name)


@pytest.mark.parametrize("command", EXCUSED_COMMANDS)
def test_excused_command_is_still_on_a_page(command):
    assert any(f"$ {command}" in path.read_text(encoding="utf-8") for path in PAGES)


def test_answer_that_the_page_does_not_show_is_seen():
    """The comparison can fail."""
    assert is_shown("a ... c\n", "a b\n c")
    assert not is_shown("a ... c", "a b d")
    assert not is_shown("a", "a b")


def test_commands_are_told_from_answers():
    text = "$ a \\\n    b\nanswer\n$ c 'x\n y'\n$ d   # why\n"
    assert [(each.typed, each.shown) for each in commands(text)] == [
        ("a \\\n    b", "answer"),
        ("c 'x\n y'", ""),
        ("d   # why", ""),
    ]
