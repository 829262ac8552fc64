"""What the code has, the pages explain: settings, errors, commands; and no link leads nowhere."""

import inspect
import json
import re

import msgspec
import msgspec.inspect as looking
import pytest
import typer

import framegate as framegate_names
from framegate import errors
from framegate.cli import terminal
from framegate.cli.main import framegate
from framegate.domain import picture
from framegate.errors import Refusal
from framegate.flows import track
from framegate.settings import NAMED_TABLES, SECRETS, SECTIONS, Settings, load
from promises.pages import PAGES, ROOT, anchors, blocks, links, page, section, sections

README_LINES_MAX = 130
SETTINGS, ERRORS, CLI = page("docs/settings.md"), page("docs/errors.md"), page("docs/cli.md")
# A user meets these as what a call answers, under the call's name.
NAMED_BY_WHAT_THEY_ARE = {
    "Account": "client.account()",
    "AsyncVideo": "await video.save(",
    "FieldProblem": "problem.path, problem.message",
    "Picture": "client.upload(",
    "Quote": "client.quote(",
    "QuoteLine": "quote.lines",
}
LEVEL_OF_AN_ENTRY = 3


# --- settings ---------------------------------------------------------------------------------


def settings():
    """Heading, section and field of every setting; NAME stands for a table's own name."""
    for table in looking.type_info(Settings).fields:
        kind = table.type
        if isinstance(kind, looking.DictType):
            yield from (
                (f"{table.name}.NAME.{one.name}", table.name, one) for one in kind.value_type.fields
            )
        else:
            yield from ((f"{table.name}.{one.name}", table.name, one) for one in kind.fields)


ALL_SETTINGS = list(settings())
EVERY_SETTING = pytest.mark.parametrize(
    ("heading", "table", "field"), ALL_SETTINGS, ids=[heading for heading, *_ in ALL_SETTINGS]
)


def default_of(field):
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return None if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def test_every_setting_has_its_heading_and_no_other_has_one():
    told = [
        each.title for each in sections(SETTINGS) if re.fullmatch(r"[a-zA-Z_]+(\.\w+)+", each.title)
    ]
    assert sorted(told) == sorted(heading for heading, *_ in ALL_SETTINGS)


def test_every_table_has_its_heading():
    titles = {each.title for each in sections(SETTINGS)}
    assert set(SECTIONS) - titles == set()


@EVERY_SETTING
def test_setting_tells_its_default(heading, table, field):
    default = default_of(field)
    if default is None:
        assert "There is no default." in section(SETTINGS, heading).words
    else:
        written = json.dumps(default)
        assert f"Default `{written}`" in section(SETTINGS, heading).words


@EVERY_SETTING
def test_setting_tells_its_bounds(heading, table, field):
    if isinstance(field.type, looking.IntType):
        assert f"{field.type.ge} to {field.type.le}" in section(SETTINGS, heading).words


@EVERY_SETTING
def test_setting_tells_its_variable(heading, table, field):
    variable = "FRAMEGATE_" + heading.upper().replace(".", "_")
    words = section(SETTINGS, heading).words
    if table == "prices":
        assert "No variable." in words
    else:
        assert f"`{variable}`" in words


def sample():
    (text,) = blocks(SETTINGS.read_text(encoding="utf-8"), "toml")
    return text


def loaded(text, folder):
    config = folder / "framegate.toml"
    config.write_text(text, encoding="utf-8")
    return load(config=config, environment={})


def test_whole_file_loads_and_holds_the_defaults(tmp_path):
    assert loaded(sample(), tmp_path) == Settings()


def test_whole_file_loads_with_its_examples_too(tmp_path):
    """The commented lines are settings as well, but for the file of a secret."""
    text = re.sub(r"^# (?=\[|\w+ = )", "", sample(), flags=re.MULTILINE)
    assert set(loaded(text, tmp_path).upstreams) == {"local", "kling"}


def test_file_of_the_readme_loads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kling.key").write_text("api-key-kling-1")
    (text,) = blocks(page("README.md").read_text(encoding="utf-8"), "toml")
    assert loaded(text, tmp_path).upstreams["kling"].api_key == "api-key-kling-1"


def test_whole_file_names_every_setting():
    missing = [heading for heading, table, field in ALL_SETTINGS if not is_in_sample(table, field)]
    assert missing == []


def is_in_sample(table, field):
    parts = re.split(r"^#? ?\[(\w+)[^\]]*\].*$", sample(), flags=re.MULTILINE)
    texts = [text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name == table]
    return any(re.search(rf"^(# )?{field.name} = ", text, re.MULTILINE) for text in texts)


def test_page_tells_which_settings_are_secrets():
    """Each has a twin that names a file."""
    fields = {heading: field.name for heading, _, field in ALL_SETTINGS}
    for heading, name in fields.items():
        if name in SECRETS:
            assert f"{heading}_file" in fields
            assert f"`{heading}`" in SETTINGS.read_text(encoding="utf-8")


def test_named_tables_are_told_as_such():
    for table in NAMED_TABLES:
        assert f"`[{table}.NAME]`" in section(SETTINGS, table).words


# --- errors -----------------------------------------------------------------------------------

REFUSALS = {
    kind.slug: kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, Refusal) and kind is not Refusal
}
EVERY_REFUSAL = pytest.mark.parametrize("slug", sorted(REFUSALS))
FAILURES = [
    picture.NOT_READABLE,
    picture.NOT_FETCHED,
    track.NEVER_CONFIRMED,
    track.TOO_LATE,
    track.NO_VIDEO,
    track.NOT_A_VIDEO,
]


def told(slug):
    """The section's words and the envelope that it shows."""
    found = section(ERRORS, slug)
    (example,) = blocks(found.text, "json")
    return found.words, json.loads(example)


def without_arguments(kind):
    """The class's own sentence; None where it is made for each occasion."""
    try:
        return kind()
    except TypeError:
        return None


def test_every_error_has_its_heading_and_no_other_has_one():
    titles = [each.title for each in sections(ERRORS) if each.level == LEVEL_OF_AN_ENTRY]
    assert sorted(title for title in titles if title.islower()) == sorted(REFUSALS)


@EVERY_REFUSAL
def test_error_tells_its_status_and_code_and_shows_it(slug):
    kind = REFUSALS[slug]
    words, example = told(slug)
    assert words.startswith(f"HTTP {kind.http_status}, code {kind.code}")
    assert list(example) == ["code", "message", "request_id", "data"]
    assert example["code"] == kind.code


@EVERY_REFUSAL
def test_error_tells_its_headers_and_its_own_sentence(slug):
    words, example = told(slug)
    error = without_arguments(REFUSALS[slug])
    if error is None:
        return
    assert error.message == example["message"]
    assert all(f"{name}: {value}" in words for name, value in error.headers)
    if error.retry_after_s is not None:
        assert f"`Retry-After: {error.retry_after_s}`" in words


@EVERY_REFUSAL
def test_error_tells_what_to_do_next(slug):
    words, _ = told(slug)
    assert "Next:" in words


@EVERY_REFUSAL
def test_error_is_found_by_its_status_and_code(slug):
    kind = REFUSALS[slug]
    rows = section(ERRORS, "By status and code").text.splitlines()
    (row,) = [row for row in rows if row.startswith(f"| {kind.http_status} | {kind.code} |")]
    assert f"[{slug}](#{slug})" in row


@EVERY_REFUSAL
def test_field_errors_are_shown_where_they_come(slug):
    _, example = told(slug)
    has_errors = issubclass(REFUSALS[slug], errors.FieldsInvalid)
    assert ("errors" in example["data"]) == has_errors


@pytest.mark.parametrize("sentence", FAILURES)
def test_reason_of_a_failed_task_is_explained(sentence):
    assert f"`{sentence}`" in section(ERRORS, "Failed tasks").text


def test_every_exit_status_is_explained():
    statuses = {value for name, value in vars(terminal).items() if name.startswith("EXIT_")}
    text = section(CLI, "Exit statuses").text
    assert {int(status) for status in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == (
        statuses | {0}
    )


# --- commands and links -----------------------------------------------------------------------


def commands():
    """Every command as it is typed: `("accounts", "create")`."""
    for name, command in typer.main.get_command(framegate).commands.items():
        below = getattr(command, "commands", None)
        yield from ((name, child) for child in below) if below else [(name,)]


def test_every_command_has_its_heading_and_no_other_has_one():
    told = [each.title for each in sections(CLI) if each.level == LEVEL_OF_AN_ENTRY]
    assert sorted(told) == sorted(" ".join(words) for words in commands())


@pytest.mark.parametrize("words", sorted(commands()), ids=" ".join)
def test_every_command_has_an_example(words):
    assert f"framegate {' '.join(words)}" in section(CLI, " ".join(words)).words


@pytest.mark.parametrize("name", sorted(set(framegate_names.__all__) - {"__version__"}))
def test_every_public_name_of_the_client_is_on_its_page(name):
    text = page("docs/client.md").read_text(encoding="utf-8")
    if name in NAMED_BY_WHAT_THEY_ARE:
        assert NAMED_BY_WHAT_THEY_ARE[name] in text
    else:
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", text)


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_link_leads_somewhere(path):
    for link in links(path):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        to = (path.parent / name).resolve() if name else path
        assert to.exists(), link
        if anchor:
            assert anchor in anchors(to), link


def test_readme_can_be_read_in_one_go():
    assert len(page("README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES_MAX


# --- what the code cites ----------------------------------------------------------------------

CODE = sorted(path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py"))
CITED = re.compile(r"\b[Rr]ules? (\d+(?:(?:, | to | and )\d+)*)")
RULE = re.compile(r"^- \*\*(\d+)(?: (?:to|and) (\d+))?\*\*", re.MULTILINE)


def rules():
    """Every number on the contract's page; a span stands for all in it."""
    spans = RULE.findall(page("docs/contract.md").read_text(encoding="utf-8"))
    return [number for least, most in spans for number in range(int(least), int(most or least) + 1)]


def test_rules_are_numbered_without_a_gap():
    assert rules() == list(range(1, len(rules()) + 1))


def test_every_rule_that_the_code_cites_is_on_the_contracts_page():
    cited = {
        int(number)
        for path in CODE
        for numbers in CITED.findall(path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+", numbers)
    }
    assert cited - set(rules()) == {99}  # Of a test that invents rules.


def test_every_page_that_the_code_cites_is_there():
    cited = {
        name
        for path in CODE
        for name in re.findall(r"[\w./-]*\w\.md\b", path.read_text(encoding="utf-8"))
    }
    pages = {str(path.relative_to(ROOT)) for path in PAGES}
    assert cited - pages - {path.removeprefix("docs/") for path in pages} == set()
