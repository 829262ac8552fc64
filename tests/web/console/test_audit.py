from framegate.domain.ledger import Scope
from framegate.store import audit
from framegate.web.console.audit import CHECKS, PROMISES


async def test_audit_is_an_operators(looker, door):
    await looker.post("/console/sign-in", f"key={door.key('acme')}")
    assert (await looker.get("/console/audit")).status_code == 403


async def test_every_check_is_named_before_the_first_run(looker, door):
    await looker.post("/console/sign-in", f"key={door.key('house', scope=Scope.ADMIN)}")
    text = (await looker.get("/console/audit")).text
    assert "Not checked yet" in text
    assert text.count('class="check-unchecked"') == len(audit.names())


async def test_run_is_shown_with_what_it_found(looker, door):
    key = door.key("house", scope=Scope.ADMIN)
    await door.post("/api/audit/run", key=key)
    await looker.post("/console/sign-in", f"key={key}")
    assert "Every promise holds" in (await looker.get("/console/audit")).text


def test_every_promise_and_check_can_be_translated():
    """Their sentences come from the audit; the translators know them from the page's module."""
    assert [says for _, says in audit.names()] == list(CHECKS)
    assert {promise for promise, _ in audit.names()} == set(PROMISES)
