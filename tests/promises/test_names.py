"""`import framegate` is light: the client brings no server, the server no client."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import framegate

# What only a server needs. Each of these takes longer to load than the whole client.
SERVER = (
    "aiohttp",
    "alembic",
    "av",
    "cv2",
    "jiter",
    "msgspec",
    "numpy",
    "PIL",
    "prometheus_client",
    "rich",
    "sqlalchemy",
    "starlette",
    "structlog",
    "typer",
    "uvicorn",
)
OURS = {
    "framegate",
    "framegate.client",
    "framegate.client.access",
    "framegate.client.answers",
    "framegate.client.asking",
    "framegate.client.calls",
    "framegate.client.download",
    "framegate.client.drivers",
    "framegate.client.errors",
    "framegate.client.face",
    "framegate.client.picture",
    "framegate.client.steps",
    "framegate.client.stream",
    "framegate.client.usage",
    "framegate.domain",
    "framegate.domain.picture",
    "framegate.domain.picture_kind",
    "framegate.errors",
}


def loaded_after(code):
    """The modules of a fresh interpreter that ran it."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def ours(modules):
    return {name for name in modules if name.split(".")[0] == "framegate"}


def test_package_alone_loads_nothing():
    assert ours(loaded_after("import framegate; framegate.__version__")) == {"framegate"}


def test_client_loads_its_own_parts_and_no_part_of_the_server():
    modules = loaded_after("from framegate import AsyncFramegate, Framegate")
    assert ours(modules) == OURS
    assert [name for name in SERVER if name in modules] == []


def test_receiver_of_webhooks_needs_no_http_client():
    modules = loaded_after("from framegate import verify_webhook")
    assert "httpx2" not in modules
    assert [name for name in SERVER if name in modules] == []


@pytest.mark.parametrize("name", framegate.__all__)
def test_every_public_name_is_there(name):
    assert getattr(framegate, name) is not None


def test_list_of_names_is_sorted_and_is_what_an_editor_sees():
    assert framegate.__all__ == sorted(framegate.__all__)
    assert dir(framegate) == framegate.__all__


def test_other_names_are_an_error_of_python():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        framegate.Nothing  # noqa: B018 - the access is the test


def test_package_says_that_it_is_typed():
    assert Path(framegate.__file__).with_name("py.typed").is_file()
