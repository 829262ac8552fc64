"""Where the client looks for its server and its key."""

import pytest

from framegate.client.access import ADDRESS_FILE, URL_DEFAULT, access, is_local, recorded_url
from framegate.client.errors import SetupInvalid
from framegate.folder import left_while_alive

REMOTE = "https://gate.example"
OWN = "http://127.0.0.1:1234"


@pytest.fixture
def key_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "framegate-data").mkdir()
    path = tmp_path / "framegate-data" / "admin.key"
    path.write_text("fg_local\n")
    return path


def test_what_was_passed_outweighs_the_environment():
    environment = {"FRAMEGATE_URL": REMOTE, "FRAMEGATE_KEY": "fg_e"}
    found = access("http://a.example/", "fg_p", environment)
    assert (found.url, found.key) == ("http://a.example", "fg_p")
    found = access(None, None, environment)
    assert (found.url, found.key) == (REMOTE, "fg_e")


def test_without_anything_it_is_this_machines_gateway(key_file):
    found = access(None, None, {})
    assert (found.url, found.key) == ("http://127.0.0.1:8787", "fg_local")


def test_data_folder_of_the_environment_holds_the_key(key_file, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    key_file.parent.rename(elsewhere)
    assert access(None, None, {"FRAMEGATE_DATA_DIR": str(elsewhere)}).key == "fg_local"


def test_admin_key_of_this_machine_never_leaves_for_another(key_file):
    with pytest.raises(SetupInvalid, match=f"no key for {REMOTE}"):
        access(REMOTE, None, {})


def test_no_key_says_where_one_may_come_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SetupInvalid, match=r"run where framegate-data/admin\.key"):
        access(None, None, {})


@pytest.mark.parametrize(
    "url", ["gate.example", "ftp://gate.example", "http://", "http://[::1", "http://a:port",
            "http://a:0", "http://a b", "http://a\n"],
)  # fmt: skip
def test_address_that_is_none_is_a_sentence(url):
    with pytest.raises(SetupInvalid, match="is not an address of a server; give one like"):
        access(url, "fg_key", {})


@pytest.mark.parametrize("key", ["fg_cl\u00e9", "fg_key\n", "fg_\x00", "fg a"])
def test_key_that_no_header_may_hold_is_a_sentence_without_the_key(key):
    with pytest.raises(SetupInvalid, match="copy the key anew") as refused:
        access(REMOTE, key, {})
    assert "fg" not in str(refused.value)


def test_key_is_not_in_what_a_traceback_prints():
    assert "fg_secret" not in repr(access(REMOTE, "fg_secret", {}))


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8787", True),
        ("http://localhost", True),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_this_machine_is_known_by_its_spelling(url, local):
    assert is_local(url) is local


@pytest.fixture
def running(key_file):
    """A server that runs on the folder, and listens on a port that it was given."""
    with left_while_alive(key_file.with_name(ADDRESS_FILE), OWN):
        yield key_file.parent


def test_server_of_the_folder_is_found_where_it_listens(running):
    found = access(None, None, {})
    assert (found.url, found.key) == (OWN, "fg_local")


def test_data_folder_of_the_environment_holds_the_address_too(running, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    running.rename(elsewhere)
    assert access(None, None, {"FRAMEGATE_DATA_DIR": str(elsewhere)}).url == OWN


def test_what_was_passed_outweighs_the_server_of_the_folder(running):
    assert access("http://127.0.0.1:2", None, {}).url == "http://127.0.0.1:2"
    assert access(None, None, {"FRAMEGATE_URL": "http://[::1]:2"}).url == "http://[::1]:2"


@pytest.mark.parametrize(("key", "environment"), [("fg_p", {}), (None, {"FRAMEGATE_KEY": "fg_e"})])
def test_address_of_a_folder_is_for_that_folders_key_alone(running, key, environment):
    assert access(None, key, environment).url == URL_DEFAULT


def test_address_that_a_dead_server_left_is_nobodys(key_file):
    """Whoever has the port by now must not be sent the key."""
    path = key_file.with_name(ADDRESS_FILE)
    path.write_text(f"{OWN}\n")
    assert recorded_url(key_file.parent) == ""
    assert access(None, None, {}).url == URL_DEFAULT


@pytest.mark.parametrize("url", ["http://10.0.0.1:1234", "https://gate.example", "nonsense", ""])
def test_key_of_a_folder_goes_to_no_address_but_this_machines(key_file, url):
    with left_while_alive(key_file.with_name(ADDRESS_FILE), url):
        assert access(None, None, {}).url == URL_DEFAULT


def test_address_that_is_no_text_is_none(key_file):
    with left_while_alive(key_file.with_name(ADDRESS_FILE), "http://127.0.0.1:1234"):
        key_file.with_name(ADDRESS_FILE).write_bytes(b"\xff\xfe")
        assert recorded_url(key_file.parent) == ""
