"""Each quirk spoils an object in one way."""

import pytest

from framegate.pretend import quirks

SHOWN = {
    "id": "9",
    "status": "succeeded",
    "message": "",
    "create_time": 1,
    "update_time": 2,
    "outputs": [{"type": "video", "id": "10", "url": "https://a/b", "duration": "5.041"}],
    "billing": [],
}


@pytest.mark.parametrize(
    ("quirk", "changed"),
    [
        (quirks.UNKNOWN_WORD, {"status": "paused"}),
        (quirks.NULLS, {"message": None, "outputs": None, "billing": None}),
        (quirks.OLD_WORDS, {"status": "succeed"}),
        (
            quirks.NUMBER_TRAPS,
            {
                "create_time": "1",
                "update_time": "2",
                "outputs": [SHOWN["outputs"][0] | {"duration": 5.041}],
            },
        ),
    ],
    ids=str,
)
def test_quirk_changes_what_it_says(quirk, changed):
    assert quirk.done(SHOWN) == SHOWN | changed


def test_quirks_that_leave_out():
    assert quirks.ABSENT.done(SHOWN) is None
    assert quirks.MISSING_KEYS.done(SHOWN) == {"id": "9", "status": "succeeded"}
    assert quirks.BACKWARDS.done(SHOWN) == {"id": "9", "status": "submitted"}
    assert "status" not in quirks.NO_STATUS.done(SHOWN)


def test_names_are_unique():
    for group in (quirks.QUIRKS, quirks.FATES):
        assert len({each.name for each in group}) == len(group)
