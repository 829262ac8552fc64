"""A door with somebody who looks at pages."""

import pytest

from framegate.flows import sign_in
from framegate.gateway import now_ms
from framegate.web import session

HTML = {"Accept": "text/html,application/xhtml+xml"}
HERE = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


class Looker:
    """A browser without a screen: it keeps cookies and follows no redirect by itself."""

    def __init__(self, door):
        self.door = door
        self.http = door.http
        self.cookies = {}

    def link(self, account=None):
        token = sign_in.new_token()
        self.door.gateway.database.write_now(
            sign_in.make_link, account=account, token=token, now_ms=now_ms()
        )
        return f"/console/link/{token}"

    async def sign_in(self, account=None):
        await self.post(self.link(account))
        return self

    async def get(self, path, method="GET", **headers):
        return self._kept(await self.http.request(method, path, headers=self._named(headers)))

    async def post(self, path, content="", **headers):
        named = self._named(HERE | headers)
        return self._kept(await self.http.post(path, content=content, headers=named))

    def _named(self, headers):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        named = HTML | {name.replace("_", "-"): value for name, value in headers.items()}
        return named | ({"Cookie": cookie} if cookie else {})

    def _kept(self, answer):
        self.http.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    @property
    def is_signed_in(self):
        return bool(self.cookies.get(session.cookie_name("http://127.0.0.1:8787")))


@pytest.fixture
def looker(door):
    return Looker(door)
