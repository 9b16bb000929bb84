"""What the address of a Redis in map4.toml must be like, and what of it is shown."""

from __future__ import annotations

import re
from typing import Any

_HIDDEN = "***"


def redis_address(address: str) -> str:
    if not address.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be the address of a Redis, such as redis://localhost:6379/0")
    return address


def without_secret(address: Any) -> Any:
    """An address as it may be told: a password may stand before an @, or behind `password=`."""
    if not isinstance(address, str):
        return address
    return re.sub(r"(password=)[^&]*", rf"\1{_HIDDEN}", re.sub(r"(?s)^(\w+://)?.*@", rf"\1{_HIDDEN}@", address))
