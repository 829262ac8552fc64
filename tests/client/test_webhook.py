"""A message is believed when it is signed with the secret, whole and fresh."""

import json

import pytest
import standardwebhooks

from framegate import WebhookRefused, verify_webhook
from framegate.domain.signature import Keyring, webhook_headers

SECRET, OTHER = (Keyring(bytes(32)).webhook_secret("hook_1", number) for number in (1, 2))
BODY = b'{"type":"task.succeeded"}'
NOW_S = 1_800_000_000


def headers(*secrets, at_s=NOW_S, body=BODY):
    return webhook_headers(secrets or (SECRET,), message_id="msg_1", timestamp_s=at_s, body=body)


@pytest.mark.parametrize("at_s", [NOW_S - 300, NOW_S, NOW_S + 300])
def test_event_of_a_good_message_is_answered(at_s):
    event = verify_webhook(BODY, headers(at_s=at_s), SECRET, now_s=NOW_S)
    assert event == {"type": "task.succeeded"}


def test_either_secret_is_good_while_one_rotates():
    for secret in (SECRET, OTHER):
        assert verify_webhook(BODY, headers(OTHER, SECRET), secret, now_s=NOW_S)


def test_names_of_headers_may_be_written_in_any_case():
    given = {name.title(): text for name, text in headers().items()}
    assert verify_webhook(BODY, given, SECRET, now_s=NOW_S)


def test_message_of_an_independent_signer_is_good_by_our_own_clock():
    now = standardwebhooks.webhooks.datetime.now(tz=standardwebhooks.webhooks.timezone.utc)
    signature = standardwebhooks.Webhook(SECRET).sign("msg_1", now, BODY.decode())
    given = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    assert verify_webhook(BODY, given, SECRET)


@pytest.mark.parametrize(
    ("body", "given", "secret", "words"),
    [
        (BODY, headers(), OTHER, "the signature is not of this secret"),
        (BODY + b" ", headers(), SECRET, "the signature is not of this secret"),
        (BODY, headers(at_s=NOW_S - 301), SECRET, "at most 300 s may be"),
        (BODY, headers(at_s=NOW_S + 301), SECRET, "at most 300 s may be"),
        (BODY, {}, SECRET, "the header webhook-id is missing"),
        (BODY, headers() | {"webhook-timestamp": "-1"}, SECRET, "is no number"),
        (BODY, headers() | {"webhook-signature": "v1,\ud800"}, SECRET, "not of this secret"),
        (BODY, headers(), "whsec_?", "copy the webhook's secret anew"),
        (b"[]", headers(body=b"[]"), SECRET, "no JSON object"),
        (b"{", headers(body=b"{"), SECRET, "no JSON object"),
        (BODY.decode(), headers(), SECRET, "pass the request's body as it came"),
        (json.loads(BODY), headers(), SECRET, "pass the request's body as it came"),
    ],
)
def test_anything_else_is_refused_with_what_to_do(body, given, secret, words):
    with pytest.raises(WebhookRefused, match=words) as refused:
        verify_webhook(body, given, secret, now_s=NOW_S)
    assert refused.value.what_to_do in str(refused.value)
    assert secret not in str(refused.value)
