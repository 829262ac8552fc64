from framegate.store import findings
from framegate.store.findings import FindingRow


def a_finding(promise, broken=0, ids=()):
    return FindingRow(
        promise=promise, says=f"promise {promise}", broken=broken, ids=ids, checked_ms=7, took_ms=3
    )


def test_nothing_is_known_before_the_first_run(tx):
    assert findings.last(tx) == []


def test_run_takes_the_place_of_the_run_before(tx):
    findings.keep(tx, [a_finding(1), a_finding(2, 9, ("task_1", "task_2"))])
    findings.keep(tx, [a_finding(3), a_finding(2)])
    assert findings.last(tx) == [a_finding(2), a_finding(3)]


def test_ids_come_back_as_they_were(tx):
    findings.keep(tx, [a_finding(2, 9, ("task_1", 'odd "id"'))])
    (row,) = findings.last(tx)
    assert row.ids == ("task_1", 'odd "id"')
