"""Every snippet of the pages is run, in the order of its page, against a real gateway.

test_every_block.py has the list of what is not run here, and who checks it instead.
"""

import re

import pytest

from docs.reader import EXCUSED_COMMANDS
from docs.snippets import Shell, blocks, commands, environment, is_shown
from docs.test_every_block import CHECKED_BY
from promises.pages import PAGES, ROOT, page

# What a page's reader has done before.
DONE_BEFORE = {
    "docs/console.md": "$ framegate accounts create NAME",
    "docs/webhooks.md": "$ framegate accounts create acme --credit 10",
}
SNIPPETS = {
    name: [block for block in blocks(path) if (name, block.language) not in CHECKED_BY]
    for name, path in ((str(path.relative_to(ROOT)), path) for path in PAGES)
    # A Chinese page has the blocks of its English one: tests/promises/test_languages.py.
    if not name.startswith("docs/zh/") and name != "README.zh.md"
}
PAGES_WITH_SNIPPETS = [name for name, found in SNIPPETS.items() if found]


@pytest.mark.parametrize("name", PAGES_WITH_SNIPPETS)
def test_every_snippet_of_the_page_does_what_it_says(reader, name):
    reader.type(DONE_BEFORE.get(name, ""))
    for block in SNIPPETS[name]:
        try:
            if block.language == "python":
                reader.run(block.text)
            else:
                reader.type(block.text)
        except AssertionError as error:
            raise AssertionError(f"{name}:{block.line}\n{error}") from None


def test_start_says_what_the_quickstart_shows(tmp_path):
    """`make serve` is `framegate serve`; its port may be taken here, so another one is."""
    (shown,) = (
        command.shown
        for block in blocks(page("docs/quickstart.md"))
        for command in commands(block.text)
        if command.typed == "make serve"
    )
    lines = len(shown.splitlines())
    with Shell(tmp_path, environment()) as shell:
        shell.run("framegate serve --port 0 >said & server=$!")
        said = shell.run(f"until [ $(wc -l <said) -ge {lines} ]; do :; done; head -n {lines} said")
        shell.run("kill $server; wait $server")
    assert is_shown(re.sub(r"(?<=127\.0\.0\.1):8787", "...", shown), said.out), said


def test_the_pages_of_client_and_command_line_are_among_those_that_are_run():
    assert {"README.md", "docs/client.md", "docs/cli.md"} <= set(PAGES_WITH_SNIPPETS)


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
