"""How a picture comes in: raw or in a form, counted as it comes, and nothing left behind."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request

from framegate.errors import BodyMalformed, BodyTooLarge
from framegate.web import uploads
from framegate.web.uploads import FORM_BYTES_MAX

BYTES_MAX = 2_000_000
FORM = "multipart/form-data; boundary=b"


class Sender:
    """The ASGI side of one request: it sends these parts and notes how many were taken."""

    def __init__(self, *parts, content_type="", leaves=False, **headers):
        self.parts, self.leaves, self.taken = list(parts), leaves, 0
        named = {"content-type": content_type} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.headers = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]

    async def __call__(self):
        self.taken += 1
        if not self.parts and self.leaves:
            return {"type": "http.disconnect"}
        body = self.parts.pop(0) if self.parts else b""
        return {"type": "http.request", "body": body, "more_body": bool(self.parts) or self.leaves}

    @property
    def request(self):
        scope = {"type": "http", "method": "POST", "headers": self.headers, "app": None}
        return Request(scope, self)


def part(content, *, name="file", filename="a.jpg"):
    named = f'; filename="{filename}"' if filename else ""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts):
    return b"".join(parts) + b"--b--\r\n"


@pytest.fixture
def to(tmp_path):
    return tmp_path / "incoming"


async def received(sender, to):
    await uploads.receive(sender.request, to, bytes_max=BYTES_MAX)
    return to.read_bytes()


async def test_raw_body_is_the_picture_in_however_many_parts_it_comes(to):
    assert await received(Sender(b"one", b"", b"two"), to) == b"onetwo"


async def test_empty_body_is_an_empty_file(to):
    assert await received(Sender(), to) == b""


@pytest.mark.parametrize("content_type", [FORM, "Multipart/Form-Data; boundary=b"])
async def test_file_of_a_form_is_the_picture(to, content_type):
    content = bytes(range(256)) * 10
    sender = Sender(form(part(content)), content_type=content_type)
    assert await received(sender, to) == content


async def test_fields_beside_the_file_are_passed_over(to):
    sender = Sender(
        form(part(b"words", name="note", filename=""), part(b"film")), content_type=FORM
    )
    assert await received(sender, to) == b"film"


@pytest.mark.parametrize(
    "content",
    [
        form(),
        form(part(b"words", filename="")),
        form(part(b"one"), part(b"two", name="other")),
        form(*(part(b"x", name=f"f{number}", filename="") for number in range(11))),
        form(part(b"x" * (FORM_BYTES_MAX + 1), filename="")),
        b"no form at all",
        b"",
    ],
)
async def test_form_without_exactly_one_file_is_malformed(to, content):
    with pytest.raises(BodyMalformed):
        await received(Sender(content, content_type=FORM), to)


async def test_form_without_a_boundary_is_malformed(to):
    with pytest.raises(BodyMalformed):
        await received(Sender(b"x", content_type="multipart/form-data"), to)


async def test_picture_of_exactly_the_limit_is_taken(to):
    assert len(await received(Sender(bytes(BYTES_MAX)), to)) == BYTES_MAX


async def test_picture_of_one_byte_more_is_too_large(to):
    with pytest.raises(BodyTooLarge):
        await received(Sender(bytes(BYTES_MAX), b"x"), to)


async def test_form_around_a_picture_of_exactly_the_limit_is_taken(to):
    sender = Sender(form(part(bytes(BYTES_MAX))), content_type=FORM)
    assert len(await received(sender, to)) == BYTES_MAX


async def test_form_beyond_picture_and_fields_is_stopped_while_it_comes(to):
    """Its beginning lies in a temporary file by then, which must be closed again."""
    sender = Sender(
        part(bytes(BYTES_MAX)), bytes(FORM_BYTES_MAX), *[b"x" * 1_000] * 99, content_type=FORM
    )
    with pytest.raises(BodyTooLarge):
        await received(sender, to)
    assert sender.taken == 2


@pytest.mark.parametrize("announced", [str(BYTES_MAX + 1), "9" * 5_000])
async def test_announced_length_is_judged_before_a_byte_is_read(to, announced):
    sender = Sender(b"x", content_length=announced)
    with pytest.raises(BodyTooLarge):
        await received(sender, to)
    assert sender.taken == 0


@pytest.mark.parametrize("announced", ["", "many", "\xb2", "-1"])
async def test_announced_length_that_is_no_number_is_left_to_the_count(to, announced):
    assert await received(Sender(b"x", content_length=announced), to) == b"x"


@pytest.mark.parametrize("sender", [Sender(b"half", leaves=True), Sender(
    part(b"half"), content_type=FORM, leaves=True
)])  # fmt: skip
async def test_caller_that_goes_away_ends_the_upload(to, sender):
    with pytest.raises(ClientDisconnect):
        await received(sender, to)


async def test_file_that_is_there_is_never_overwritten(to):
    to.write_bytes(b"somebody else's")
    with pytest.raises(FileExistsError):
        await received(Sender(b"x"), to)
    assert to.read_bytes() == b"somebody else's"


async def test_many_uploads_at_once_get_a_file_each(tmp_path):
    contents = [bytes([number]) * 1_000 for number in range(20)]
    got = await asyncio.gather(
        *(
            received(Sender(content[:500], content[500:]), tmp_path / str(number))
            for number, content in enumerate(contents)
        )
    )
    assert got == contents
