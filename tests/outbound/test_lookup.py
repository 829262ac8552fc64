# ruff: noqa: S104 - these addresses are judged; none of them is bound.
import socket

import pytest

from framegate.errors import AddressRefused
from framegate.outbound.lookup import JudgingResolver, ThreadedLookup


async def hosts(resolver, host="a.example", port=443):
    return [answer["host"] for answer in await resolver.resolve(host, port)]


@pytest.mark.parametrize(
    "answer", [["8.8.8.8"], ["8.8.8.8", "2606:4700::1111"], ["64:ff9b::808:808"]]
)
async def test_answer_of_public_addresses_passes(names, answer):
    assert await hosts(JudgingResolver(names(answer), allow=frozenset())) == answer


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1%2",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2606:4700::1%2",
        "0.0.0.0",
        "no address at all",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_address_that_is_not_public_spoils_the_answer(names, address, place):
    answer = ["8.8.8.8", "1.1.1.1"]
    answer.insert(place, address)
    with pytest.raises(AddressRefused):
        await hosts(JudgingResolver(names(answer), allow=frozenset()))


async def test_name_that_changes_its_mind_is_judged_again(names):
    resolver = JudgingResolver(names(["8.8.8.8"], ["127.0.0.1"]), allow=frozenset())
    assert await hosts(resolver) == ["8.8.8.8"]
    with pytest.raises(AddressRefused):
        await hosts(resolver)


@pytest.mark.parametrize(
    ("host", "port", "passes"),
    [
        ("hook.internal", 8080, True),
        ("hook.internal", 8081, False),
        ("b.hook.internal", 8080, False),
    ],
)
async def test_allow_list_knows_exact_pairs_only(names, host, port, passes):
    resolver = JudgingResolver(names(["10.0.0.1"]), allow=frozenset({"hook.internal:8080"}))
    if passes:
        assert await hosts(resolver, host, port) == ["10.0.0.1"]
    else:
        with pytest.raises(AddressRefused):
            await hosts(resolver, host, port)


async def test_system_knows_localhost():
    lookup = ThreadedLookup()
    answers = await lookup.resolve("localhost", 80, socket.AF_INET)
    assert [(answer["host"], answer["port"]) for answer in answers] == [("127.0.0.1", 80)]
    await lookup.close()


async def test_name_that_the_system_does_not_know_is_an_os_error():
    lookup = ThreadedLookup()
    with pytest.raises(OSError, match=r"."):
        await lookup.resolve("a" * 64 + ".invalid", 80)
    await lookup.close()
