"""Addresses that pages make: links of ours under the address they are seen at, and kept filters.

A page may be seen under another host than the one that links are made for: through a tunnel, by a
container's port. What is ours is therefore linked by its path alone.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from framegate.web.console.pages import HOME


def local(url: str) -> str:
    """The path and query of a link of ours; "" for none."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def own_picture(task: Mapping[str, Any]) -> str:
    """The path of a task's first frame where it was uploaded here, else "".

    A foreign address is never asked for: the policy of pages forbids it, and it would tell its
    owner who looks.
    """
    picture = task["picture"]
    return local(picture["url"]) if picture and picture["id"] and picture["url"] else ""


def video(task: Mapping[str, Any]) -> str:
    """The path of a task's video; "" while there is none."""
    return local(task["outputs"][0]["url"]) if task["outputs"] else ""


def asked(path: str, query: Mapping[str, str]) -> str:
    """A path with the parameters that are not empty."""
    text = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{text}" if text else path


def reuse(task: Mapping[str, Any]) -> str:
    """The playground, beginning with the settings of a task: it reads them by the id."""
    return f"{HOME}#reuse={task['task']}"
