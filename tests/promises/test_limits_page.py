"""What docs/limits.md tells of numbers and fields is what the code has."""

import pytest

from framegate.domain.account_wish import FIELDS as OF_AN_ACCOUNT
from framegate.domain.key_wish import FIELDS as OF_A_KEY
from framegate.flows.issue import KEYS_MAX
from framegate.flows.share import AT_ONCE_MAX, BESIDE_OTHERS_MAX, LINE_MAX, PRESENT_MS
from framegate.gateway import ACCOUNT_SHARE
from framegate.store.holds import IN_FLIGHT_WAIT_S
from promises.pages import page, section

PAGE = page("docs/limits.md")
WORDS = " ".join(PAGE.read_text(encoding="utf-8").split())


@pytest.mark.parametrize("field", sorted({*OF_A_KEY, *OF_AN_ACCOUNT} - {"account"}))
def test_page_names_every_field_of_a_wish(field):
    assert f"`{field}`" in WORDS


def test_page_tells_the_places_and_lines_as_they_are():
    words = section(PAGE, "One account beside another").words
    assert f"alone it has {AT_ONCE_MAX} places" in words
    assert f"The {LINE_MAX + 1}th that waits is refused" in words
    assert (BESIDE_OTHERS_MAX, "each begins one at a time" in words) == (1, True)
    assert (PRESENT_MS, "counts as present for a minute" in words) == (60_000, True)
    assert (ACCOUNT_SHARE, "a quarter of the places" in words) == (4, True)


def test_page_tells_the_other_limits_as_they_are():
    assert f"at most {KEYS_MAX:,} keys" in WORDS
    assert f"`Retry-After: {IN_FLIGHT_WAIT_S}`" in WORDS
