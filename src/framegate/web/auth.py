"""Who sent this request: a Bearer key or the console's session, and the account that pays."""

from starlette.requests import Request

from framegate.domain.ledger import Caller
from framegate.errors import KeyMissing, KeyUnknown, RightMissing
from framegate.flows.issue import check_manager
from framegate.gateway import Gateway
from framegate.web import session

# Longer than any key of ours: more is not worth a hash.
KEY_CHARACTERS_MAX = 200


async def caller_of(request: Request, gateway: Gateway) -> Caller:
    """The caller behind `Authorization: Bearer KEY`, else behind the console's cookie.

    raises   KeyMissing, KeyUnknown, KeyExpired, TooManyRequests; SessionOver and OriginWrong for a
             cookie
    """
    caller = await _known(request, gateway)
    gateway.admit(caller)
    return caller


async def _known(request: Request, gateway: Gateway) -> Caller:
    """A caller whose rights are judged next: a right comes before the rate (rule 33)."""
    header = request.headers.get("authorization", "").strip()
    if not header:
        return await _caller_of_session(request, gateway)
    scheme, _, key = header.partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise KeyMissing
    return await caller_with(key, gateway)


async def caller_with(key: str, gateway: Gateway) -> Caller:
    """The caller who shows a key, in a header or in the sign-in's form.

    raises   KeyUnknown, KeyExpired
    """
    if not key or len(key) > KEY_CHARACTERS_MAX or not key.isascii():
        raise KeyUnknown
    return await gateway.authenticate(key)


async def _caller_of_session(request: Request, gateway: Gateway) -> Caller:
    token = session.token_of(request, gateway.links.public_url)
    if not token:
        raise KeyMissing
    session.judge_origin(request, gateway.links.public_url, from_script=True)
    return await gateway.caller_of_session(token)


async def creator_of(request: Request, gateway: Gateway) -> Caller:
    """A caller who may spend.

    raises   as `caller_of`; RightMissing for a key that may only read
    """
    caller = await _known(request, gateway)
    if not caller.key.scope.may_create:
        raise RightMissing("this key may not create tasks")
    gateway.admit(caller)
    return caller


async def changer_of(request: Request, gateway: Gateway) -> Caller:
    """A caller who may change where the account's news go.

    raises   as `caller_of`; RightMissing for a key that may only read
    """
    caller = await _known(request, gateway)
    if not caller.key.scope.may_create:
        raise RightMissing("this key may not change webhooks")
    gateway.admit(caller)
    return caller


async def key_manager_of(request: Request, gateway: Gateway) -> Caller:
    """A caller who may make, limit and revoke keys.

    raises   as `caller_of`; RightMissing for a key that may only read, or is limited itself
    """
    caller = await _known(request, gateway)
    check_manager(caller)
    gateway.admit(caller)
    return caller


async def operator_of(request: Request, gateway: Gateway) -> Caller:
    """A caller who runs this gateway.

    raises   as `caller_of`; RightMissing for any key but an admin key
    """
    caller = await _known(request, gateway)
    if not caller.key.scope.is_admin:
        raise RightMissing("this key is not an operator's; use an admin key")
    gateway.admit(caller)
    return caller
