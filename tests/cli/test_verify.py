"""A saved message is judged, and whoever saved it learns what went wrong."""

import json
import time

import pytest
from typer.testing import CliRunner

from framegate.cli.main import framegate
from framegate.domain.signature import webhook_headers

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
OTHER = "whsec_b3RoZXJzZWNyZXRvdGhlcnNlY3JldG90aGVyc2VjcmU="
BODY = '{"type":"task.failed","note":"Größe"}'.encode()


def headers(*, secrets=(SECRET,), age_s=0, body=BODY):
    at_s = int(time.time()) - age_s
    return webhook_headers(secrets, message_id="msg_1", timestamp_s=at_s, body=body)


def verify(given, *words, body=BODY, secrets=(SECRET,)):
    named = [word for name, text in given.items() for word in ("-H", f"{name}: {text}")]
    known = [word for secret in secrets for word in ("--secret", secret)]
    return CliRunner().invoke(framegate, ["webhooks", "verify", *known, *named, *words], input=body)


def test_a_good_message_is_good():
    done = verify(headers())
    assert (done.exit_code, done.output) == (0, "the signature is good\n")


def test_for_a_program_the_event_comes_too():
    said = json.loads(verify(headers(), "--json").stdout)
    assert said == {"good": True, "reason": "", "why": "", "event": json.loads(BODY)}


def test_one_good_signature_of_two_and_one_good_secret_of_two_are_enough():
    assert verify(headers(secrets=(OTHER, SECRET))).exit_code == 0
    assert verify(headers(), secrets=(OTHER, SECRET)).exit_code == 0
    assert verify(headers(), secrets=(SECRET, OTHER)).exit_code == 0


def without(name):
    return {each: text for each, text in headers().items() if each != name}


@pytest.mark.parametrize(
    ("given", "changes", "reason", "words"),
    [
        (lambda: headers(secrets=(OTHER,)), {}, "signature", "made with another secret"),
        (
            headers,
            {"body": BODY[:-2] + b"!}"},
            "signature",
            "made with another secret, or",
        ),
        (lambda: headers(age_s=600), {}, "age", "at most 300 s may be"),
        (lambda: headers(age_s=-600), {}, "age", "early"),
        (lambda: without("webhook-id"), {}, "header", "the header webhook-id is missing"),
        (
            lambda: without("webhook-timestamp"),
            {},
            "header",
            "the header webhook-timestamp is missing",
        ),
        (
            lambda: without("webhook-signature"),
            {},
            "header",
            "the header webhook-signature is missing",
        ),
        (lambda: headers() | {"webhook-timestamp": "now"}, {}, "header", "is no number"),
        (lambda: headers() | {"webhook-timestamp": "9" * 5_000}, {}, "header", "is no number"),
        (lambda: headers() | {"webhook-signature": "v2,x"}, {}, "signature", "begins with v1,"),
        (lambda: headers(body=b"[]"), {"body": b"[]"}, "body", "no JSON object"),
    ],
)
def test_anything_else_is_a_no_with_its_reason(given, changes, reason, words):
    # Signed now and not when the tests were gathered: a message is good for five minutes.
    signed = given()
    done = verify(signed, **changes)
    assert (done.exit_code, words in done.output) == (1, True), done.output
    said = json.loads(verify(signed, "--json", **changes).stdout)
    assert (said["good"], said["reason"]) == (False, reason)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (BODY + b"\n", "without the line break at its end"),
        (BODY + b"\r\n", "without the line break at its end"),
        (b"\xef\xbb\xbf" + BODY, "without the byte order mark"),
        (json.dumps(json.loads(BODY), indent=2).encode(), "for the JSON without blanks"),
    ],
)
def test_a_body_that_a_framework_or_an_editor_changed_is_told_as_such(changed, words):
    done = verify(headers(), body=changed)
    assert done.exit_code == 1
    assert f"the body was changed: the signature holds {words}" in done.output


def test_a_body_that_lost_its_last_line_break_is_told_as_such():
    done = verify(headers(body=BODY + b"\n"))
    assert "with a line break at its end" in done.output


def test_an_old_one_is_good_when_its_age_does_not_count():
    assert verify(headers(age_s=600), "--any-age").exit_code == 0
    assert verify(headers(secrets=(OTHER,), age_s=600), "--any-age").exit_code == 1


def test_a_file_is_read_byte_for_byte(tmp_path):
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    assert verify(headers(), str(file), body=b"something else").exit_code == 0


@pytest.mark.parametrize("line", ["\r\n", "\n"])
def test_a_whole_message_is_headers_an_empty_line_and_the_body(tmp_path, line):
    file = tmp_path / "message.txt"
    lines = ["POST /hooks HTTP/1.1", *(f"{name}: {text}" for name, text in headers().items())]
    file.write_bytes(line.join([*lines, "", ""]).encode() + BODY)
    assert verify({}, "--whole", str(file)).exit_code == 0


def test_empty_lines_of_the_body_are_no_end_of_the_headers(tmp_path):
    body = b'{"type":"a",\r\n\r\n"b":1}'
    head = "".join(f"{name}: {text}\n" for name, text in headers(body=body).items())
    file = tmp_path / "message"
    file.write_bytes(head.encode() + b"\n" + body)
    assert verify({}, "--whole", str(file)).exit_code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--secret", "whsec_?"], "--secret must be whsec_ and Base64"),
        (["--secret", "whsec_"], "--secret must be whsec_ and Base64"),
        (["--secret", "dGVzdA=="], "--secret must be whsec_ and Base64"),
        ([], "set FRAMEGATE_WEBHOOK_SECRET"),
        (["--secret", SECRET, "-H", "webhook-id"], "takes 'NAME: VALUE'"),
        (["--secret", SECRET, "no-such-file"], "no-such-file cannot be read"),
        (["--secret", SECRET, "--whole"], "needs an empty line"),
    ],
)
def test_a_mistake_of_the_command_line_is_told_apart(words, sentence):
    done = CliRunner().invoke(framegate, ["webhooks", "verify", *words], input=BODY)
    assert (done.exit_code, sentence in done.output) == (2, True), done.output
    assert "dGVzdA" not in done.output


def test_the_secret_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("FRAMEGATE_WEBHOOK_SECRET", SECRET)
    assert verify(headers(), secrets=()).exit_code == 0


def test_a_body_without_end_is_not_read_to_its_end():
    assert "at most 1048576 bytes" in verify(headers(), body=bytes(1_048_577)).output


def test_every_likely_reason_is_told_in_chinese_and_stays_english_for_programs(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    told = {
        BODY + b"\n": "请求体被改过：去掉末尾的换行就与签名相符",
        json.dumps(json.loads(BODY), indent=2).encode(): "请求体被改过：去掉空白的 JSON 与签名相符",
        b"\xef\xbb\xbf" + BODY: "请求体被改过：去掉开头的字节序标记就与签名相符",
        BODY[:-2] + b"!}": "签名不符：用的是另一个签名密钥",
    }
    for body, says in told.items():
        assert says in verify(headers(), body=body).output
    two_lines = b'{"type":\n"task.failed"}\n'
    given = headers(body=two_lines)
    for body, says in {
        two_lines.replace(b"\n", b"\r\n"): "请求体被改过：把 \\r\\n 换成 \\n 就与签名相符",
        two_lines[:-1]: "请求体被改过：末尾加上换行就与签名相符",
    }.items():
        assert says in verify(given, body=body).output
    done = verify(headers() | {"webhook-signature": "v2,x"})
    assert "webhook-signature 里没有以 v1, 开头的签名" in done.output
    why = json.loads(verify(headers(), "--json", body=BODY + b"\n").stdout)["why"]
    assert why == "the body was changed: the signature holds without the line break at its end"
