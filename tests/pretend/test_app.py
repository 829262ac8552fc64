"""The paths of the app, and what is beside them."""

import pytest

from fakes.vendor import IMAGE


@pytest.mark.parametrize("path", ["/", "/nowhere", "/files"])
async def test_unknown_path_is_no_such_resource(caller, path):
    answer = await caller.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, 1203)


@pytest.mark.parametrize("path", [IMAGE, "/account/billing/balance"])
async def test_wrong_method_is_404_with_a_code_of_its_own(caller, path):
    answer = await caller.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, 1202)


async def test_film_of_an_unknown_task_needs_a_good_address_first(caller):
    assert (await caller.http.get("/files/1.mp4?Expires=9&sig=x")).status_code == 403


async def test_prefix_is_there_only_when_it_is_asked_for(caller, opened):
    assert (await caller.create(path=f"/kling{IMAGE}")).json()["code"] == 1203
    assert (await opened(prefix="/kling").create(path=f"/kling{IMAGE}")).json()["code"] == 0
