import pytest

from framegate.domain.ledger import Scope
from framegate.domain.session import LINK_GOOD_FOR_MS, SESSION_IDLE_MS
from framegate.errors import NotFound, SessionOver, SignInLinkSpent
from framegate.flows import sign_in
from framegate.store import accounts, keys, migrate
from framegate.store.database import Database

NOW_MS = 1_783_065_388_949


class Hall:
    """A database with one account, and the flow on it."""

    def __init__(self, folder):
        self.database = Database.open(f"sqlite:///{folder / 'framegate.db'}")
        migrate.upgrade(self.database)
        self.account = self.write(
            accounts.create_account, name="acme", is_unlimited=False, now_ms=NOW_MS
        )

    def write(self, work, **values):
        return self.database.write_now(work, **values)

    def key(self, scope=Scope.FULL, expires_ms=0):
        self.text = f"fg_{scope}{expires_ms}"
        return self.write(
            keys.create,
            account_id=self.account.id,
            key=self.text,
            scope=scope,
            expires_ms=expires_ms,
            now_ms=NOW_MS,
        )

    def link(self, account="acme", now_ms=NOW_MS):
        caller = self.write(sign_in.make_link, account=account, token="link", now_ms=now_ms)
        return caller.key.id

    def enter(self, now_ms=NOW_MS, cookie="token"):
        self.write(sign_in.open_by_link, link="link", token=cookie, now_ms=now_ms)

    def who(self, now_ms=NOW_MS, cookie="token"):
        return self.database.read_now(sign_in.caller_of, cookie, now_ms=now_ms)


@pytest.fixture
def hall(tmp_path):
    opened = Hall(tmp_path)
    yield opened
    opened.database.close_now()


def test_link_opens_a_session_of_its_key(hall):
    key = hall.key()
    hall.link()
    hall.enter()

    caller, is_to_be_noted = hall.who()
    assert (caller.key.id, caller.account.id) == (key.id, hall.account.id)
    assert not is_to_be_noted


def test_link_opens_one_session_only(hall):
    hall.key()
    hall.link()
    hall.enter()

    with pytest.raises(SignInLinkSpent):
        hall.enter(cookie="another")
    with pytest.raises(SessionOver):
        hall.who(cookie="another")


def test_link_is_good_for_fifteen_minutes(hall):
    hall.key()
    hall.link()

    with pytest.raises(SignInLinkSpent):
        hall.enter(now_ms=NOW_MS + LINK_GOOD_FOR_MS)


def test_link_of_a_revoked_key_opens_nothing_and_is_not_used_up_for_nothing(hall):
    key = hall.key()
    hall.link()
    hall.database.write_now(keys.revoke, key.id, now_ms=NOW_MS)

    with pytest.raises(SignInLinkSpent):
        hall.enter()
    assert hall.database.read_now(sign_in.link_is_good, "link", now_ms=NOW_MS)


def test_link_stands_for_the_key_that_may_do_most(hall):
    hall.key(Scope.READ)
    admin = hall.key(Scope.ADMIN)
    hall.key(Scope.FULL)

    assert hall.link() == admin.id


def test_operators_link_is_for_an_admin_key(hall):
    hall.key(Scope.FULL)
    with pytest.raises(NotFound, match="no account has a good admin key"):
        hall.link(account=None)

    admin = hall.key(Scope.ADMIN)
    assert hall.link(account=None) == admin.id


def test_account_without_a_good_key_gets_no_link(hall):
    hall.key(expires_ms=NOW_MS)

    with pytest.raises(NotFound, match="keys create --account acme"):
        hall.link()
    with pytest.raises(NotFound, match="account not found: nobody"):
        hall.link(account="nobody")


def test_session_ends_with_its_key(hall):
    key = hall.key()
    hall.link()
    hall.enter()

    hall.database.write_now(keys.revoke, key.id, now_ms=NOW_MS)

    with pytest.raises(SessionOver):
        hall.who()


def test_session_ends_when_its_key_expires(hall):
    hall.key(expires_ms=NOW_MS + 1_000)
    hall.link()
    hall.enter()

    hall.who(now_ms=NOW_MS + 999)
    with pytest.raises(SessionOver):
        hall.who(now_ms=NOW_MS + 1_000)


def test_session_lives_on_by_being_used(hall):
    hall.key()
    hall.link()
    hall.enter()
    later_ms = NOW_MS + SESSION_IDLE_MS - 1

    _, is_to_be_noted = hall.who(now_ms=later_ms)
    assert is_to_be_noted
    hall.database.write_now(sign_in.note_use, "token", now_ms=later_ms)

    hall.who(now_ms=later_ms + SESSION_IDLE_MS - 1)
    with pytest.raises(SessionOver):
        hall.who(now_ms=later_ms + SESSION_IDLE_MS)


def test_signed_out_is_signed_out(hall):
    hall.key()
    hall.link()
    hall.enter()

    hall.database.write_now(sign_in.sign_out, "token", now_ms=NOW_MS)

    with pytest.raises(SessionOver):
        hall.who()


def test_tokens_are_long_and_never_the_same():
    tokens = {sign_in.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) == 43


def test_no_token_is_in_the_database(hall):
    hall.key()
    hall.link()
    hall.enter()

    with hall.database.engine.connect() as connection:
        for table in ("sign_in_links", "sessions"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert len(rows) == 1
            assert not {"link", "token"} & set(rows[0])
