from hypothesis import given
from hypothesis import strategies as st

from framegate.web.console import timeline

BEGAN = 1_783_065_388_949


def life(*steps):
    return [
        {"state": state, "at": BEGAN + after, "after_s": after / 1_000, "note": ""}
        for state, after in steps
    ]


def test_stage_lasts_until_the_next_begins():
    found = timeline.stages(
        life(("sending", 0), ("processing", 250), ("succeeded", 1_000)), now_ms=BEGAN + 9_000
    )
    assert [stage.took_s for stage in found] == [0.25, 0.75, None]
    assert [stage.width for stage in found] == [250, 750, 0]
    assert [stage.left for stage in found] == [0, 250, 1_000]


def test_stage_that_goes_on_is_drawn_until_now():
    sending, processing = timeline.stages(
        life(("sending", 0), ("processing", 1_000)), now_ms=BEGAN + 4_000
    )
    assert (sending.width, processing.width, processing.took_s) == (250, 750, None)


def test_short_stage_is_still_seen():
    short, _, _ = timeline.stages(
        life(("sending", 0), ("processing", 1), ("failed", 600_000)), now_ms=BEGAN
    )
    assert short.width == timeline.WIDTH_MIN


def test_life_that_was_not_kept_is_no_stage():
    assert timeline.stages([], now_ms=BEGAN) == []


def test_operators_note_is_kept_apart():
    (line,) = life(("failed", 0))
    (stage,) = timeline.stages([line | {"operator_note": "5xx"}], now_ms=BEGAN)
    assert (stage.note, stage.operator_note) == ("", "5xx")


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=12))
def test_bar_is_as_wide_as_it_is(spans):
    steps, after = [("sending", 0)], 0
    for span in spans:
        after += span
        steps.append(("processing", after))
    found = timeline.stages(life(*steps), now_ms=BEGAN + after)
    assert sum(stage.width for stage in found) == (timeline.WIDTH if after else 0)
    assert all(stage.width >= 0 for stage in found)
