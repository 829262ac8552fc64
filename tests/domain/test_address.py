# ruff: noqa: S104 - these addresses are judged; none of them is bound.
from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.address import ipv4_readings, ipv6_reading, is_public

PUBLIC = ["8.8.8.8", "1.1.1.1", "99.255.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"]
PUBLIC += ["198.17.255.255", "198.20.0.0", "223.255.255.255", "192.0.1.0", "168.63.129.17"]
PUBLIC += ["2606:4700::1111", "2001:4860:4860::8888", "2003::1", "3ffe::1"]
WRAPPING = [ip_network(text) for text in ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16")]
NOT_PUBLIC = {
    "unspecified": ["0.0.0.0", "0.255.255.255", "::"],
    "loopback": ["127.0.0.1", "127.255.255.255", "::1"],
    "private": ["10.0.0.0", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fd00::1", "fc00::"],
    "link-local": ["169.254.0.1", "fe80::1", "febf::1"],
    "carrier NAT": ["100.64.0.0", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.1", "4000::1", "100::1", "5f00::1"],
    "benchmarking": ["198.18.0.0", "198.19.255.255", "2001:2::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "metadata": ["169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16"],
    "metadata on IPv6": ["fd00:ec2::254", "fd20:ce::254"],
    "relays": ["192.88.99.1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "old private": ["fec0::1", "64:ff9b:1::808:808", "::808:808", "::ffff:0:808:808"],
}


@pytest.mark.parametrize("text", PUBLIC)
def test_ordinary_address_is_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", [text for texts in NOT_PUBLIC.values() for text in texts])
def test_special_address_is_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("wrap", ["::ffff:{}", "64:ff9b::{}", "2002:{}::", "2002:{}:1:2:3:4:5"])
@pytest.mark.parametrize(
    ("inner", "expected"), [("808:808", True), ("7f00:1", False), ("a9fe:a9fe", False)]
)
def test_wrapped_address_counts_as_what_it_reaches(wrap, inner, expected):
    assert is_public(ip_address(wrap.format(inner))) is expected


@given(st.ip_addresses(v=4))
def test_mapped_address_is_judged_as_its_ipv4_address(address):
    assert is_public(IPv6Address(f"::ffff:{address}")) == is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address):
    """An independent table as the oracle; ours may be stricter, never laxer."""
    if is_public(address) and not any(address in network for network in WRAPPING):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("text", ["2606:4700::1%eth0", "2606:4700::1%251", "fe80::1%1"])
def test_address_with_a_zone_is_never_public(text):
    assert not is_public(ipv6_reading(text))


@pytest.mark.parametrize("text", ["", "::1::", "12345::", "v1.x", "1.2.3.4", "::1/64", "g::"])
def test_other_text_is_no_ipv6_address(text):
    assert ipv6_reading(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("2130706433", ["127.0.0.1"]),
        ("017700000001", ["127.0.0.1"]),
        ("0x7f000001", ["127.0.0.1"]),
        ("0x7f.1", ["127.0.0.1"]),
        ("127.1", ["127.0.0.1"]),
        ("127.0.1", ["127.0.0.1"]),
        ("10.258", ["10.0.1.2"]),
        ("0", ["0.0.0.0"]),
        ("0x", ["0.0.0.0"]),
        ("0x.0x.0", ["0.0.0.0"]),
        ("4294967295", ["255.255.255.255"]),
        ("010.8.8.8", ["8.8.8.8", "10.8.8.8"]),
        ("0127.0.0.1", ["87.0.0.1", "127.0.0.1"]),
        ("00000000000000000000000000000177.1", ["127.0.0.1", "177.0.0.1"]),
    ],
)
def test_every_spelling_of_ipv4_is_read(text, expected):
    assert [str(address) for address in ipv4_readings(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "256.1.1.1",
        "4294967296",
        "1.2.3.4.5",
        "08.8.8.8",
        "1..2",
        "",
        "0xg",
        "1.2.3.256",
        "1.65536.1",
        "-1",
        "1_0",
        "0x1_0",
        "+1",
        "١",
        "9" * 5000,
        "0" * 65,
        "0x-1",
    ],
)
def test_other_text_is_no_ipv4_address(text):
    assert ipv4_readings(text) == ()


@given(st.ip_addresses(v=4), st.sampled_from([1, 2, 3, 4]), st.data())
def test_any_mixed_spelling_of_an_address_reads_as_that_address(address, count, data):
    number = int(address)
    tail_bits = 8 * (5 - count)
    numbers = [number >> 8 * (3 - place) & 0xFF for place in range(count - 1)]
    numbers.append(number & (1 << tail_bits) - 1)
    spellings = [data.draw(st.sampled_from(["{:d}", "0{:o}", "0x{:x}"])) for _ in numbers]

    text = ".".join(form.format(n) for form, n in zip(spellings, numbers, strict=True))

    assert ipv4_readings(text)[0] == address


def test_every_refused_network_is_refused_to_its_edges():
    network = IPv4Network("100.64.0.0/10")
    inside = [network[0], network[-1]]
    outside = [network[0] - 1, network[-1] + 1]
    assert [is_public(address) for address in inside + outside] == [False, False, True, True]
