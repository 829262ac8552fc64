"""The seam of the upstreams: whoever stands behind it has exactly its verbs."""

import dataclasses
import inspect

import pytest

from fakes.scripted_upstream import ScriptedUpstream
from framegate.domain import upstream
from framegate.domain.upstream import Upstream
from framegate.upstreams.kling import Kling
from framegate.upstreams.local import Local

VERBS = [name for name, _ in inspect.getmembers(Upstream, inspect.isfunction) if name[0] != "_"]
VALUES = [
    value
    for _, value in inspect.getmembers(upstream, dataclasses.is_dataclass)
    if value.__module__ == upstream.__name__
]


def parameters(verb):
    return [(each.name, each.kind) for each in inspect.signature(verb).parameters.values()]


@pytest.mark.parametrize("kind", [Kling, Local, ScriptedUpstream])
@pytest.mark.parametrize("verb", VERBS)
def test_every_kind_has_every_verb_as_the_protocol_says(kind, verb):
    ours, theirs = getattr(Upstream, verb), getattr(kind, verb)
    assert inspect.iscoroutinefunction(theirs) == inspect.iscoroutinefunction(ours)
    assert parameters(theirs) == parameters(ours)


def test_seam_is_narrow():
    assert sorted(VERBS) == [
        *("callers_words", "cancel", "check", "close", "costs", "fetch", "find"),
        *("headway", "poll", "progress", "reports_on", "submit", "tasks"),
    ]


@pytest.mark.parametrize("value", VALUES)
def test_every_word_of_the_seam_is_a_frozen_value(value):
    assert value.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(value))
