import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from framegate.web.console import request_shown

URL = "http://127.0.0.1:8787/kling/image-to-video/kling-3.0-turbo"


def text_of(shown):
    return "".join(text for _, text in shown.pieces)


def test_layout_keeps_the_order_of_keys_and_every_letter():
    shown = request_shown.laid_out(b'{"b":1,"a":["\xe7\x8c\xab",true]}')
    assert text_of(shown) == '{\n  "b": 1,\n  "a": [\n    "\u732b",\n    true\n  ]\n}'
    assert ("name", '"b"') in shown.pieces
    assert ("text", '"\u732b"') in shown.pieces
    assert ("word", "true") in shown.pieces
    assert ("number", "1") in shown.pieces


@given(st.text(max_size=200))
def test_colours_add_nothing_and_take_nothing_away(text):
    assert text_of(request_shown.as_sent(text.encode("utf-8", "replace"))) == text.encode(
        "utf-8", "replace"
    ).decode("utf-8", "replace")


def test_bytes_that_are_no_json_are_shown_as_they_are():
    assert text_of(request_shown.laid_out(b"{nothing")) == "{nothing"
    assert text_of(request_shown.as_sent(b"\xff")) == "\ufffd"


def test_long_body_is_cut_and_says_so():
    most = request_shown.SHOWN_CHARACTERS_MAX
    just = request_shown.as_sent(b"a" * most)
    more = request_shown.as_sent(b"a" * (most + 1))
    assert (just.is_cut, len(text_of(just))) == (False, most)
    assert (more.is_cut, len(text_of(more))) == (True, most)


def test_colours_stop_and_the_text_goes_on():
    many = b"[" + b"1," * request_shown.TOKENS_MAX + b"1,1]"
    assert text_of(request_shown.as_sent(many)) == many.decode()


def test_curl_sends_the_very_bytes():
    body = json.dumps({"contents": [{"text": "it's $HOME \\ \n"}]}, indent=1).encode()
    words = shlex.split(request_shown.curl(body, url=URL).replace("\\\n", " "))
    assert words[1] == URL
    assert words[-2:] == ["--data-binary", body.decode()]


def test_curl_reads_what_is_no_short_text_from_a_file():
    for body in (b"\xff", b"", b"a" * (request_shown.SHOWN_CHARACTERS_MAX + 1), b"a\0"):
        assert request_shown.curl(body, url=URL).endswith("--data-binary @request.json")
