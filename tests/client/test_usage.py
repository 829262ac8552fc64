"""Usage is read into values, and the CSV is passed on as it came."""

from datetime import date
from decimal import Decimal

import pytest

from fakes.played import Player, answer, success
from framegate.client import calls
from framegate.client.errors import FieldsRefused, ServerUnreachable
from framegate.client.steps import Reply

GROUP = {"group": "720p", "label": "720p", "tasks": 2, "seconds": 8, "spent": "0.896"}
USED = {
    "by": "resolution", "from": "2026-07-01", "to": "2026-07-31", "currency": "USD",
    "result": [GROUP], "total": GROUP | {"group": "", "label": ""},
}  # fmt: skip


def test_groups_are_values_with_amounts_as_decimals(ask):
    used = Player(success(USED))(calls.usage(ask, by="resolution"))
    assert (used.first, used.last) == (date(2026, 7, 1), date(2026, 7, 31))
    (group,) = used.groups
    assert (group.label, group.spent, group.cost) == ("720p", Decimal("0.896"), None)
    assert used.total.tasks == 2


def test_cost_of_an_operators_answer_is_read_where_it_is_known(ask):
    known = GROUP | {"cost": "0.7", "margin": "0.196", "costs_known": 2}
    unknown = GROUP | {"cost": None, "margin": None, "costs_known": 0}
    used = Player(success(USED | {"result": [known, unknown]}))(calls.usage(ask))
    assert [each.cost for each in used.groups] == [Decimal("0.7"), None]


def test_only_what_was_given_is_asked(ask):
    player = Player(success(USED))
    player(calls.usage(ask, by="key", first=date(2026, 7, 1), account="a b"))
    (sent,) = player.sent
    assert sent.url == "http://gate.example/api/usage?by=key&from=2026-07-01&account=a+b"


def test_csv_is_passed_on_byte_for_byte(ask):
    body = "day,tasks\r\n'=1,Größe\r\n".encode()
    player = Player(Reply(200, {"content-type": "text/csv; charset=utf-8"}, body))
    assert player(calls.usage_csv(ask)) == body
    assert player.sent[0].headers["Accept"] == "text/csv"


def test_no_of_the_server_is_raised_in_place_of_a_table(ask):
    with pytest.raises(FieldsRefused):
        Player(answer(400))(calls.usage_csv(ask))


def test_anything_but_csv_is_no_table(ask):
    with pytest.raises(ServerUnreachable, match="no framegate that has usage"):
        Player(Reply(200, {"content-type": "text/html"}, b"<html>"))(calls.usage_csv(ask))
