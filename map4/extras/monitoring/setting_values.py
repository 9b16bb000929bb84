"""Validation and display of addresses for warnings and reports in map4.toml."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

_HIDDEN = "***"
_NTFY = "ntfy:"
_DSN = re.compile(r"https?://[A-Za-z0-9]+(:[A-Za-z0-9]*)?@[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*/[0-9]+")
_TO_HOST = re.compile(r"((?:ntfy:)?https?://)(?:[^/?#@]*@)?([^/?#@]+)")


def notify(address: str) -> str:
    try:
        parts = urlsplit(address.removeprefix(_NTFY))
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port)
    except ValueError:
        is_address = False
    if not is_address or not all("!" <= letter <= "~" for letter in address):
        raise ValueError("must be an address, such as https://hooks.example.org/map4 or ntfy:https://ntfy.sh/TOPIC")
    return address


def sentry(address: str) -> str:
    if not _DSN.fullmatch(address):
        raise ValueError(
            "must be the address (DSN) that Sentry gives a project, such as https://KEY@sentry.example.org/1"
        )
    return address


def without_path(address: Any) -> Any:
    """Show only the host of an address whose path is secret."""
    if not isinstance(address, str):
        return address
    match = _TO_HOST.match(address)
    return f"{match[1]}{match[2]}/{_HIDDEN}" if match else _HIDDEN
