import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.url import Flaw, Url, judge, read

SIXTY_THREE = "a" * 63
LONGEST_NAME = f"{SIXTY_THREE}.{SIXTY_THREE}.{SIXTY_THREE}.{'a' * 61}"


@pytest.mark.parametrize(
    "text",
    [
        "https://cdn.example.com/frames/harbour-1280x720.jpg",
        "http://cdn.example.com",
        "HTTPS://CDN.Example.COM/A.JPG?x=1#y",
        "https://cdn.example.com:8443/a",
        "https://cdn.example.com:/a",
        "https://cdn.example.com./a",
        "https://cdn.example.com?a=/@:",
        "https://localhost/",
        "https://under_score.example/",
        "https://b\u00fccher.example/\u56fe\u7247.jpg",
        "https://\u4f8b\u3048.\u30c6\u30b9\u30c8/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8080/",
        "https://[::ffff:8.8.8.8]/",
        "https://cdn.example.com/%20%00%2e%2e/?sig=a%2Fb%3D",
        "https://1.example.com/",
        "https://a.1b/",
        f"https://{LONGEST_NAME}/",
        f"https://{LONGEST_NAME}./",
        "https://a.example:65535/",
        "https://a.example:0000443/",
    ],
)
def test_ordinary_url_passes(text):
    assert isinstance(judge(text), Url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "/a.jpg",
        "//a.example/x",
        "ftp://a.example/",
        "file:///etc/passwd",
        "https:a.example",
        "http:/a.example",
        "http:\\\\a.example",
        " https://a.example/",
        "ht\ntps://a.example/",
        "data:image/png;base64,iVBORw0KGgo=",
        "iVBORw0KGgo=",
        "javascript:alert(1)",
        "https//a",
        "http://a.example:x/",
        "http://a.example:65536/",
        "http://a.example:0/",
        "http://a:-1/",
        "http://a.example:" + "9" * 5000,
        "http://::1/",
        "http://[::1",
        "http://[::1]x/",
        "http://a.example:١/",
    ],
)
def test_what_is_no_absolute_http_url_is_refused(text):
    assert judge(text) is Flaw.NOT_ABSOLUTE


@pytest.mark.parametrize(
    "text", ["http://", "https:///a", "http://:80/", "http://?a", "http://u@/"]
)
def test_url_without_a_host_is_refused(text):
    assert judge(text) is Flaw.HOST_MISSING


@pytest.mark.parametrize(
    "host",
    [
        "a b",
        "a\tb",
        "a..b",
        ".a",
        "-a.example",
        "a-.example",
        "a%2eb",
        "%31%32%37.0.0.1",
        "a\\b",
        "127.0.0.1\\.a.example",
        "a,b",
        "a*",
        "[::1::]",
        "[v1.x]",
        "[127.0.0.1]",
        "[]",
        ".",
        "1.2.3.4.5",
        "256.1.1.1",
        "a.1",
        "a.0x1",
        "08.1.1.1",
        "a.9..",
        "−.example",
        "xn--ü",
        f"{SIXTY_THREE}a.example",
        f"{LONGEST_NAME}a",
        "ü" * 5000,
        "a\u200db.example",
        "a。。b",
    ],
)
def test_host_that_is_no_name_is_refused(host):
    assert judge(f"https://{host}/") is Flaw.HOST_INVALID


@pytest.mark.parametrize(
    "authority", ["u@a.example", "u:p@a.example", "@a.example", "u@u@a.example", "a.example\\@b.c"]
)
def test_user_name_or_password_is_refused(authority):
    assert judge(f"https://{authority}/") is Flaw.CREDENTIALS


@pytest.mark.parametrize(
    "character",
    [
        " ",
        "\t",
        "\n",
        "\r",
        "\0",
        "\x1f",
        "\x7f",
        "\x85",
        "\xa0",
        "\u2003",
        "\u2028",
        "\u3000",
        "\u202e",
    ],
)
@pytest.mark.parametrize(
    "place", ["https://a.example/x{}", "https://a.example/?{}y", "https://a.example/#{}"]
)
def test_space_or_control_character_is_refused(place, character):
    assert judge(place.format(character)) is Flaw.CONTROLS


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "127.0.0.1.",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[fe80::1%25eth0]",
        "[fd00::1]",
        "[2606:4700::1%25eth0]",
        "[0:0:0:0:0:0:0:1]",
        "224.0.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "010.8.8.8",
        "0127.0.0.1",
    ],
)
def test_literal_address_that_is_not_public_is_refused_in_every_spelling(host):
    assert judge(f"http://{host}/") is Flaw.NOT_PUBLIC


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("ftp://u@", Flaw.NOT_ABSOLUTE),
        ("http://u@:80/ ", Flaw.HOST_MISSING),
        ("http://u@a b/ ", Flaw.HOST_INVALID),
        ("http://u@127.0.0.1/ ", Flaw.CREDENTIALS),
        ("http://127.0.0.1/ ", Flaw.CONTROLS),
        ("http://127.0.0.1/", Flaw.NOT_PUBLIC),
    ],
)
def test_first_flaw_of_the_contract_wins(text, flaw):
    assert judge(text) is flaw


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        ("127.0.0.1:18999", "http://127.0.0.1:18999/x"),
        ("127.0.0.1:18999", "http://2130706433:18999/x"),
        ("127.0.0.1:80", "http://127.0.0.1/x"),
        ("[::1]:443", "https://[0:0:0:0:0:0:0:1]/"),
    ],
)
def test_allowed_pair_passes_although_it_is_not_public(pair, text):
    assert isinstance(judge(text, allowed={pair}), Url)


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:18998/",
        "http://127.0.0.2:18999/",
        "http://[::ffff:127.0.0.1]:18999/",
        "http://127.0.0.1/",
        "http://127.0.0.1:1899/",
    ],
)
def test_allow_list_is_exact(text):
    assert judge(text, allowed={"127.0.0.1:18999"}) is Flaw.NOT_PUBLIC


def test_allow_list_excuses_no_other_flaw():
    assert judge("http://u@127.0.0.1:80/", allowed={"127.0.0.1:80"}) is Flaw.CREDENTIALS


@pytest.mark.parametrize(
    ("text", "scheme", "endpoint", "target"),
    [
        ("HTTP://A.Example", "http", "a.example:80", "/"),
        ("https://a.example?x=%2f#frag", "https", "a.example:443", "/?x=%2f"),
        ("https://a.example/a/../b%20c", "https", "a.example:443", "/a/../b%20c"),
        (
            "https://b\u00fccher.example:81/\u00e9?\u00fc",
            "https",
            "xn--bcher-kva.example:81",
            "/%C3%A9?%C3%BC",
        ),
        ("http://0x8080808/", "http", "8.8.8.8:80", "/"),
        ("http://[2606:4700:0::1]/", "http", "[2606:4700::1]:80", "/"),
    ],
)
def test_url_is_taken_apart_once(text, scheme, endpoint, target):
    url = read(text)
    assert (url.scheme, url.endpoint, url.target) == (scheme, endpoint, target)


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://", "http://[", "https://a@"]))
def test_any_text_is_a_url_or_has_a_flaw(text, prefix):
    assert isinstance(judge(prefix + text), Url | Flaw)


@given(st.text(max_size=30))
def test_request_line_of_any_accepted_url_is_visible_ascii(text):
    url = judge(f"https://a.example/{text}")
    if isinstance(url, Url):
        assert all("!" <= character <= "~" for character in url.target)
