"""Who listens is told for as long as it listens, and leaves one webhook behind, not many."""

import pytest

from fakes.scripted_server import ScriptedServer, envelope, success
from fakes.serving import serving
from framegate import Framegate, LimitReached, SetupInvalid
from framegate.cli.subscription import Subscription, check_near, check_reach, subscribed
from framegate.domain.event import EVENTS

ADDRESS = "http://127.0.0.1:9000/framegate-listen"
MADE = {
    "id": "hook_1", "secret": "whsec_x", "events": list(EVENTS), "url": ADDRESS, "enabled": True,
}  # fmt: skip
OWN = Subscription(id="hook_1", secret="whsec_x", events=EVENTS)


@pytest.fixture
def server():
    return ScriptedServer()


@pytest.fixture
def client(server):
    with serving(server.app()) as url, Framegate(url, "fg_key") as made:
        yield made


def had(*webhooks):
    return success({"result": list(webhooks)})


def paths(server):
    return [(asked.method, asked.path) for asked in server.asked]


def test_a_webhook_is_made_and_disabled_at_the_end(server, client):
    server.answers.extend([had(), success(MADE), success(MADE)])
    with subscribed(client, ADDRESS, None) as own:
        assert own == OWN
        assert server.asked[1].json == {"url": ADDRESS}
    assert paths(server)[1:] == [
        ("POST", "/api/webhooks"),
        ("POST", "/api/webhooks/hook_1/disable"),
    ]


def test_the_one_of_the_last_time_is_taken_again_with_a_new_secret(server, client):
    server.answers.extend([had(MADE), success(MADE), success(MADE), success(MADE)])
    with subscribed(client, ADDRESS, None):
        assert server.asked[1].json == {"overlap_s": 0}
    assert [path for _, path in paths(server)] == [
        "/api/webhooks",
        "/api/webhooks/hook_1/rotate",
        "/api/webhooks/hook_1/enable",
        "/api/webhooks/hook_1/disable",
    ]


def test_a_webhook_in_use_elsewhere_keeps_its_secret_and_stays_enabled(server, client):
    address = "https://shop.example/hooks"
    server.answers.append(had(MADE | {"url": address}))
    refusal = pytest.raises(SetupInvalid, match="hook_1 is told at")
    with refusal as refused, subscribed(client, address, None):
        pass
    assert "--secret" in refused.value.what_to_do
    assert paths(server) == [("GET", "/api/webhooks")]


def test_the_one_of_the_last_time_is_taken_again_at_a_tunnel_too(server, client):
    address = "https://tunnel.example/a"
    kept = MADE | {"url": address, "enabled": False}
    server.answers.extend([had(kept), success(MADE), success(MADE), success(MADE)])
    with subscribed(client, address, None):
        assert paths(server)[1] == ("POST", "/api/webhooks/hook_1/rotate")


@pytest.mark.parametrize(
    "other", [MADE | {"url": "http://127.0.0.1:9000/hooks"}, MADE | {"events": ["task.failed"]}]
)
def test_somebody_elses_webhook_is_left_alone(server, client, other):
    server.answers.extend([had(other), success(MADE), success(MADE)])
    with subscribed(client, ADDRESS, None):
        assert paths(server)[1] == ("POST", "/api/webhooks")


def test_it_is_disabled_when_the_body_breaks(server, client):
    server.answers.extend([had(), success(MADE), success(MADE)])
    with pytest.raises(KeyboardInterrupt), subscribed(client, ADDRESS, None):
        raise KeyboardInterrupt
    assert paths(server)[-1] == ("POST", "/api/webhooks/hook_1/disable")


def test_a_server_that_is_gone_at_the_end_does_not_hide_how_it_ended(server, client, capsys):
    no = {"code": 5001, "message": "stopping", "request_id": "req_1", "data": {}}
    server.answers.extend([had(), success(MADE), envelope(500, **no)])
    with pytest.raises(ZeroDivisionError), subscribed(client, ADDRESS, None):
        raise ZeroDivisionError
    assert "hook_1 may still be enabled" in capsys.readouterr().err


def test_an_address_that_is_not_allowed_is_told_with_the_setting_that_is_needed(server, client):
    errors = [{"path": "/url", "message": "url must be a public address"}]
    no = {"code": 1201, "message": "no", "request_id": "req_1", "data": {"errors": errors}}
    server.answers.extend([had(), envelope(400, **no)])
    with pytest.raises(SetupInvalid) as refused, subscribed(client, ADDRESS, None):
        pass
    assert 'allow = ["127.0.0.1:9000"] under [outbound]' in refused.value.what_to_do
    assert "FRAMEGATE_OUTBOUND_ALLOW=127.0.0.1:9000" in refused.value.what_to_do


def test_a_test_that_no_answer_came_of_says_that_the_server_cannot_reach_us(server, client):
    server.answers.append(success({"http_status": 0, "error": "no answer"}))
    with pytest.raises(SetupInvalid, match=r"cannot reach http://127\.0\.0\.1:9000"):
        check_reach(client, OWN, ADDRESS)


@pytest.mark.parametrize("http_status", [204, 500])
def test_any_answer_shows_that_the_server_reaches_us(server, client, http_status):
    server.answers.append(success({"http_status": http_status, "error": ""}))
    check_reach(client, OWN, ADDRESS)
    assert paths(server) == [("POST", "/api/webhooks/hook_1/test")]


def test_a_test_too_many_is_done_without(server, client):
    no = {"code": 1302, "message": "too many", "request_id": "req_1", "data": {}}
    server.answers.append(envelope(429, **no))
    check_reach(client, OWN, ADDRESS)
    server.answers.append(envelope(429, **no))
    with pytest.raises(LimitReached):
        client.request("POST", "/api/webhooks/hook_1/test")


def test_another_machine_is_told_how_to_reach_us():
    check_near("http://127.0.0.1:8787")
    with pytest.raises(SetupInvalid, match="--public-url"):
        check_near("https://gate.example")
