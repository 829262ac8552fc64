from framegate.web.console import navigation


def keys(*, is_admin, paths=()):
    entries = (*navigation.MAKING, *navigation.BUILDING)
    there = set(paths) or {entry.path for entry in entries}
    return [each.key for each in navigation.shown(entries, paths=there, is_admin=is_admin)]


def test_member_sees_no_page_of_the_operators():
    assert not {"accounts", "audit", "upstreams"} & set(keys(is_admin=False))
    assert {"accounts", "audit", "upstreams"} <= set(keys(is_admin=True))


def test_page_that_is_not_there_is_not_linked():
    assert keys(is_admin=True, paths=["/console/tasks"]) == ["tasks"]
