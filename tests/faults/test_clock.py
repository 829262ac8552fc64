"""The wall clock is set under a running gateway: back, forward, and right again."""

import pytest

from fakes.serving import serving
from fakes.site import Site
from faults.trial import Trial, until

DAY_S = 86_400
LINK_S = 3_600
SETTINGS = f"""
[videos]
link_s = {LINK_S}
"""


@pytest.fixture(scope="module")
def site():
    told = Site()
    with serving(told.app()) as url:
        yield told, url


@pytest.fixture(scope="module")
def trial(tmp_path_factory, selling_vendor, shim, site):
    with Trial.begun(
        tmp_path_factory.mktemp("clock"),
        selling_vendor,
        # Looked at by the clock alone.
        callbacks="verbatim",
        allowed=[site[1]],
        more=SETTINGS,
        **shim.environment,
    ) as trial:
        yield trial


@pytest.fixture(autouse=True)
def right_again(shim):
    yield
    shim.set_clock(0)


def test_clock_that_is_set_lets_nothing_wait_for_it_and_ends_nothing_early(trial, shim, site):
    """What is due in seconds would be due in a day: the look at an order, and the second attempt
    to deliver what a receiver refused."""
    told, url = site
    hook = {"url": f"{url}/hooks/back", "events": ["task.succeeded"]}
    assert trial.gate.http.post("/api/webhooks", json=hook).status_code == 200
    told.statuses.append(503)
    assert trial.create() == (200, 0)
    until(lambda: len(told.heard.get("back", [])) == 1)
    assert trial.create() == (200, 0)

    shim.set_clock(-DAY_S)

    until(lambda: len(told.heard["back"]) == 3)
    shim.set_clock(DAY_S / 4)
    assert trial.create() == (200, 0)
    trial.is_well_again()


def test_link_is_good_until_its_date_whatever_the_clock_did_meanwhile(trial, shim):
    link = trial.upload().json()["data"]["url"]
    seen = {}
    for off_s in (0, LINK_S + 60, -DAY_S, 0):
        shim.set_clock(off_s)
        seen[off_s] = trial.gate.http.get(link).status_code

    assert seen == {0: 200, LINK_S + 60: 403, -DAY_S: 200}
