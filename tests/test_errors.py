import inspect
import re

import pytest

from framegate import errors
from framegate.errors import FieldError, Refusal

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, errors.FramegateError)
}
REFUSALS = [kind for kind in CLASSES.values() if issubclass(kind, Refusal) and kind is not Refusal]
# What each class is made from; the rest take no arguments or one sentence.
ARGUMENTS = {
    "BodyTooLarge": (1_048_576,),
    "FieldsInvalid": ((FieldError("/contents", "contents is required"),),),
    "MethodWrong": ("DELETE", ("POST",)),
}


def made(kind):
    takes_nothing = len(inspect.signature(kind).parameters) == 0
    default = () if takes_nothing or kind.__name__ == "Overloaded" else ("a sentence",)
    return kind(*ARGUMENTS.get(kind.__name__, default))


def drawn():
    """Name, parent's name and the line of each class in the drawing at the top of the file."""
    path = []
    for line in errors.__doc__.splitlines():
        found = re.match(r"^([│├└─ ]*)([A-Z]\w+)(.*)$", line)
        if found and (found[1] or line == "FramegateError"):
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            yield found[2], path[depth - 1] if depth else "Exception", found[3]


def test_drawing_is_the_tree():
    """Whoever adds a class draws it; whoever moves one moves it there too."""
    tree = {name: kind.__base__.__name__ for name, kind in CLASSES.items()}

    assert {name: parent for name, parent, _ in drawn()} == tree


@pytest.mark.parametrize("kind", REFUSALS)
def test_drawing_tells_status_and_code(kind):
    said = next(line for name, _, line in drawn() if name == kind.__name__)

    assert said.split()[0].rstrip(",") == f"{kind.http_status}/{kind.code}"


def test_every_refusal_has_a_slug_of_its_own():
    slugs = [kind.slug for kind in REFUSALS]

    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


@pytest.mark.parametrize(
    ("name", "http_status", "code"),
    [
        ("KeyMissing", 401, 1001),
        ("KeyUnknown", 401, 1002),
        ("CreditMissing", 402, 1102),
        ("RightMissing", 403, 1103),
        ("BodyMalformed", 400, 1200),
        ("BodyTooLarge", 413, 1200),
        ("MediaTypeWrong", 415, 1200),
        ("FieldsInvalid", 400, 1201),
        ("IdempotencyConflict", 409, 1201),
        ("IdempotencyInFlight", 409, 1201),
        ("NotFound", 404, 1203),
        ("MethodWrong", 405, 1202),
        ("TooManyRequests", 429, 1302),
        ("TooManyTasks", 429, 1303),
        ("InternalFault", 500, 5000),
        ("Unavailable", 503, 5001),
        ("Overloaded", 503, 5001),
        ("StoreDown", 503, 5001),
    ],
)
def test_refusal_has_the_status_and_code_of_the_contract(name, http_status, code):
    assert (CLASSES[name].http_status, CLASSES[name].code) == (http_status, code)


@pytest.mark.parametrize("kind", [kind for kind in REFUSALS if kind.http_status == 401])
def test_every_401_asks_for_a_bearer_key(kind):
    assert ("WWW-Authenticate", "Bearer") in made(kind).headers


def test_wrong_method_says_which_are_right():
    error = errors.MethodWrong("DELETE", ("GET", "HEAD"))

    assert error.message == "method DELETE is not allowed here; allowed: GET, HEAD"
    assert error.headers == (("Allow", "GET, HEAD"),)


@pytest.mark.parametrize("name", ["IdempotencyInFlight", "Overloaded", "StoreDown"])
def test_what_passes_by_itself_says_when_to_come_back(name):
    assert made(CLASSES[name]).retry_after_s >= 1


def test_first_field_error_is_the_message_and_all_are_kept():
    first, second = FieldError("/contents", "one"), FieldError("/settings", "two")

    error = errors.FieldsInvalid((first, second))

    assert (error.message, error.errors) == ("one", (first, second))


def test_refused_picture_is_one_field_error_without_a_field():
    error = errors.PictureRefused("image is not readable")

    assert error.errors == (FieldError(path="", message="image is not readable"),)


@pytest.mark.parametrize("kind", REFUSALS)
def test_message_is_what_the_exception_says(kind):
    error = made(kind)

    assert str(error) == error.message != ""


@pytest.mark.parametrize("name", ["Unavailable", "Overloaded", "StoreDown"])
def test_unavailable_promises_that_nothing_was_charged(name):
    error = errors.Unavailable() if name == "Unavailable" else CLASSES[name]()

    assert error.message.endswith("nothing was created or charged")


def test_store_down_keeps_its_cause_for_the_log():
    cause = OSError("disk full")

    assert errors.StoreDown().with_cause(cause).__cause__ is cause
