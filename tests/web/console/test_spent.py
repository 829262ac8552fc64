import pytest

from framegate.web.console import spent


def key(budget, used):
    return {"limits": {"budget": budget}, "spent": used}


@pytest.mark.parametrize(
    ("budget", "used", "percent", "is_nearly"),
    [
        (None, "3", None, False),
        ("5", "0", 0, False),
        ("3", "2.399999", 79, False),
        ("5", "4", 80, True),
        ("5", "4.999999", 99, True),
        ("5", "5", 100, True),
        ("5", "7", 100, True),
    ],
)
def test_bar_is_full_only_when_nothing_is_left(budget, used, percent, is_nearly):
    shown = spent.of_budget(key(budget, used))
    assert (shown["percent"], shown["is_nearly_spent"]) == (percent, is_nearly)
