import gzip
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


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "gzip"), ("br, GZIP;q=0.5", "gzip"), ("gzip;q=0", ""), ("br", ""), ("", "")],
)
async def test_text_is_compressed_for_who_takes_it(door, files, accepted, encoding):
    answer = await door.get(files.url("css/console.css"), Accept_Encoding=accepted)
    assert answer.headers.get("content-encoding", "") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == (FOLDER / "css/console.css").read_bytes()


async def test_compressed_file_is_smaller_and_known_again(door, files):
    url, whole = files.url("css/console.css"), (FOLDER / "css/console.css").read_bytes()
    pressed = await door.get(url, Accept_Encoding="gzip")
    assert int(pressed.headers["content-length"]) == len(gzip.compress(whole, mtime=0)) < len(whole)
    again = await door.get(url, If_None_Match=pressed.headers["etag"], Accept_Encoding="gzip")
    assert again.status_code == 304


async def test_picture_is_sent_as_it_is(door, files):
    answer = await door.get(files.url("samples/dusk.jpg"), Accept_Encoding="gzip")
    assert "content-encoding" not in answer.headers


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
