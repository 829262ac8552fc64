"""Who we say we are: the key on every path, the signed pair on the older ones."""

import jwt
import pytest

from framegate.upstreams.login import Login

NOW_S = 1_783_065_388.949
SECRET = "s3cret-" * 6
LOGIN = Login(api_key="api-key-1", access_key="access-1", secret_key=SECRET, now_s=lambda: NOW_S)


def token():
    scheme, _, token = LOGIN.pair_headers()["Authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


def test_the_key_is_a_bearer():
    assert LOGIN.headers() == {"Authorization": "Bearer api-key-1"}


def test_the_pair_is_a_token_for_half_an_hour_that_a_slow_clock_takes_too():
    """The claims and the header of the vendor's page on logins."""
    options = {"verify_exp": False, "verify_nbf": False}
    claims = jwt.decode(token(), SECRET, algorithms=["HS256"], options=options)
    assert claims == {"iss": "access-1", "exp": 1_783_065_388 + 1_800, "nbf": 1_783_065_388 - 5}
    assert jwt.get_unverified_header(token()) == {"alg": "HS256", "typ": "JWT"}


def test_another_secret_does_not_verify_it():
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token(), "other--" * 6, algorithms=["HS256"])


@pytest.mark.parametrize(
    ("access_key", "secret_key", "has_pair"), [("a", "s", True), ("a", "", False), ("", "", False)]
)
def test_a_pair_is_two(access_key, secret_key, has_pair):
    login = Login(api_key="k", access_key=access_key, secret_key=secret_key)
    assert login.has_pair is has_pair


def test_a_login_shows_none_of_its_keys():
    shown = f"{LOGIN!r} {LOGIN} {[LOGIN]}"
    assert not [key for key in ("api-key-1", "access-1", SECRET) if key in shown]
