"""`framegate openapi` prints what the server answers."""

import json

import pytest

from framegate.web.openapi.document import document


def said(shell, *words):
    done = shell.bare(*words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_printed_description_is_the_served_one(shell, language):
    printed = said(shell, "openapi", "--lang", language)
    assert printed == document(language)


def test_english_is_what_nobody_asked_for(shell):
    assert said(shell, "openapi") == document("en")


def test_unknown_language_is_refused_by_name(shell):
    done = shell.bare("openapi", "--lang", "fr")
    assert done.exit_code == 2
    assert "zh" in done.output
