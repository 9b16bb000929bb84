"""Parsers for the settings of `map4 serve`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from ipaddress import IPv6Network, ip_network

from map4.core.base.text import whole_number

_MAPPED_BITS = 96  # prefix length of IPv4-mapped IPv6 addresses
_ORIGIN = re.compile(r"file://|[A-Za-z][A-Za-z0-9+.-]*://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_PART = re.compile(r"[A-Za-z0-9._~-]+")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_MOST_DAYS = 3650
LOG_DAYS = ("info:7", "warning:30", "error:90")


def networks(addresses: Sequence[str]) -> tuple[str, ...]:
    networks = []
    for text in addresses:
        try:
            network = ip_network(text)
        except ValueError as error:
            hint = "its last bits must be 0" if "host bits" in str(error) else "names are not looked up"
            raise ValueError(
                f"{text} is not an address or network such as 192.168.0.2 or 172.16.0.0/12; {hint}"
            ) from None
        mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
        if mapped is not None and network.prefixlen >= _MAPPED_BITS:
            network = ip_network((mapped, network.prefixlen - _MAPPED_BITS))
        if network.prefixlen == 0:
            raise ValueError(f"{text} includes every address; give specific addresses")
        networks.append(str(network))
    return tuple(networks)


def origins(texts: Sequence[str]) -> tuple[str, ...]:
    origins = []
    for text in texts:
        origin = text.rstrip("/") if text != "file://" else text
        if origin == "*":
            raise ValueError("* would allow every page; list each origin, such as https://player.example")
        if origin != "null" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{text} is not an origin such as https://player.example or http://localhost:4343")
        origins.append(origin if origin in ("null", "file://") else origin.lower())
    return tuple(origins)


def base_path(text: str) -> str:
    path = text.rstrip("/")
    parts = path.split("/")[1:]
    if path and (path[0] != "/" or any(not _PART.fullmatch(part) or set(part) == {"."} for part in parts)):
        raise ValueError("must be a path such as /map4")
    return path


def header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError("must be the name of a header, such as Remote-User")
    return name


def log_place(place: str) -> str:
    folder = os.path.expanduser(place)
    if place not in ("text", "json") and not os.path.isabs(folder):
        raise ValueError("must be text, json, or the absolute path of a folder, such as /var/log/map4")
    return folder


def log_days(levels: Sequence[str]) -> tuple[str, ...]:
    days_by_level = dict(level_days.split(":") for level_days in LOG_DAYS)
    for level_days in levels:
        level, _, days = level_days.partition(":")
        if level not in days_by_level or not 0 < (whole_number(days) or 0) <= _MOST_DAYS:
            raise ValueError(f"must be the days (1-{_MOST_DAYS}) to keep each level, such as info:7,error:90")
        days_by_level[level] = days
    return tuple(f"{level}:{days}" for level, days in days_by_level.items())
