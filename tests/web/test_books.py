import csv
import io

from framegate.domain.ledger import Scope


async def test_usage_is_json_unless_csv_is_asked_for(door):
    key = door.key()
    data = (await door.get("/api/usage?by=model", key=key)).json()["data"]
    assert (data["by"], data["result"], data["currency"]) == ("model", [], "USD")
    for asked in (
        await door.get("/api/usage?by=model&format=csv", key=key),
        await door.get("/api/usage?by=model", key=key, accept="text/csv;q=0.9, */*"),
    ):
        assert asked.headers["content-type"] == "text/csv; charset=utf-8"
        assert asked.headers["content-disposition"] == 'attachment; filename="usage.csv"'
        (head,) = csv.reader(io.StringIO(asked.text))
        assert head == ["model", "label", "tasks", "seconds", "spent", "currency"]
    answer = await door.get("/api/usage?format=json", key=key, accept="text/csv")
    assert answer.headers["content-type"] == "application/json"


async def test_ledger_begins_with_the_credit(door):
    data = (await door.get("/api/ledger", key=door.key())).json()["data"]
    assert [(each["kind"], each["balance"]) for each in data["result"]] == [("topup", "10")]
    assert (data["account"]["name"], data["has_more"]) == ("acme", False)


async def test_audit_is_an_operators_and_runs_when_asked(door):
    admin = door.key("default", scope=Scope.ADMIN)
    for path, method in (("/api/audit", door.get), ("/api/audit/run", door.post)):
        assert (await method(path, key=door.key())).status_code == 403
    assert (await door.get("/api/audit", key=admin)).json()["data"]["holds"] is None
    assert (await door.post("/api/audit/run", key=admin)).json()["data"]["holds"]
    assert (await door.get("/api/audit", key=admin)).json()["data"]["holds"]


async def test_counts_are_for_any_key(door):
    for scope in (Scope.READ, Scope.ADMIN):
        answer = await door.get("/api/counts", key=door.key(scope=scope))
        assert answer.json()["data"] == {"running": 0, "videos": 0, "count_max": 10_000}
    assert (await door.get("/api/counts")).status_code == 401
