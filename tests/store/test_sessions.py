from concurrent.futures import ThreadPoolExecutor

import pytest

from framegate.domain.ledger import Scope
from framegate.domain.session import SESSION_IDLE_MS
from framegate.store import accounts, keys, sessions

NOW_MS = 1_783_065_388_949
AN_HOUR_MS = 3_600_000


def key_in(tx):
    account = accounts.create_account(tx, name="acme", is_unlimited=False, now_ms=NOW_MS)
    return keys.create(
        tx, account_id=account.id, key="fg_x", scope=Scope.FULL, expires_ms=0, now_ms=NOW_MS
    ).id


@pytest.fixture
def key_id(tx):
    return key_in(tx)


def keep(tx, key_id, link="link", expires_ms=NOW_MS + AN_HOUR_MS):
    sessions.keep_link(tx, token_sha256=link, key_id=key_id, expires_ms=expires_ms, now_ms=NOW_MS)


def test_link_names_its_key_once(tx, key_id):
    keep(tx, key_id)

    assert sessions.use_link(tx, "link", now_ms=NOW_MS) == key_id
    assert sessions.use_link(tx, "link", now_ms=NOW_MS) is None


def test_looking_at_a_link_uses_nothing_up(tx, key_id):
    keep(tx, key_id)

    assert all(sessions.link_is_good(tx, "link", now_ms=NOW_MS) for _ in range(3))
    assert sessions.use_link(tx, "link", now_ms=NOW_MS) == key_id
    assert not sessions.link_is_good(tx, "link", now_ms=NOW_MS)


def test_link_stops_at_its_time(tx, key_id):
    keep(tx, key_id)

    assert sessions.link_is_good(tx, "link", now_ms=NOW_MS + AN_HOUR_MS - 1)
    assert sessions.use_link(tx, "link", now_ms=NOW_MS + AN_HOUR_MS) is None


def test_unknown_link_names_nobody(tx):
    assert sessions.use_link(tx, "never", now_ms=NOW_MS) is None


def test_of_many_who_use_a_link_at_once_one_gets_in(database):
    key_id = database.write_now(key_in)
    database.write_now(keep, key_id)

    with ThreadPoolExecutor(8) as people:
        got_in = list(
            people.map(
                lambda _: database.write_now(sessions.use_link, "link", now_ms=NOW_MS), range(8)
            )
        )

    assert sorted(map(bool, got_in)) == [False] * 7 + [True]


def test_session_remembers_its_last_use(tx, key_id):
    sessions.begin(tx, token_sha256="token", key_id=key_id, now_ms=NOW_MS)

    sessions.note_use(tx, "token", now_ms=NOW_MS + AN_HOUR_MS)

    found = sessions.by_token(tx, "token")
    assert (found.key_id, found.seen_ms) == (key_id, NOW_MS + AN_HOUR_MS)


def test_ended_session_stays_ended(tx, key_id):
    sessions.begin(tx, token_sha256="token", key_id=key_id, now_ms=NOW_MS)

    sessions.end(tx, "token", now_ms=NOW_MS)
    sessions.note_use(tx, "token", now_ms=NOW_MS + AN_HOUR_MS)
    sessions.end(tx, "token", now_ms=NOW_MS + AN_HOUR_MS)

    found = sessions.by_token(tx, "token")
    assert (found.ended_ms, found.seen_ms) == (NOW_MS, NOW_MS)


def test_what_is_over_is_forgotten_when_the_next_one_comes(tx, key_id):
    sessions.begin(tx, token_sha256="idle", key_id=key_id, now_ms=NOW_MS - SESSION_IDLE_MS)
    keep(tx, key_id, link="old", expires_ms=NOW_MS)

    sessions.begin(tx, token_sha256="token", key_id=key_id, now_ms=NOW_MS)
    keep(tx, key_id, link="new")

    assert sessions.by_token(tx, "idle") is None
    assert tx.exec_driver_sql("SELECT token_sha256 FROM sign_in_links").scalars().all() == ["new"]
