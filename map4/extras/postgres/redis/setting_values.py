"""Validation, display and use of a Redis address in map4.toml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from map4.version import Packages

if TYPE_CHECKING:
    from map4.extras.postgres.redis.shared_answers import RedisSharing
    from map4.server.settings import ServerSettings


def redis_address(address: str) -> str:
    if not address.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be the address of a Redis, such as redis://localhost:6379/0")
    return address


def without_secret(address: Any) -> Any:
    """The address without its password, which may precede an @ or follow `password=`."""
    if not isinstance(address, str):
        return address
    return re.sub(r"(password=)[^&]*", r"\1***", re.sub(r"(?s)^(\w+://)?.*@", r"\1***@", address))


def sharing_of(settings: ServerSettings) -> RedisSharing | None:
    """The Redis named in the settings of a server."""
    address = settings.config.get("serve.redis")
    if not address:
        return None
    with Packages("redis").needed("serve.redis needs"):
        from map4.extras.postgres.redis.shared_answers import RedisSharing

    return RedisSharing(address)
