"""OpenAPI 3.1 out of the files in `data/`: what the short form of an operation leaves out.

An operation there says who may ask (`access`), what it takes (`query`, `body`, ...) and what the
`data` of its answer is. The envelope, the refusals that follow from these, and the parameters in
its path are added here, once for all.
"""

import copy
import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from framegate import __version__

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

NOUNS = ("kling", "pictures", "tasks", "account", "webhooks", "operator", "basics")
"""The files of `data/nouns`, in the order of a reader's interest."""

CREATE_PATH = "/kling/image-to-video/{model}"
TRANSLATED = frozenset({"summary", "description"})

# Which refusals follow from who may ask. A link is its own right; 429 is the limit of a key.
REFUSALS_BY_ACCESS: dict[str, tuple[int, ...]] = {
    "none": (),
    "link": (403, 404),
    "key": (401, 429),
    "creator": (401, 403, 429),
    "admin": (401, 403, 429),
}
REFUSALS_OF_A_BODY = (400, 408, 413, 415)
STATUS_WORDS = {
    400: "The body or the query breaks a rule; data.errors names each",
    401: "No key came, or not one of ours, or one whose time is over",
    402: "Not enough credit",
    403: "The key, or the link, has no right to this",
    404: "There is no such thing for this caller",
    405: "The path exists, the method does not",
    408: "The body did not arrive in its time",
    409: "The Idempotency-Key came before with other bytes, or its twin is still on its way",
    413: "More bytes than are taken here",
    415: "A media type or a coding that is not read here",
    429: "Too many requests or too many running tasks; Retry-After says when to come again",
    500: "Our own defect; give the request's id to the operator",
    503: "Nothing was created or charged; come again",
    504: "Sent, and no answer came: the task is kept and looked for. Never send it again by itself",
}

_ENVELOPE = {
    "code": {"type": "integer", "description": "0 is success"},
    "message": {"type": "string"},
    "request_id": {"type": "string", "description": "For whoever runs this gateway"},
}


@cache
def document(language: Language) -> dict[str, Any]:
    """The whole description.

    language  of its texts; names, codes and shapes are the same in both
    returns   an OpenAPI 3.1 document; callers must not change it
    """
    words: dict[str, str] = _data("zh.json") if language == "zh" else {}
    nouns = [_in_words(_data(f"nouns/{name}.json"), words) for name in NOUNS]
    page = _page(language)
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": _info(),
        "tags": [noun["tag"] for noun in nouns],
        "security": [{"key": []}],
        "paths": _paths(nouns, page),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "parameters": _gathered(nouns, "parameters"),
            "schemas": _gathered(nouns, "schemas"),
        },
    }
    described: dict[str, Any] = _translated(whole, words)
    # The page is put in last: it has its own words in both languages.
    described["components"]["schemas"]["ImageToVideo"] = page["request"]
    described["components"]["schemas"]["CreateAnswer"] = page["answer"]
    for example, named in zip(
        _create(described)["examples"].values(), page["examples"], strict=True
    ):
        example["summary"] = named["name"]
    return described


def described() -> set[tuple[str, str]]:
    """Every (method, path) of the description; a test compares them with the routes."""
    return {
        (method.upper(), path)
        for path, operations in document("en")["paths"].items()
        for method in operations
    }


# --- operations -------------------------------------------------------------------------------


def _paths(nouns: Iterable[dict[str, Any]], page: dict[str, Any]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for noun in nouns:
        for short in noun["operations"]:
            of_path = paths.setdefault(short["path"], {})
            of_path[short["method"]] = _operation(short, noun["tag"]["name"], page)
    return paths


def _operation(short: dict[str, Any], tag: str, page: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": short["id"],
        "tags": [tag],
        "summary": short["summary"],
        "parameters": list(_parameters(short)),
        "responses": _responses(short),
    }
    if "description" in short:
        operation["description"] = short["description"]
    if short["access"] in {"none", "link"}:
        operation["security"] = []
    taken = _taken(short)
    if taken is not None:
        operation["requestBody"] = taken
        if short["path"] == CREATE_PATH:
            taken["content"]["application/json"]["examples"] = _examples(page)
    return operation


def _parameters(short: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for segment in short["path"].split("/"):
        if segment.startswith("{"):
            name = segment.strip("{}")
            # A video's link names its file with the suffix that players look for.
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for parameter in short.get("query", ()):
        yield parameter if "$ref" in parameter else {"in": "query", **parameter}
    if "paged" in short:
        yield {
            "name": "limit",
            "in": "query",
            "description": "How many at most",
            "schema": {"type": "integer", "minimum": 1, "maximum": short["paged"]},
        }
        yield {
            "name": "cursor",
            "in": "query",
            "description": "The next_cursor of the page before",
            "schema": {"type": "string"},
        }
    if "Idempotency-Key" in short.get("headers", ()):
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Send one with every create: a repeated request gets the first answer",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }


def _taken(short: dict[str, Any]) -> dict[str, Any] | None:
    if short.get("upload"):
        picture = {"type": "string", "format": "binary"}
        form = {"type": "object", "required": ["file"], "properties": {"file": picture}}
        content = {
            "image/jpeg": {"schema": picture},
            "image/png": {"schema": picture},
            "multipart/form-data": {"schema": form},
        }
        return {"required": True, "content": content}
    if "body" in short:
        return {"required": True, "content": {"application/json": {"schema": short["body"]}}}
    if "optional_body" in short:
        schema = short["optional_body"]
        return {"required": False, "content": {"application/json": {"schema": schema}}}
    return None


def _examples(page: dict[str, Any]) -> dict[str, Any]:
    return {
        f"example{number}": {"summary": "", "value": example["value"]}
        for number, example in enumerate(page["examples"], start=1)
    }


def _create(whole: dict[str, Any]) -> dict[str, Any]:
    """Where the create's body is described."""
    body: dict[str, Any] = whole["paths"][CREATE_PATH]["post"]["requestBody"]["content"]
    content: dict[str, Any] = body["application/json"]
    return content


# --- answers ----------------------------------------------------------------------------------


def _responses(short: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": _success(short)}
    for status in _refusals(short):
        responses[str(status)] = {
            "description": STATUS_WORDS[status],
            "headers": _headers(),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
        }
    return responses


def _success(short: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Success", "headers": _headers()}
    if "content" in short:
        answer["content"] = {media_type: {} for media_type in short["content"].split(", ")}
        return answer
    if short.get("answers_of_upstream"):
        answer["description"] = "As the upstream answered; code 0 is success, whatever the status"
        schema: dict[str, Any] = {"$ref": "#/components/schemas/CreateAnswer"}
    else:
        schema = {
            "type": "object",
            "required": ["code", "message", "request_id", "data"],
            "properties": {**_ENVELOPE, "data": short["data"]},
        }
    answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _refusals(short: dict[str, Any]) -> list[int]:
    # These come from the server itself, whatever the path.
    statuses = {405, 408, 500, 503, *REFUSALS_BY_ACCESS[short["access"]]}
    if "{" in short["path"]:
        statuses.add(404)
    if _taken(short) is not None:
        statuses.update(REFUSALS_OF_A_BODY)
    if short.get("query") or "paged" in short:
        statuses.add(400)
    if short.get("answers_of_upstream"):
        statuses.update((402, 409, 504))
    statuses.update(short.get("refusals", ()))
    return sorted(statuses)


def _headers() -> dict[str, Any]:
    return {
        "X-Request-Id": {
            "description": "Our id of the request",
            "schema": {"type": "string"},
        }
    }


# --- files and languages ----------------------------------------------------------------------


def _info() -> dict[str, Any]:
    return {
        "title": "framegate",
        "version": __version__,
        "description": "A self-hosted gateway for image-to-video.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _data(name: str) -> Any:
    file = resources.files("framegate.web.openapi").joinpath("data", name)
    return json.loads(file.read_text(encoding="utf-8"))


def _gathered(nouns: Iterable[dict[str, Any]], what: str) -> dict[str, Any]:
    return {name: each for noun in nouns for name, each in noun.get(what, {}).items()}


def _page(language: Language) -> dict[str, Any]:
    """The API page: its own words, or ours in English at the places that hold them."""
    page: dict[str, Any] = copy.deepcopy(_data("page.json"))
    if language == "en":
        for pointer, text in _data("page.en.json").items():
            *way, last = _steps(pointer)
            place: Any = page
            for step in way:
                place = place[step]
            place[last] = text
    return page


def _steps(pointer: str) -> Iterator[str | int]:
    """The steps of an RFC 6901 pointer; none of the page's names looks like a number."""
    for part in pointer.split("/")[1:]:
        yield int(part) if part.isdecimal() else part.replace("~1", "/").replace("~0", "~")


def _in_words(noun: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """A noun whose tag, which operations repeat, has its name in the other language."""
    name = noun["tag"]["name"]
    return noun | {"tag": noun["tag"] | {"name": words.get(name, name)}}


def _translated(node: Any, words: dict[str, str]) -> Any:
    """A copy with every text that `words` knows in the other language."""
    if isinstance(node, dict):
        return {
            key: words.get(value, value)
            if key in TRANSLATED and isinstance(value, str)
            else _translated(value, words)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_translated(each, words) for each in node]
    return node
