"""One class for each family of a no, and every error says what to do."""

import inspect

import pytest

import framegate
from framegate import errors as server
from framegate.client import errors
from framegate.client.answers import Task
from framegate.errors import Refusal

ALL = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, errors.ClientError)
]
REFUSALS = [
    kind
    for kind in vars(server).values()
    if inspect.isclass(kind) and issubclass(kind, Refusal) and kind is not Refusal
]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_public_drawn_in_the_tree_and_says_what_to_do(kind):
    assert kind.__name__ in framegate.__all__
    assert kind.__name__ in errors.__doc__
    assert (
        kind is errors.ClientError
        or kind.what_to_do != errors.ClientError.what_to_do
        or (kind.__init__ is not errors.ClientError.__init__)
    )


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda kind: kind.slug)
def test_every_refusal_of_the_server_has_a_family_of_its_own_meaning(refusal):
    kind = errors.family(refusal.http_status, refusal.code)
    assert kind not in (errors.ServerRefused, errors.UpstreamRefused)


@pytest.mark.parametrize(
    ("http_status", "code", "kind"),
    [
        (401, 1002, errors.KeyRefused),
        (402, 1102, errors.CreditShort),
        (403, 1103, errors.RightRefused),
        (400, 1201, errors.FieldsRefused),
        (413, 1200, errors.RequestRefused),
        (429, 1303, errors.LimitReached),
        (503, 5001, errors.ServerBusy),
        (504, 5002, errors.OutcomeUnknown),
        (500, 5000, errors.ServerFault),
        (502, 7, errors.ServerFault),
        (200, 1301, errors.UpstreamRefused),
        (200, 1303, errors.LimitReached),
        (200, 1201, errors.FieldsRefused),
    ],
)
def test_status_and_code_choose_the_family(http_status, code, kind):
    assert errors.family(http_status, code) is kind


def test_unknown_outcome_names_the_task_to_follow():
    error = errors.OutcomeUnknown("?", http_status=504, code=5002, data={"id": "task_9"})
    assert error.task_id == "task_9"
    assert "do not send it again" in str(error)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("image could not be fetched", "pass the picture itself"),
        ("image width and height must each be at least 300 px; got 299x800", "scale or crop"),
        ("Failure to pass the risk control system", "change the picture or the prompt"),
        ("", "the task failed"),
    ],
)
def test_failed_task_says_its_reason_that_nothing_was_charged_and_what_helps(reason, words):
    error = errors.TaskFailed(Task(id="9", status="failed", message=reason))
    assert reason in str(error)
    assert words in str(error)
    assert "nothing was charged" in str(error)


def test_wait_that_is_over_is_a_timeout_to_those_who_catch_that():
    error = errors.StillRunning(Task(id="9", status="submitted"), 5)
    assert isinstance(error, TimeoutError)
    assert "framegate tasks watch 9" in str(error)
