"""Which network addresses are nobody's inner affair.

`ipaddress.is_global` takes several disguises of inner addresses for public ones (NAT64, 6to4, IPv4-compatible, site-local,
multicast), so this is an own table: an address is taken out of every known wrapping first and judged afterwards.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_INNER_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_INNER_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments (Teredo, ORCHID, benchmarks)
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_LAST_32_BITS = tuple(
    IPv6Network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated (SIIT)
        "64:ff9b::/96",  # NAT64
    )
)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)


def parse_address(text: str) -> Address:
    """The address that the resolver wrote as `text`, its scope (`%eth0`) left out. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def is_reachable(address: Address, *, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether a connection to `address` may be opened: it is public, or it lies in a network allowed on purpose.

    Every address wrapped inside it must pass as well.
    """
    return all(_is_public(inner) or _is_in(inner, allowed) for inner in unwrapped(address))


def unwrapped(address: Address) -> tuple[Address, ...]:
    """The addresses a packet to `address` may really end at (RFC 4291, 6052, 3056, 4380, 5214, 7915)."""
    if isinstance(address, IPv4Address):
        return (address,)
    number = int(address)
    if number > 1 and any(address in network for network in _LAST_32_BITS):
        return (IPv4Address(number & 0xFFFFFFFF),)
    if address in _SIX_TO_FOUR:
        return (IPv4Address((number >> 80) & 0xFFFFFFFF),)
    if address in _TEREDO:
        return (IPv4Address((number >> 64) & 0xFFFFFFFF), IPv4Address(~number & 0xFFFFFFFF))
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return (address, IPv4Address(number & 0xFFFFFFFF))
    return (address,)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INNER_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _INNER_V6)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
