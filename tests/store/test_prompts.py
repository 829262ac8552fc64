import pytest

from fakes.rows import BODY, a_task, new_account
from framegate.store import prompts, tasks
from framegate.store.prompts import PICTURE_URL_CHARACTERS_MAX, Prompt


def kept(tx, prompt):
    task = a_task(new_account(tx, is_unlimited=True).id)
    tasks.begin(tx, task, body=BODY, prompt=prompt)
    return prompts.of_tasks(tx, [task.id, "task_nobody"])[task.id]


def test_words_and_picture_are_kept_with_the_task(tx):
    prompt = Prompt(text="a cat, \u732b", picture_url="https://cdn.example.com/a.jpg")
    assert kept(tx, prompt) == prompt


@pytest.mark.parametrize(("length", "is_kept"), [(0, True), (1, False)])
def test_address_beyond_the_limit_is_in_the_bytes_alone(tx, length, is_kept):
    url = "u" * (PICTURE_URL_CHARACTERS_MAX + length)
    assert kept(tx, Prompt(text="", picture_url=url)).picture_url == (url if is_kept else "")


def test_prompt_of_the_longest_kind_is_kept_whole(tx):
    text = "\u732b" * 3_072
    assert kept(tx, Prompt(text=text, picture_url="")).text == text
