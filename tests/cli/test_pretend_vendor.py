"""`framegate pretend-vendor` as a stranger meets it."""

import asyncio
import tomllib
from pathlib import Path

import pytest

from fakes.videos import facts
from framegate.cli.pretend_vendor import Rendered, introduction
from framegate.pretend.faults import NAMED
from framegate.pretend.vendor import Config
from framegate.settings import load

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("prefix", ["", "/kling"])
def test_lines_that_it_prints_are_settings_that_a_gateway_takes(tmp_path, prefix):
    text = introduction(Config(prefix=prefix), "http://127.0.0.1:8790", tmp_path / "log")
    toml = text[text.index("[upstreams.pretend]") :]
    config = tmp_path / "framegate.toml"
    config.write_text(toml)

    settings = load(config=config, environment={})

    assert settings.outbound.allow == ("127.0.0.1:8790",)
    assert settings.upstreams["pretend"].base_url == "http://127.0.0.1:8790"
    assert settings.upstreams["pretend"].path_prefix == prefix
    assert tomllib.loads(toml).keys() == {"upstreams", "outbound"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--gateway", "/other"), "--gateway takes /kling"),
        (("--rate", "create.reset"), "PLACE.FAULT=SHARE"),
        (("--rate", "create.nothing=0.1", "--port", "0"), "create knows accepts"),
        (("--rate", "create.reset=2", "--port", "0"), "from 0 to 1"),
    ],
)
def test_mistake_on_the_command_line_is_a_sentence(shell, words, sentence):
    done = shell.bare("pretend-vendor", *words)
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output


async def test_films_are_real_and_made_once(tmp_path):
    films = Rendered(tmp_path)
    first, second = await asyncio.gather(films.film("720p", 3), films.film("720p", 3))
    assert first == second
    assert len(list(tmp_path.glob("*.mp4"))) == 1
    assert facts(first.read_bytes()).frames == 72


@pytest.mark.parametrize("place", NAMED)
def test_docs_name_every_fault(place):
    text = (ROOT / "docs" / "pretend-vendor.md").read_text()
    names = {name.removesuffix("-unbought") for name in NAMED[place]}
    assert [name for name in names if f"`{name}`" not in text] == []
