import pytest

from framegate.domain.link import Links
from framegate.domain.signature import Keyring

NOW_MS = 1_783_065_421_007
HOUR_MS = 3_600_000


def links(public_url="https://gw.example.com"):
    return Links(keyring=Keyring(bytes(32)), public_url=public_url, good_for_s=3_600)


def test_link_names_kind_file_expiry_and_signature():
    link = links().make("videos", "vid_1", now_ms=NOW_MS)

    address, _, signature = link.rpartition("=")
    assert address == ("https://gw.example.com/videos/vid_1.mp4?expires=1783069021&signature")
    assert signature == Keyring(bytes(32)).sign_link("videos", "vid_1", expires_s=1_783_069_021)


def test_link_to_a_picture_has_no_suffix():
    assert "/images/img_1?expires=" in links().make("images", "img_1", now_ms=NOW_MS)


def test_own_picture_is_recognised_until_its_link_expires():
    link = links().make("images", "img_1", now_ms=NOW_MS)

    assert links().own_picture(link, now_ms=NOW_MS + HOUR_MS) == "img_1"
    assert links().own_picture(link, now_ms=NOW_MS + HOUR_MS + 1_000) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("img_1", "img_2"),
        lambda link: link.replace("gw.example.com", "gw.example.com.evil.example"),
        lambda link: link.replace("https:", "http:"),
        lambda link: link.replace("/images/", "/videos/"),
        lambda link: link.replace("/images/", "/images/../images/"),
        lambda link: link.replace("expires=", "expires=9"),
        lambda link: link.replace("expires=", "expires=%FF"),
        lambda link: link.replace("signature=", "signature=%C3%A9"),
        lambda link: link.partition("&")[0],
        lambda link: link.partition("?")[0],
        lambda link: link[:-1],
        lambda link: link.partition("img_1")[0],
        lambda link: link[:0],
    ],
)
def test_link_with_anything_changed_is_no_picture_of_ours(change):
    link = links().make("images", "img_1", now_ms=NOW_MS)

    assert links().own_picture(change(link), now_ms=NOW_MS) is None


def test_video_link_opens_no_picture():
    link = links().make("videos", "img_1", now_ms=NOW_MS).replace("videos", "images")

    assert links().own_picture(link.replace(".mp4", ""), now_ms=NOW_MS) is None


@pytest.mark.parametrize(
    ("public_url", "endpoint"),
    [
        ("https://gw.example.com", "gw.example.com:443"),
        ("http://gw.example.com", "gw.example.com:80"),
        ("http://127.0.0.1:8787", "127.0.0.1:8787"),
        ("http://[::1]:8787", "[::1]:8787"),
        ("https://GW.example.com/gate", "gw.example.com:443"),
    ],
)
def test_own_endpoint_is_spelt_as_an_allow_list_spells_it(public_url, endpoint):
    assert links(public_url).own_endpoint == endpoint


@pytest.mark.parametrize(
    ("url", "is_home"),
    [
        ("https://gw.example.com", True),
        ("https://gw.example.com/images/img_1", True),
        ("https://gw.example.com.evil.example/", False),
        ("https://gw.example.com:444/", False),
        ("https://other.example/https://gw.example.com/", False),
    ],
)
def test_only_addresses_under_our_own_point_home(url, is_home):
    assert links().points_home(url) is is_home
