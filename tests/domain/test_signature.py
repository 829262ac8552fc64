import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from framegate.domain.signature import Keyring, is_signed, sign_webhook, webhook_headers

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
KEYRING = Keyring(bytes(range(32)))
NOW_S = 1_783_065_421

# Contract rule 62: the vector that the vendor publishes.
PUBLISHED_BODY = (
    b'{"id":"1234567890","status":"succeeded","message":"",'
    b'"create_time":1781080778802,"update_time":1781080794151}'
)
# Contract rule 61: our own example, on one line and without a newline.
CONTRACT_BODY = (
    b'{"id":"901930004609634393","status":"succeeded","message":"","create_time":1783065388949,'
    b'"update_time":1783065421007,"external_id":"biz-img2v-20240623-001","outputs":[{"type":'
    b'"video","id":"901930004609634394","url":"https://gw.example.com/videos/'
    b'task_01KWKFN9WNBGF99M3TP8W6Y7J4.mp4","watermark_url":"","duration":"10.041"}],"billing":'
    b'[{"charge_type":"cash","cash_type":"balance","amount":"1.68","currency":"USD",'
    b'"list_price":"1.68"}]}'
)


def test_published_vector_is_signed_as_published():
    signature = sign_webhook(
        SECRET, message_id="9876543210", timestamp_s=1_781_080_794, body=PUBLISHED_BODY
    )

    assert signature == "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="


def test_example_of_the_contract_is_signed_as_written_there():
    signature = sign_webhook(
        SECRET,
        message_id="msg_01KWKFP96FJ6SFC32DFT53BG6S",
        timestamp_s=1_783_065_422,
        body=CONTRACT_BODY,
    )

    assert signature == "v1,t3NmTxVBMzlT1egsC9Ga8ILMGnYyDKfbWJshrXJl0hg="


@given(body=st.text().map(str.encode), message_id=st.text("abc_0", min_size=1))
def test_independent_verifier_agrees_on_any_body(body, message_id):
    secret = KEYRING.webhook_secret("acc_1", 1)
    sent_at = datetime.fromtimestamp(NOW_S, UTC)

    ours = sign_webhook(secret, message_id=message_id, timestamp_s=NOW_S, body=body)

    assert ours == Webhook(secret).sign(message_id, sent_at, body.decode())


@pytest.mark.parametrize("tampered", [b'{"id":"2"}', b'{"id":"1"} ', b""])
def test_independent_verifier_refuses_another_body(tampered):
    secret = KEYRING.webhook_secret("acc_1", 1)
    now_s = int(datetime.now(UTC).timestamp())  # The verifier reads the clock itself.
    signature = sign_webhook(secret, message_id="msg_1", timestamp_s=now_s, body=b'{"id":"1"}')
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now_s),
        "webhook-signature": signature,
    }

    assert Webhook(secret).verify(b'{"id":"1"}', headers) == {"id": "1"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(tampered, headers)


def test_every_account_and_generation_has_its_own_webhook_secret():
    secrets = {
        KEYRING.webhook_secret(account, generation)
        for account in ("acc_1", "acc_2")
        for generation in (1, 2, 12)
    }

    assert len(secrets | {Keyring(bytes(32)).webhook_secret("acc_1", 1)}) == 7


def test_webhook_secret_holds_256_bits_and_not_the_master():
    secret = KEYRING.webhook_secret("acc_1", 1)

    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)

    assert len(key) == 32
    assert key != KEYRING.master


def test_keyring_shows_nothing_of_its_master():
    """A traceback or a log line may print it."""
    assert repr(KEYRING) == "Keyring(...)"


def headers_of(secrets, body=b'{"id":"1"}'):
    now_s = int(datetime.now(UTC).timestamp())  # The verifier reads the clock itself.
    return webhook_headers(secrets, message_id="msg_1", timestamp_s=now_s, body=body)


def test_while_a_secret_rotates_either_one_verifies_and_the_newest_stands_first():
    older, newer = (KEYRING.webhook_secret("hook_1", generation) for generation in (1, 2))

    headers = headers_of([newer, older])

    for secret in (older, newer):
        assert Webhook(secret).verify('{"id":"1"}', headers) == {"id": "1"}
    first, second = headers["webhook-signature"].split(" ")
    assert first == headers_of([newer])["webhook-signature"]
    assert second == headers_of([older])["webhook-signature"]


def test_secret_of_neither_generation_does_not_verify():
    with pytest.raises(WebhookVerificationError):
        Webhook(KEYRING.webhook_secret("hook_1", 3)).verify('{"id":"1"}', headers_of([SECRET]))


@pytest.mark.parametrize(
    ("signatures", "is_ours"),
    [
        ("v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=", True),
        ("v1,x v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=", True),
        ("v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ5=", False),
        ("UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=", False),
        ("v1,\u00e9 \udcff", False),
        ("", False),
    ],
)
def test_signature_is_recognized_among_several(signatures, is_ours):
    found = is_signed(
        SECRET,
        message_id="9876543210",
        timestamp_s=1_781_080_794,
        body=PUBLISHED_BODY,
        signatures=signatures,
    )

    assert found is is_ours


# --- links ------------------------------------------------------------------------------------


def opens(file_id="vid_1", *, kind="videos", expires=str(NOW_S), signature=None, now_s=NOW_S):
    signed = KEYRING.sign_link("videos", "vid_1", expires_s=NOW_S)
    return KEYRING.opens_link(
        kind, file_id, expires=expires, signature=signature or signed, now_s=now_s
    )


def test_link_opens_until_its_last_second_and_not_after():
    assert opens(now_s=NOW_S)
    assert not opens(now_s=NOW_S + 1)


@pytest.mark.parametrize(
    "other",
    [
        {"file_id": "vid_2"},
        {"kind": "images"},
        {"expires": str(NOW_S + 1)},
        {"signature": "0" * 64},
        {"signature": KEYRING.sign_link("videos", "vid_1", expires_s=NOW_S)[:-1]},
        {"signature": KEYRING.sign_link("videos", "vid_1", expires_s=NOW_S).upper()},
        {"signature": Keyring(bytes(32)).sign_link("videos", "vid_1", expires_s=NOW_S)},
    ],
)
def test_link_with_anything_changed_stays_closed(other):
    assert not opens(**other)


@pytest.mark.parametrize(
    "expires",
    ["", "-1", "+1", " 1", "1.0", "1e9", "0x1", "1_0", "\u0661", "\u00b2", "9" * 20, "9" * 5_000],
)
def test_expiry_that_is_no_plain_number_closes_the_link_and_breaks_nothing(expires):
    assert not opens(expires=expires)


@pytest.mark.parametrize("signature", ["\u00e9" * 64, "\udcff", "\u0000"])
def test_signature_outside_ascii_closes_the_link_and_breaks_nothing(signature):
    assert not opens(signature=signature)


def test_greatest_number_that_is_read_is_compared_and_not_cut():
    far_s = 10**19 - 1
    signature = KEYRING.sign_link("images", "img_1", expires_s=far_s)

    assert KEYRING.opens_link(
        "images", "img_1", expires=str(far_s), signature=signature, now_s=NOW_S
    )
