"""The description is sound OpenAPI, is the page's word for word, and lacks no translation."""

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from framegate import errors
from framegate.domain.account_wish import parse_account_wish
from framegate.web.openapi.document import STATUS_WORDS, TRANSLATED, described, document

DATA = Path(__file__).parents[2] / "data"
PAGE = json.loads((DATA / "image_to_video.schema.json").read_text(encoding="utf-8"))
EXAMPLES = [
    json.loads(line)
    for line in (DATA / "image_to_video.examples.jsonl").read_text(encoding="utf-8").splitlines()
]
CHINESE = re.compile("[\u3400-\u9fff]")


def texts(node, way=()):
    """Every text for people, with the way to it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in TRANSLATED:
                yield (*way, key), value
            else:
                yield from texts(value, (*way, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from texts(value, (*way, index))


def without_texts(node):
    """The names and shapes alone."""
    if isinstance(node, dict):
        dropped = TRANSLATED | {"name", "$comment", "tags"}
        return {
            key: without_texts(value)
            for key, value in node.items()
            if not (key in dropped and isinstance(value, str | list))
        }
    return [without_texts(each) for each in node] if isinstance(node, list) else node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_schema_of_the_create_is_the_pages_word_for_word():
    assert document("zh")["components"]["schemas"]["ImageToVideo"] == PAGE


def test_english_schema_differs_from_the_page_in_its_words_alone():
    english = document("en")["components"]["schemas"]["ImageToVideo"]
    assert english != PAGE
    assert without_texts(english) == without_texts(PAGE)
    assert not CHINESE.search(json.dumps(english, ensure_ascii=False))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_six_examples_are_the_pages_and_have_names(language):
    body = document(language)["paths"]["/kling/image-to-video/{model}"]["post"]["requestBody"]
    shown = body["content"]["application/json"]["examples"].values()
    assert len(EXAMPLES) == 6
    assert all(example["summary"] for example in shown)
    # The page leaves a place open where the caller's own picture goes.
    assert [without_picture(example["value"]) for example in shown] == [
        without_picture(example) for example in EXAMPLES
    ]


def without_picture(example):
    contents = [
        item | {"url": ""} if item["type"] == "first_frame" else item
        for item in example["contents"]
    ]
    return example | {"contents": contents}


def test_no_text_is_left_in_the_other_language():
    english, chinese = dict(texts(document("en"))), dict(texts(document("zh")))
    assert english.keys() == chinese.keys()
    left = [text for text in english.values() if CHINESE.search(text)]
    # A licence and a standard keep their own names.
    untold = {text for text in chinese.values() if not CHINESE.search(text)}
    assert (left, untold) == ([], set())


def test_every_reference_leads_somewhere():
    whole = document("en")
    found = set(references(whole))
    assert len(found) > 10
    for reference in found:
        place = whole
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_schema_is_one_that_a_validator_takes():
    whole = document("en")
    for name in whole["components"]["schemas"]:
        root = {"$ref": f"#/components/schemas/{name}", "components": whole["components"]}
        jsonschema_rs.validator_for(root)


@pytest.mark.parametrize(
    "wish",
    [{"name": "ñ"}, {"name": "张三 & 李四"}, {"name": "a", "credit": "2000000000000.000001"}],
)
def test_account_that_the_gateway_reads_is_one_that_the_description_allows(wish):
    parse_account_wish(json.dumps(wish).encode())
    whole = document("en")
    root = {"$ref": "#/components/schemas/AccountWish", "components": whole["components"]}
    jsonschema_rs.validator_for(root).validate(wish)


def test_operations_have_names_of_their_own():
    names = [
        operation["operationId"]
        for operations in document("en")["paths"].values()
        for operation in operations.values()
    ]
    assert len(set(names)) == len(names) == len(described())


def test_every_status_that_a_refusal_has_is_explained():
    def below(kind):
        return {kind, *(each for child in kind.__subclasses__() for each in below(child))}

    assert {kind.http_status for kind in below(errors.Refusal)} <= STATUS_WORDS.keys()
