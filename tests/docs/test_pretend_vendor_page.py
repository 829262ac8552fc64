"""docs/pretend-vendor.md, followed to its end: a vendor and a gateway as the page starts them."""

import re

import pytest

from docs.reader import Reader
from docs.snippets import Shell, commands, environment, is_shown, of_language
from processes import PATIENCE_S, Framegate
from promises.pages import page

PAGE = page("docs/pretend-vendor.md")
STARTS_VENDOR, STARTS_GATE, ORDERS, LOOKS, FAILS = (
    block.text for block in of_language(PAGE, "console")
)
ANY_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


@pytest.fixture
def vendor(tmp_path):
    """The page's first terminal, but for its port: what it said, and what the page shows."""
    (command,) = commands(STARTS_VENDOR)
    lines = len(command.shown.splitlines())
    with Shell(tmp_path, environment()) as shell:
        shell.run(f"{command.typed} --port 0 >said & vendor=$!")
        said = shell.run(f"until [ $(wc -l <said) -ge {lines} ]; do :; done; cat said")
        yield said.out, command.shown
        shell.run("kill $vendor; wait $vendor")


@pytest.fixture
def reader(vendor, tmp_path):
    """The page's third terminal, beside a gateway that has what the vendor said in its file."""
    said, _ = vendor
    config = said[said.index("[upstreams.pretend]") :]
    with Framegate(tmp_path / "gate", config=config) as gate:
        reader = Reader(tmp_path / "reader", gate)
        reader.own["http://127.0.0.1:8790"] = lambda: re.search(r"http://\S+", said)[0]
        reader.own["/ID "] = lambda: f"/{reader.row('SELECT ticket FROM tasks')} "
        yield reader


def test_vendor_says_what_the_page_shows(vendor):
    said, shown = vendor
    shown = re.sub(r"(?m)^(log +).*$", r"\1...", ANY_PORT.sub("...", shown))
    assert is_shown(shown, said), said


def test_page_leads_to_a_video_and_to_a_failure(reader):
    assert [each.typed for each in commands(STARTS_GATE)] == ["framegate serve"]
    reader.type(ORDERS)
    (ticket,) = reader.gate.rows("SELECT ticket FROM tasks")[0]
    assert reader.gate.ended(ticket)["status"] == "succeed"
    reader.type(LOOKS)
    assert "holds" in reader.said

    reader.type(FAILS)
    body = {"contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}]}
    lost = reader.gate.http.post(
        "/kling/image-to-video/kling-3.0-turbo", json=body, timeout=PATIENCE_S
    )
    assert (lost.status_code, lost.json()["code"]) == (504, 5002)
    with Shell(reader.folder, reader.environment) as shell:
        assert "task_" in shell.run("framegate tasks uncertain").out
