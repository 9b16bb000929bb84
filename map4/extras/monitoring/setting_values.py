"""Validation and display of the address for error reports in map4.toml."""

from __future__ import annotations

import re
from typing import Any

_HIDDEN = "***"
_DSN = re.compile(r"https?://[A-Za-z0-9]+(:[A-Za-z0-9]*)?@[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*/[0-9]+")
_TO_HOST = re.compile(r"(https?://)(?:[^/?#@]*@)?([^/?#@]+)")


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
