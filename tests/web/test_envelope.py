import msgspec
import pytest

from framegate.errors import (
    BodyTooLarge,
    FieldError,
    FieldsInvalid,
    IdempotencyInFlight,
    KeyMissing,
    MethodWrong,
    NotFound,
    Overloaded,
)
from framegate.web import envelope

REQUEST_ID = "req_01KWKFN9VZ8K3M5P7Q9R1S4T6X"


def test_keys_stand_in_the_order_of_the_contract_without_spaces():
    answer = envelope.success({"id": "7"}, REQUEST_ID)
    assert answer.body == (
        b'{"code":0,"message":"SUCCEED","request_id":"req_01KWKFN9VZ8K3M5P7Q9R1S4T6X",'
        b'"data":{"id":"7"}}'
    )


def test_success_is_json_that_no_cache_keeps():
    headers = envelope.success({}, REQUEST_ID).headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"


def test_success_carries_the_headers_it_was_given():
    answer = envelope.success({}, REQUEST_ID, [("X-Framegate-Task", "task_1")])
    assert answer.headers["X-Framegate-Task"] == "task_1"


def test_refusal_without_field_errors_has_an_empty_data_object():
    answer = envelope.refusal(NotFound("task not found"), REQUEST_ID)
    assert answer.status_code == 404
    assert msgspec.json.decode(answer.body) == {
        "code": 1203,
        "message": "task not found",
        "request_id": REQUEST_ID,
        "data": {},
    }


def test_refusal_lists_every_field_error_and_speaks_the_first():
    errors = (FieldError("/contents", "contents is required"), FieldError("/settings", "wrong"))
    body = msgspec.json.decode(envelope.refusal(FieldsInvalid(errors), REQUEST_ID).body)
    assert body["message"] == "contents is required"
    assert body["data"] == {
        "errors": [
            {"path": "/contents", "message": "contents is required"},
            {"path": "/settings", "message": "wrong"},
        ]
    }


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (KeyMissing(), "WWW-Authenticate", "Bearer"),
        (MethodWrong("DELETE", ("POST",)), "Allow", "POST"),
        (IdempotencyInFlight(), "Retry-After", "1"),
        (Overloaded(7), "Retry-After", "7"),
        (Overloaded(0), "Retry-After", "1"),
    ],
)
def test_refusal_carries_the_header_of_its_class(error, header, value):
    assert envelope.refusal(error, REQUEST_ID).headers[header] == value


def test_refusal_without_a_wait_says_no_retry_after():
    assert "Retry-After" not in envelope.refusal(BodyTooLarge(10), REQUEST_ID).headers


def test_lone_surrogate_in_a_sentence_is_replaced_rather_than_a_fault():
    answer = envelope.refusal(NotFound("path not found: /\ud800"), REQUEST_ID)
    assert msgspec.json.decode(answer.body)["message"] == "path not found: /?"
