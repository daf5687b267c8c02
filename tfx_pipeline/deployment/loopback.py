"""Calls to this machine's own loopback, which no proxy of the environment must get.

An office machine sets `http_proxy` and often no `no_proxy`; a proxy cannot reach the loopback of
the machine that asks it.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import MutableMapping
from urllib.parse import unquote, urlsplit

_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")  # `[::1]`: urllib compares it with brackets
_PROXIES = ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy")
_EXCEPTIONS = ("no_proxy", "NO_PROXY", "no_grpc_proxy")
_RESOLVERS = ("dns", "ipv4", "ipv6")


def is_loopback(address: str) -> bool:
    """Say whether an address is of this machine's loopback.

    Args:
        address: `host`, `host:port`, `[::1]:port`, a URL, or a target of gRPC such as
            `dns:///localhost:8500` and `ipv6:[::1]:8500`.
    """
    host = _host(address).rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return bool(mapped.is_loopback or mapped.is_unspecified)  # 0.0.0.0 reaches this machine too


def keep_off_proxies(environment: MutableMapping[str, str] = os.environ) -> None:
    """Except loopback from the proxies that an environment names, for every library that heeds it.

    Other addresses keep their proxy. Nothing changes where no proxy is named.
    """
    if not any(environment.get(name) or environment.get(name.upper()) for name in _PROXIES):
        return
    # Lower case goes before upper case, so that each gets what the other says.
    said = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    for name in _EXCEPTIONS:
        if name == "no_grpc_proxy" and not environment.get(name):
            continue  # gRPC takes it instead of `no_proxy`
        words = environment[name] if name == "no_grpc_proxy" else said
        known = [word.strip() for word in words.split(",") if word.strip()]
        if "*" not in known:
            environment[name] = ",".join([*known, *(x for x in _HOSTS if x not in known)])


def _host(address: str) -> str:
    scheme, colon, rest = address.partition(":")
    if colon and scheme.lower() in _RESOLVERS and not rest.isdecimal():
        # dns:[//authority/]host[:port]: the last part names the host
        address = unquote(rest).rpartition("/")[2]
    elif "://" in address:
        return urlsplit(address).hostname or ""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    if address.count(":") == 1:
        return address.partition(":")[0]
    return address
