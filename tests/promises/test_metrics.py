"""What `/metrics` shows, docs/metrics.md explains, and nothing else."""

import re

import httpx2
import msgspec
import pytest

from framegate.gateway import Gateway
from framegate.settings import Settings
from framegate.web.app import app
from promises.pages import page, section, sections

METRICS = page("docs/metrics.md")
LEVEL_OF_A_METRIC = 3


@pytest.fixture
async def shown(tmp_path):
    """The type of every metric by its name, as a scraper is told."""
    gateway = Gateway.open(msgspec.convert({"data": {"dir": str(tmp_path)}}, Settings))
    gateway.prepare()
    key = (tmp_path / "admin.key").read_text().strip()
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app(gateway)), base_url="http://gate"
    ) as http:
        answer = await http.get("/metrics", headers={"Authorization": f"Bearer {key}"})
    await gateway.close()
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", answer.text, re.MULTILINE))


async def test_every_metric_has_its_heading_and_no_other_has_one(shown):
    told = {each.title for each in sections(METRICS) if each.level == LEVEL_OF_A_METRIC}
    assert told == set(shown)


async def test_page_tells_the_type_of_each_metric(shown):
    for name, kind in shown.items():
        assert section(METRICS, name).words.startswith(kind.capitalize()), name
