"""Every fenced block of every page is checked by a test, or is named here with its reason.

Commands and Python are run by test_snippets.py; what it does not run stands below, with the test
that sees to it. A page with a block that is in neither fails. Pages in Chinese have the blocks of
their English ones (tests/promises/test_languages.py).
"""

import re

import pytest

from docs.snippets import RUNNABLE, every_block
from promises.pages import PAGES, ROOT, page

# By page ("*" for every other one) and language: the test that runs, reads or compares it.
CHECKED_BY = {
    ("*", "json"): "tests/docs/test_answers.py::test_json_of_the_page_is_what_the_api_describes",
    ("*", "toml"): "tests/docs/test_files.py::test_settings_of_the_page_load",
    (
        "docs/api.md",
        "",
    ): "tests/docs/test_answers.py::test_stream_of_the_page_is_what_a_stream_sends",
    (
        "docs/architecture.md",
        "",
    ): "tests/docs/test_files.py::test_drawing_of_the_floors_is_the_contract",
    ("docs/generate.md", "javascript"): (
        "tests/promises/test_generate_page.py::test_program_of_the_page_makes_a_video"
    ),
    ("docs/generate.md", "shell"): (
        "tests/promises/test_generate_page.py::test_program_of_the_page_makes_a_video"
    ),
    ("docs/generate.md", "json"): (
        "tests/promises/test_generate_page.py::test_request_of_the_page_passes_every_rule"
    ),
    ("docs/metrics.md", "yaml"): "tests/docs/test_files.py::test_scrape_of_the_page_gets_metrics",
    ("docs/mistakes.md", "text"): "tests/docs/test_mistakes.py::test_page_has_the_exact_words",
    (
        "docs/operating.md",
        "nginx",
    ): "tests/docs/test_files.py::test_proxy_of_the_page_is_one_that_nginx_reads",
    (
        "docs/operating.md",
        "caddyfile",
    ): "tests/docs/test_files.py::test_proxy_of_the_page_is_one_that_caddy_takes",
    ("docs/pretend-vendor.md", "console"): (
        "tests/docs/test_pretend_vendor_page.py::test_page_leads_to_a_video_and_to_a_failure"
    ),
    ("docs/upstreams.md", "console"): (
        "tests/docs/test_upstreams_page.py::test_commands_do_what_the_page_shows"
    ),
    ("docs/webhooks.md", "go"): (
        "tests/promises/test_webhooks_page.py::test_recipe_in_go_gives_the_same_verdicts"
    ),
    (
        "docs/webhooks.md",
        "http",
    ): "tests/docs/test_answers.py::test_message_of_the_page_is_signed_as_it_says",
    ("docs/webhooks.md", "javascript"): (
        "tests/promises/test_webhooks_page.py::test_recipe_in_javascript_gives_the_same_verdicts"
    ),
    ("docs/webhooks.md", "python"): (
        "tests/promises/test_webhooks_page.py"
        "::test_recipe_takes_a_good_message_also_while_a_secret_rotates"
    ),
    ("docs/credits.md", "text"): (
        "tests/docs/test_files.py::test_formula_of_the_page_gives_the_price_that_is_asked"
    ),
}
# What no test of ours can run on every machine. Where the tool is there it is run all the same.
NOT_RUN_EVERYWHERE = {
    ("docs/webhooks.md", "go"): "needs go, which is not on every machine",
    ("docs/generate.md", "javascript"): "needs node, which is not on every machine",
    ("docs/webhooks.md", "javascript"): "needs node, which is not on every machine",
    ("docs/operating.md", "caddyfile"): "only caddy itself reads its files, and it is seldom there",
}
# The second block of docs/architecture.md, under "One request, one way", is a drawing of events in
# time that no file of ours lists; tests/flows and tests/end_to_end test each of its steps.
DRAWINGS = {("docs/architecture.md", "One request, one way")}

ENGLISH = {
    str(path.relative_to(ROOT)): path
    for path in PAGES
    if "zh" not in path.parts and path.name != "README.zh.md"
}
EVERY_BLOCK = [(name, block) for name, path in ENGLISH.items() for block in every_block(path)]


def check_of(name, language):
    return CHECKED_BY.get((name, language)) or CHECKED_BY.get(("*", language))


def test_every_block_is_run_or_has_a_check():
    left = [
        f"{name}:{block.line} ({block.language or 'no language'})"
        for name, block in EVERY_BLOCK
        if block.language not in RUNNABLE and check_of(name, block.language) is None
    ]
    assert left == []


@pytest.mark.parametrize(("where", "test"), CHECKED_BY.items(), ids=map("-".join, CHECKED_BY))
def test_check_of_a_block_is_there_and_so_is_the_block(where, test):
    name, language = where
    path, _, function = test.partition("::")
    tests = page(path).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {function}\(", tests, re.MULTILINE)
    assert any(
        block.language == language and name in {"*", on_page} for on_page, block in EVERY_BLOCK
    )


@pytest.mark.parametrize("where", NOT_RUN_EVERYWHERE, ids="-".join)
def test_what_is_not_run_everywhere_is_skipped_by_its_check_alone(where):
    path = page(CHECKED_BY[where].partition("::")[0])
    assert "skip" in path.read_text(encoding="utf-8")


def test_block_that_nobody_checks_is_seen(tmp_path):
    surprise = tmp_path / "page"
    surprise.write_text("# P\n\n- a list\n\n  ```haskell\n  main\n  ```\n\n```\nplain\n```\n")
    assert [(each.language, each.line) for each in every_block(surprise)] == [
        ("haskell", 6),
        ("", 10),
    ]
    assert check_of("docs/surprise", "haskell") is None
    assert check_of("docs/surprise", "") is None
