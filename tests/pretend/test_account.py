"""The key everywhere, the key pair on legacy paths alone."""

import pytest

from framegate.pretend.account import PretendAccount, sign_jwt

NOW_S = 1_783_065_388
ACCOUNT = PretendAccount(api_key="api-key-kling-x", access_key="AK", secret_key="SK")


def refused(authorization, *, is_legacy=True):
    says = ACCOUNT.refuse(authorization, is_legacy=is_legacy, now_s=NOW_S)
    return None if says is None else (says.status, says.code, says.message)


def jwt(access_key="AK", signed_with="SK", *, exp=NOW_S + 1800, nbf=NOW_S - 5):
    return "Bearer " + sign_jwt(access_key, signed_with, exp=exp, nbf=nbf)


@pytest.mark.parametrize("is_legacy", [True, False])
def test_api_key_passes_on_every_path(is_legacy):
    assert refused("Bearer api-key-kling-x", is_legacy=is_legacy) is None


def test_no_key_and_a_wrong_key_are_told_apart():
    assert refused("") == (401, 1001, "Authorization is empty")
    assert refused("Bearer other") == (401, 1002, "api key not found")


def test_key_pair_passes_on_legacy_paths_alone():
    assert refused(jwt()) is None
    assert refused(jwt(), is_legacy=False) == (
        401,
        1002,
        "The current API does not support AK/SK",
    )


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (jwt(nbf=NOW_S + 1), 1003),
        (jwt(exp=NOW_S), 1004),
        (jwt(signed_with="other"), 1000),
        (jwt(access_key="other"), 1002),
        ("Bearer a.b.c", 1000),
        ("Bearer e30.e30.eA", 1002),
        ("Bearer W10.W10.x", 1000),
    ],
)
def test_token_that_is_not_good_is_refused_by_its_kind(token, code):
    assert refused(token)[:2] == (401, code)


def test_token_without_a_signature_algorithm_is_refused():
    """The oldest trick with such tokens."""
    head = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    claims = jwt().split(".")[1]
    assert refused(f"Bearer {head}.{claims}.")[1] == 1000


def test_account_shows_no_key_when_it_is_printed():
    assert "SK" not in repr(ACCOUNT)
    assert "api-key" not in repr(ACCOUNT)
