import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.errors import AnswerLost
from framegate.outbound.coding import STEP_BYTES, Decoding


def plain(parts, coding):
    decoding = Decoding(coding)
    out = [piece for part in parts for piece in decoding.feed(part)]
    decoding.finish()
    return out


def split(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_plain_body_passes_as_it_is(coding):
    assert plain([b"a", b"", b"bc"], coding) == [b"a", b"", b"bc"]


@given(
    st.binary(max_size=3_000), st.integers(1, 500), st.sampled_from(["gzip", "deflate", "X-GZIP"])
)
def test_coded_body_comes_out_as_it_went_in_however_it_is_cut(data, size, coding):
    packed = zlib.compress(data) if coding == "deflate" else gzip.compress(data)
    assert b"".join(plain(split(packed, size), coding)) == data


@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("steps", [1, 3])
def test_no_step_is_longer_than_its_limit_and_none_is_lost(steps, extra):
    data = bytes(STEP_BYTES * steps + extra)
    out = plain([gzip.compress(data)], "gzip")
    assert b"".join(out) == data
    assert max(map(len, out)) <= STEP_BYTES


def test_empty_body_needs_no_coding():
    assert plain([], "gzip") == []


def test_bytes_after_the_coded_body_are_ignored():
    assert b"".join(plain([gzip.compress(b"a"), b"junk", b"more"], "gzip")) == b"a"


@pytest.mark.parametrize("cut", [1, 10, -1])
def test_coded_body_that_breaks_off_is_lost(cut):
    with pytest.raises(AnswerLost):
        plain([gzip.compress(b"film" * 100)[:cut]], "gzip")


@pytest.mark.parametrize(("coding", "data"), [("gzip", b"plain"), ("br", b""), ("gzip, br", b"x")])
def test_coding_that_cannot_be_undone_is_lost(coding, data):
    with pytest.raises(AnswerLost):
        plain([data], coding)
