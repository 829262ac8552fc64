"""Literal addresses: every spelling that some reader accepts, and which of them are public.

`url` asks it about hosts, `outbound` about the answers of a resolver. The tables are the special
registries of IANA, written out here because Python's own `is_global` changed between releases.
"""

from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_IPV4_NOT_PUBLIC = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # unspecified, "this network"
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier NAT; holds a cloud's metadata service (100.100.100.200)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's metadata service on a public number
        "169.254.0.0/16",  # link-local; metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata service (192.0.0.192)
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

_IPV6_GLOBAL = IPv6Network("2000::/3")
_IPV6_NOT_PUBLIC = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)

# Prefixes behind which an IPv4 address stands, with the bits that follow that address.
_IPV4_INSIDE = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)


def is_public(address: Address) -> bool:
    """True when strangers may ask us to connect there.

    Loopback, private, link-local, carrier NAT, multicast, unspecified, reserved, benchmarking,
    documentation, broadcast and metadata addresses are not public. An IPv6 address that wraps an
    IPv4 one counts as what it reaches, and one with a zone names a link of this machine.

    source  contract rule 56, promise 17
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4_NOT_PUBLIC)
    if address.scope_id is not None:
        return False
    for network, bits_after in _IPV4_INSIDE:
        if address in network:
            return is_public(IPv4Address(int(address) >> bits_after & 0xFFFF_FFFF))
    return address in _IPV6_GLOBAL and not any(address in network for network in _IPV6_NOT_PUBLIC)


def ipv4_readings(text: str) -> tuple[IPv4Address, ...]:
    """What `text` may mean as an IPv4 address; the first reading is the one of inet_aton.

    Decimal, octal (`0177`) and hexadecimal (`0x7f`) numbers, one to four of them, the last filling
    the bytes that are left. Some readers take `010.0.0.1` as decimal, so that is the second.
    returns  no readings when it is no address at all
    """
    parts = text.split(".") if text.isascii() else []
    readings = []
    for numbers in (list(map(_number, parts)), list(map(_decimal, parts))):
        address = _address(numbers)
        if address is not None and address not in readings:
            readings.append(address)
    # What inet_aton refuses is no address, whatever a laxer reader makes of it.
    return tuple(readings) if _address(list(map(_number, parts))) else ()


_DIGITS_MAX = 64
"""Beyond this a number is not worth reading: 2**32 has 32 digits in the longest base we accept."""
_BYTES, _BYTE_MAX = 4, 0xFF


def _number(text: str) -> int | None:
    if not text or len(text) > _DIGITS_MAX:
        return None
    base = 16 if text[:2] == "0x" else 8 if text[0] == "0" else 10
    digits = text[2:] if base == 16 else text  # noqa: PLR2004 - the base just chosen
    try:
        return int(digits, base) if digits.isalnum() else 0 if not digits else None
    except ValueError:
        return None


def _decimal(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _DIGITS_MAX else None


def _address(numbers: list[int | None]) -> IPv4Address | None:
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or not 1 <= len(known) <= _BYTES:
        return None
    *heads, tail = known
    tail_bytes = _BYTES - len(heads)
    if any(head > _BYTE_MAX for head in heads) or tail >= 256**tail_bytes:
        return None
    value = sum(head << 8 * (_BYTES - 1 - place) for place, head in enumerate(heads))
    return IPv4Address(value + tail)


def ipv6_reading(text: str) -> IPv6Address | None:
    """What stands between the brackets of a host; a zone keeps its mark and is never public."""
    try:
        return IPv6Address(text)
    except AddressValueError:
        return None
