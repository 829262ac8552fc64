"""The pretend vendor of the tests as a process of its own, on loopback.

Its tasks never end, as a film is not made within the seconds of a benchmark.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Self

from fakes.stub_upstream import API_KEY
from load.crowd import Side

TESTS = Path(__file__).parents[2] / "tests"
COMMAND = (sys.executable, "-m", "fakes.stub_upstream", "--begins-as", "processing")
ENDING_WAIT_S_MAX = 10


class Vendor:
    """The vendor's process, from the outside."""

    def __enter__(self) -> Self:
        """Start it and read its address."""
        self._process = subprocess.Popen(COMMAND, cwd=TESTS, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(ENDING_WAIT_S_MAX)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def side(self) -> Side:
        """The vendor, asked as the gateway asks it."""
        return Side(
            url=self.url,
            path="/image-to-video/kling-3.0-turbo",
            headers={"Authorization": f"Bearer {API_KEY}"},
        )

    @property
    def settings(self) -> str:
        """A framegate.toml with this vendor as its only upstream."""
        return (
            f'[upstreams.vendor]\nkind = "kling"\nbase_url = "{self.url}"\napi_key = "{API_KEY}"\n'
        )

    def asked(self) -> dict[str, int]:
        """How many creates came, with how many different bodies, and how many it sold."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{self.url}/asked") as answer:
            return dict(json.load(answer))
