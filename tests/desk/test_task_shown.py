"""What a member never sees, and what a picture of ours becomes."""

import pytest

from fakes.rows import NOW_MS, a_task
from framegate.desk.task_shown import Around, line_shown, task_shown
from framegate.domain.upstream import Headway
from framegate.store.life import Line
from framegate.store.prompts import Prompt
from framegate.store.tasks import Record

OPERATORS_FIELDS = {
    *("account_name", "upstream", "ticket", "operator_note", "upstream_billing", "cost"),
    *("margin", "source_url", "late_at", "polls", "next_at", "deadline_at"),
}


def a_record(**facts):
    note = {"operator_note": "quota", "billing": "", "cost_micros": -1, "late_ms": 0}
    task = a_task("acc_1", id="task_1", **facts.pop("task", {}))
    return Record(task=task, **note | facts)


def around(**facts):
    empty = {"prompts": {}, "pictures_kept": frozenset(), "keys": {}, "account_names": {}}
    return Around(**empty | facts)


def shown(desks, caller, record, headway=(), **facts):
    return task_shown(desks.gateway, caller, record, around(**facts), dict(headway))


def test_member_sees_no_field_of_the_operators(desks, member, operator):
    seen = {caller: shown(desks, caller, a_record()) for caller in (member, operator)}
    assert seen[operator].keys() - seen[member].keys() == OPERATORS_FIELDS
    assert "quota" not in str(seen[member])


@pytest.mark.parametrize(
    ("cost_micros", "cost", "margin"),
    [(-1, None, None), (0, "0", "0.56"), (700_000, "0.7", "-0.14")],
)
def test_margin_is_never_guessed(desks, operator, cost_micros, cost, margin):
    seen = shown(desks, operator, a_record(cost_micros=cost_micros))
    assert (seen["cost"], seen["margin"]) == (cost, margin)


def test_picture_that_was_uploaded_here_has_a_fresh_link(desks, member):
    link = desks.gateway.links.make("images", "img_1", now_ms=NOW_MS)
    asked_for = {"task_1": Prompt(text="a cat", picture_url=link)}
    kept = shown(desks, member, a_record(), prompts=asked_for, pictures_kept=frozenset({"img_1"}))
    assert kept["picture"]["id"] == "img_1"
    assert "/images/img_1?" in kept["picture"]["url"] != link
    gone = shown(desks, member, a_record(), prompts=asked_for)
    assert gone["picture"] == {"id": "img_1", "url": ""}


def test_picture_of_somebody_elses_is_as_the_caller_named_it(desks, member):
    url = "https://cdn.example.com/images/img_1"
    asked_for = {"task_1": Prompt(text="", picture_url=url)}
    seen = shown(desks, member, a_record(), prompts=asked_for)
    assert seen["picture"] == {"id": "", "url": url}
    assert shown(desks, member, a_record())["picture"] is None


def test_headway_is_that_of_the_task(desks, member):
    headway = Headway(
        task_id="task_1", account_id="acc_1", stage="depth", frames_done=3, frames_total=9
    )
    seen = shown(desks, member, a_record(), {"task_1": headway})
    assert (seen["stage"], seen["frames_done"], seen["frames_total"]) == ("depth", 3, 9)


def test_line_keeps_the_operators_note_to_operators():
    line = Line(
        id=7,
        task_id="task_1",
        account_id="acc_1",
        at_ms=NOW_MS + 1_500,
        status="sending",
        note="",
        operator_note="no route",
    )
    line = Line(**vars(line) | {"status": a_task("acc_1").status})
    assert line_shown(line, NOW_MS, is_admin=False) == {
        "id": 7,
        "at": NOW_MS + 1_500,
        "after_s": 1.5,
        "state": "sending",
        "note": "",
    }
    assert line_shown(line, NOW_MS, is_admin=True)["operator_note"] == "no route"
