import re

import pytest

from framegate.web.console.static_files import FOLDER, StaticFiles


@pytest.fixture(scope="module")
def files():
    return StaticFiles()


async def test_file_is_kept_for_ever_under_its_version(door, files):
    answer = await door.get(files.url("css/console.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_who_has_a_file_is_told_so(door, files):
    first = await door.get(files.url("icons.svg"))
    again = await door.get(files.url("icons.svg"), If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_address_of_another_version_is_not_kept(door):
    answer = await door.get("/console/static/000000000000/icons.svg")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["nothing.css", "../pages.py", "..%2fpages.py", "css", "", "vendor/stamp"]
)
async def test_nothing_else_is_served(door, files, name):
    answer = await door.get(f"/console/static/{files.version}/{name}")
    assert answer.status_code == 404


def test_version_changes_with_any_content(tmp_path):
    (tmp_path / "a.css").write_text("a {}")
    before = StaticFiles(tmp_path).version
    (tmp_path / "a.css").write_text("b {}")
    assert StaticFiles(tmp_path).version != before


def test_page_that_names_a_missing_file_fails_loudly(files):
    with pytest.raises(KeyError):
        files.url("css/nothing.css")


def test_every_import_and_icon_of_the_scripts_is_there():
    icons = set(re.findall(r'symbol id="(\w+)"', (FOLDER / "icons.svg").read_text()))
    for script in (FOLDER / "js").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        for name in re.findall(r'from "\./([\w.-]+)"', text):
            assert (FOLDER / "js" / name).is_file(), f"{script.name} imports {name}"
        assert set(re.findall(r'icon\("(\w+)"\)', text)) <= icons, script.name


def test_every_icon_of_the_templates_is_there():
    icons = set(re.findall(r'symbol id="(\w+)"', (FOLDER / "icons.svg").read_text()))
    for template in (FOLDER.parent / "templates").glob("*.html"):
        assert set(re.findall(r"icon\('(\w+)'\)", template.read_text())) <= icons, template.name
