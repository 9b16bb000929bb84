"""Validation and display of a Redis address in map4.toml."""

from __future__ import annotations

import re
from typing import Any

_HIDDEN = "***"


def redis_address(address: str) -> str:
    if not address.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be the address of a Redis, such as redis://localhost:6379/0")
    return address


def without_secret(address: Any) -> Any:
    """The address without its password, which may precede an @ or follow `password=`."""
    if not isinstance(address, str):
        return address
    return re.sub(r"(password=)[^&]*", rf"\1{_HIDDEN}", re.sub(r"(?s)^(\w+://)?.*@", rf"\1{_HIDDEN}@", address))
