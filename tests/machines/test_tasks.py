"""A task's whole life in any order of answers, news, delays, deaths and clocks."""

import os

from hypothesis import settings

from machines.lives import Lives

TestTasks = Lives.TestCase
TestTasks.settings = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "machines"))
