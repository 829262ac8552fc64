"""What becomes of a task whose first frame is no good: rule 27's sentence, and no charge."""

import pytest

from fakes.drawn import picture

NOT_FETCHED = "image could not be fetched"
NOT_READABLE = "image is not readable"
BAD_PICTURES = {
    "too-narrow.png": (
        picture(299, 400, file_format="PNG"),
        "image width and height must each be at least 300 px; got 299x400",
    ),
    "webp.jpg": (
        picture(400, 400, file_format="WEBP"),
        "image format must be jpg, jpeg or png; got webp",
    ),
    "too-wide.jpg": (
        picture(900, 300),
        "image aspect ratio must be from 1:2.5 to 2.5:1; got 3.00:1",
    ),
    "words.jpg": (
        b"I am not a picture, only a name that ends well.",
        "image format must be jpg, jpeg or png; got unknown",
    ),
    "half.jpg": (picture(400, 400)[:2_000], NOT_READABLE),
    "empty.jpg": (b"", NOT_READABLE),
}


def order(url, **options):
    contents = [{"type": "first_frame", "url": url}]
    body = {"contents": contents, "settings": {"duration": 3}}
    return body | ({"options": options} if options else {})


@pytest.fixture
def failed(gate):
    """Run a task that is to fail: its reason, and what it cost."""

    def run(url):
        answer = gate.create(order(url))
        task = gate.ended(answer.json()["data"]["id"])
        assert task["status"] == "failed"
        assert task["billing"] == []
        (hold,) = gate.rows(
            "SELECT state FROM holds WHERE task_id = ?", answer.headers["X-Framegate-Task"]
        )
        assert hold == ("released",)
        return task["task_status_msg"]

    return run


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_bad_picture_fails_the_task_with_the_pages_sentence_and_costs_nothing(failed, sites, name):
    (site, url), _ = sites
    site.files[name], sentence = BAD_PICTURES[name]

    assert failed(f"{url}/{name}") == sentence


@pytest.mark.parametrize(
    "url",
    ["http://no-such-host.invalid/a.jpg", "http://127.0.0.1:1/a.jpg", "http://localhost:9/a.jpg"],
    ids=["a name that does not resolve", "a closed port", "a name for a private address"],
)
def test_unreachable_picture_fails_the_task_and_does_not_say_why(failed, url):
    assert failed(url) == NOT_FETCHED


def test_missing_picture_is_one_that_could_not_be_fetched(failed, sites):
    (_, url), _ = sites

    assert failed(f"{url}/gone.jpg") == NOT_FETCHED


def test_redirect_to_a_port_that_is_not_allowed_is_not_followed(failed, sites):
    (site, url), (forbidden, forbidden_url) = sites
    site.redirects["away.jpg"] = f"{forbidden_url}/inside.jpg"
    forbidden.files["inside.jpg"] = picture(400, 400)

    assert failed(f"{url}/away.jpg") == NOT_FETCHED
    assert forbidden.asked == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a.jpg", "http://2130706433/a.jpg"])
def test_private_address_is_refused_before_anything_is_held(gate, url):
    answer = gate.create(order(url))

    assert answer.status_code == 400
    assert answer.json()["message"] == "contents[0].url must be a public address"
