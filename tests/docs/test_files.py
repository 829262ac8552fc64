"""The files that pages show are files that programs take: settings, proxies, scrapes.

Each is given to the strictest reader of it that there is here.
"""

import re
import shutil
import subprocess
import tomllib
from decimal import Decimal

import crossplane
import httpx2
import pytest
import yaml

from docs.snippets import Block, commands, of_language
from framegate.domain.quote import PriceList
from framegate.settings import Settings, load
from processes import Framegate
from promises.pages import ROOT, page

OPERATING = page("docs/operating.md")
ARCHITECTURE = page("docs/architecture.md")
NAMES_END = 40
"""Where the names of a floor end in the drawing, and the words on it begin."""

TOML = [
    (path.name, block)
    for path in [page("README.md"), *sorted(ROOT.glob("docs/*.md"))]
    for block in of_language(path, "toml")
]


@pytest.mark.parametrize(
    "text", [block.text for _, block in TOML], ids=[f"{name}-{block.line}" for name, block in TOML]
)
def test_settings_of_the_page_load(text, tmp_path):
    """Whole; a file that it names for a secret holds one."""
    secret = tmp_path / "secret"
    secret.write_text("api-key-kling-1")
    config = tmp_path / "framegate.toml"
    config.write_text(re.sub(r'(?m)^(\w+_file) = ".+"', rf'\1 = "{secret}"', text))
    loaded = load(config=config, environment={})
    assert loaded.upstreams.keys() >= tomllib.loads(text).get("upstreams", {}).keys()


# --- proxies ----------------------------------------------------------------------------------


def read_by_nginx(server, folder):
    """What crossplane, by the makers of nginx, says of the directives of a server block."""
    config = folder / "nginx.conf"
    config.write_text(f"events {{}}\nhttp {{\n{server}}}\n", encoding="utf-8")
    read = crossplane.parse(
        str(config), single=True, strict=True, check_ctx=True, check_args=True, combine=False
    )
    return [error["error"] for error in read["errors"]]


def test_proxy_of_the_page_is_one_that_nginx_reads(tmp_path):
    (block,) = of_language(OPERATING, "nginx")
    assert read_by_nginx(block.text, tmp_path) == []
    (error,) = read_by_nginx(block.text.replace("buffering off", "buffering no", 1), tmp_path)
    assert "must be" in error


def test_proxy_of_the_page_is_one_that_caddy_takes(tmp_path):
    (block,) = of_language(OPERATING, "caddyfile")
    if shutil.which("caddy") is None:
        pytest.skip("there is no caddy on this machine")
    config = tmp_path / "Caddyfile"
    config.write_text(block.text, encoding="utf-8")
    command = ["caddy", "adapt", "--validate", "--adapter", "caddyfile", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# --- Prometheus -------------------------------------------------------------------------------


def test_scrape_of_the_page_gets_metrics(tmp_path):
    """Prometheus would read the file this way: its job asks its target under its credentials."""
    (block,) = of_language(page("docs/metrics.md"), "yaml")
    ((job,),) = yaml.safe_load(block.text).values()
    assert job.keys() == {"job_name", "authorization", "static_configs"}
    ((target,),) = (each["targets"] for each in job["static_configs"])
    assert job["authorization"].keys() == {"credentials_file"}
    with Framegate(tmp_path / "gate") as gate:
        key = gate.command("keys", "create", "--account", "default", "--scope", "admin")["key"]
        answer = httpx2.get(
            f"http://{target.replace('127.0.0.1:8787', f'127.0.0.1:{gate.port}')}/metrics",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
        )
    assert answer.status_code == 200
    assert answer.text.startswith("# HELP ")


# --- make -------------------------------------------------------------------------------------

MADE = sorted(
    {
        command.typed.split("#")[0].split()[1]
        for path in [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
        for block in of_language(path, "console")
        for command in commands(block.text)
        if command.typed.startswith("make ")
    }
)


@pytest.mark.parametrize("target", MADE)
def test_make_knows_what_pages_have_it_make(target):
    """What these do is run by .ci/run; here make reads its file and says what it would do."""
    make = shutil.which("make")
    assert make, "make is needed to set this project up"
    done = subprocess.run(
        [make, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- what is drawn or said as a formula -------------------------------------------------------


def floors_drawn(block: Block):
    """The names of each floor, from the top: what stands left of the words, between two lines."""
    floors = [[]]
    for line in block.text.splitlines():
        if "──" in line:
            floors.append([])
        else:
            floors[-1] += re.findall(r"\w+", line[:NAMES_END])
    return floors


def test_drawing_of_the_floors_is_the_contract():
    contracts = tomllib.loads(page("pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [one["layers"] for one in contracts["contracts"] if one["id"] == "floors"]
    drawing, _ = of_language(ARCHITECTURE, "")
    drawn = [sorted(floor) for floor in floors_drawn(drawing)]
    assert drawn == [sorted(re.findall(r"\w+", layer)) for layer in layers]


def test_formula_of_the_page_gives_the_price_that_is_asked():
    (block,) = of_language(page("docs/credits.md"), "text")
    name, _, product = block.text.strip().partition(" = ")
    prices = Settings().prices["kling-3.0-turbo"]
    factors = {
        "per second": Decimal(prices.per_second),
        "seconds": Decimal(7),
        "resolution factor": Decimal(prices.resolution["1080p"]),
        "aspect ratio factor": Decimal(1),
    }
    told = 1
    for factor in product.split(" × "):
        told *= factors.pop(factor)
    assert (name, factors) == ("price", {})
    asked = PriceList(
        model="kling-3.0-turbo",
        currency=prices.currency,
        per_second_micros=int(Decimal(prices.per_second) * 1_000_000),
        resolution_permille={"1080p": int(Decimal(prices.resolution["1080p"]) * 1_000)},
        aspect_ratio_permille={},
    ).price_micros(duration_s=7, resolution="1080p", aspect_ratio="16:9")
    assert told * 1_000_000 == asked
