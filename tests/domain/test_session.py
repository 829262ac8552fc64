import hashlib

from framegate.domain.session import SEEN_EVERY_MS, SESSION_IDLE_MS, Session, fingerprint

NOW_MS = 1_783_065_388_949


def session(**changes):
    values = {"seen_ms": NOW_MS, "ended_ms": 0} | changes
    return Session(token_sha256="ab", key_id="key_1", created_ms=NOW_MS, **values)


def test_session_lives_while_it_is_used():
    assert not session().is_over(now_ms=NOW_MS + SESSION_IDLE_MS - 1)


def test_session_is_over_after_its_idle_time():
    assert session().is_over(now_ms=NOW_MS + SESSION_IDLE_MS)


def test_session_is_over_once_it_was_signed_out():
    assert session(ended_ms=NOW_MS).is_over(now_ms=NOW_MS)


def test_use_is_noted_once_an_hour():
    assert not session().is_to_be_noted(now_ms=NOW_MS + SEEN_EVERY_MS - 1)
    assert session().is_to_be_noted(now_ms=NOW_MS + SEEN_EVERY_MS)


def test_only_a_hash_is_kept_of_a_token():
    assert fingerprint("token") == hashlib.sha256(b"token").hexdigest()
    assert len(fingerprint("\ud800")) == 64
