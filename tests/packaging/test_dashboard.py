"""The dashboard asks for metrics that exist, by labels that they have."""

import json
import re
from pathlib import Path

import pytest

from framegate.domain.task import TaskStatus

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "packaging" / "grafana.json").read_text(encoding="utf-8"))
METRICS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^### (framegate_\w+)$", METRICS, re.MULTILINE))
PARTS = re.compile(r"_(bucket|count|sum)$")

# What has no panel, and why.
NOT_SHOWN = {
    "framegate_build_info": "a label, and no figure",
    "framegate_audit_seconds": "how long since the last audit is what tells that none runs",
    "framegate_queue_depth": "a job that waits for its time is no sign; one that is due is",
}


def expressions():
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def shown():
    names = {name for each in expressions() for name in re.findall(r"framegate_\w+", each)}
    return {name if name in HEADINGS else PARTS.sub("", name) for name in names}


def test_every_metric_that_it_asks_for_is_on_the_page_of_metrics():
    assert shown()
    assert shown() <= HEADINGS


@pytest.mark.parametrize("metric", sorted(HEADINGS))
def test_every_metric_has_a_panel_or_a_reason_to_have_none(metric):
    assert (metric in shown()) != (metric in NOT_SHOWN)


def test_tasks_that_end_are_those_of_every_end_that_a_caller_can_see():
    (expression,) = [each for each in expressions() if each.startswith("deriv(framegate_tasks")]
    named = re.search(r'status=~"([^"]*)"', expression)[1].split("|")
    ends = {each for each in TaskStatus if each.is_terminal} - {TaskStatus.REFUSED}
    assert sorted(named) == sorted(each.value for each in ends)


def test_every_label_that_it_groups_by_is_one_of_its_metric():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                name = PARTS.sub("", re.search(r"framegate_\w+", target["expr"])[0])
                section = METRICS.partition(f"### {name}\n")[2].partition("\n#")[0]
                assert f"`{label}`" in section, (panel["title"], label)


def test_every_panel_says_what_it_shows_and_lies_on_no_other():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["description"]
