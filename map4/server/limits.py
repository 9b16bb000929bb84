"""How much anybody may ask in a time: requests, wrong log-ins, bytes that are sent, and streams at once."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache

from limits import RateLimitItem, RateLimitItemPerSecond
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from map4.base.actor import LOCAL, Actor
from map4.base.text import name_key
from map4.errors import Map4Error
from map4.server.admission import Caller
from map4.server.counts import Counts, Window
from map4.server.proxies import client_address
from map4.server.settings import ServerSettings
from map4.server.sharing import Sharing

_MINUTE_S, _DAY_S = 60, 86_400
LOG_INS, LOG_INS_OF_ADDRESS, LOG_INS_S = 10, 40, 900
"""So many wrong ones of a name from an address, and from an address in all, in 15 minutes."""
_SERVERS = 3
"""Servers that were to count together are taken to be so many where each counts for itself."""
STREAMS, STREAMS_OF_LOCAL, STREAMS_RETRY_S = 20, 100, 10
"""So many at once of an account, and of all who ask a server without accounts."""
_STREAMS_SHARE, _FEWEST_STREAMS = 8, 4
"""Where only few connections fit, of one account at most an eighth of them, and of all accounts half."""
_POLICIES = {"requests": ("", _MINUTE_S), "uploads": (';qu="content-bytes"', _DAY_S)}
_NOTED = "map4.limits"
"""Where a request keeps what it counted for."""
_GB = 10**9


class TooManyRequestsError(Map4Error):
    """More than is allowed in a time.

    wait_s: until there is room again
    policy: what is limited, as `RateLimit-Policy` names it
    """

    def __init__(self, message: str, *, wait_s: float, policy: str) -> None:
        super().__init__(message)
        self.wait_s, self.policy = max(1, math.ceil(wait_s)), policy

    @property
    def headers(self) -> dict[str, str]:
        """Of its answer."""
        return {"Retry-After": str(self.wait_s)}


class Allowance:
    """What of a body may be read: `granted` bytes, without an end where that is None."""

    def __init__(self, granted: int | None, item: RateLimitItem, left_s: float) -> None:
        self._granted, self._item, self._left_s = granted, item, left_s
        self.received = 0

    def take(self, size: int) -> None:
        """Count what came; refuse what is too much."""
        self.received += size
        if self._granted is not None and self.received > self._granted:
            raise self.spent()

    def spent(self) -> TooManyRequestsError:
        """What is said of more."""
        much = f"{self._item.amount / _GB:g} GB"
        hours = math.ceil(self._left_s / 3600)
        said = f"more than the {much} that an account may send in a day; send it in {hours} h"
        return TooManyRequestsError(said, wait_s=self._left_s, policy=self._item.namespace)


class LogInLimits:
    """Wrong log-ins: of a name from an address, and from an address whatever the name."""

    def __init__(self, counts: Counts, kind: str = "log-ins") -> None:
        self._counts = counts
        self._pairs = RateLimitItemPerSecond(LOG_INS, LOG_INS_S, namespace=kind)
        self._addresses = RateLimitItemPerSecond(LOG_INS_OF_ADDRESS, LOG_INS_S, namespace=f"{kind}-of-address")

    async def left(self, name: str, address: str) -> float:
        """Seconds until one may try; 0 where one may now."""
        windows = [(item, await self._counts.look(item, who)) for item, who in self._asked(name, address)]
        return max(window.left_s if window.count >= self._most(item) else 0.0 for item, window in windows)

    async def began(self, name: str, address: str) -> float:
        """The same, and counts one that begins as a wrong one: just before a password is looked at, so that of many
        at once none is looked at too much."""
        if (wait_s := await self.left(name, address)) > 0:
            return wait_s
        windows = [(item, await self._counts.add(item, who)) for item, who in self._asked(name, address)]
        return max(window.left_s if window.count > self._most(item) else 0.0 for item, window in windows)

    def _most(self, item: RateLimitItem) -> int:
        return item.amount // (_SERVERS if self._counts.is_alone else 1)

    async def failed(self, name: str, address: str) -> None:
        """Count a wrong one."""
        for item, who in self._asked(name, address):
            await self._counts.add(item, who)

    async def succeeded(self, name: str, address: str) -> None:
        """Of one that began: forget the wrong ones of this name from this address; those of the address in all are
        not."""
        (pair, who), (of_address, network) = self._asked(name, address)
        await self._counts.forget(pair, who)
        await self._counts.add(of_address, network, -1)

    def _asked(self, name: str, address: str) -> tuple[tuple[RateLimitItem, str], tuple[RateLimitItem, str]]:
        network = network_of(address)
        key = f"{network} {name_key(name)}"
        # A digest, as who asks chooses how long the name is, and Redis need not know whose it is.
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
        return (self._pairs, digest), (self._addresses, network)


class Streams:
    """Events, jobs and long polls that are followed, counted by account. For one event loop."""

    def __init__(self, most_connections: int) -> None:
        self._most = most_connections // 2
        self._share = max(_FEWEST_STREAMS, most_connections // _STREAMS_SHARE)
        self._open: Counter[int] = Counter()

    @contextmanager
    def following(self, actor: Actor) -> Iterator[None]:
        """Count a stream until it ends.

        raises TooManyRequestsError
        """
        most = min(self._share, STREAMS_OF_LOCAL if actor == LOCAL else STREAMS)
        if self._open[actor.id] >= most:
            said = f"{most} streams of this account are open; close one, or follow everything with one GET /events"
            raise TooManyRequestsError(said, wait_s=STREAMS_RETRY_S, policy="streams")
        if self._open.total() >= self._most:
            said = f"{self._most} streams are open, as many as this server has; try again in {STREAMS_RETRY_S} s"
            raise TooManyRequestsError(said, wait_s=STREAMS_RETRY_S, policy="streams")
        self._open[actor.id] += 1
        try:
            yield
        finally:
            self._open[actor.id] -= 1
            if not self._open[actor.id]:
                del self._open[actor.id]


class ServerLimits:
    """The limits of one server. For one event loop."""

    def __init__(self, settings: ServerSettings, redis: Sharing | None = None) -> None:
        self._counts = Counts(redis)
        self._requests = RateLimitItemPerSecond(settings.requests_per_minute, _MINUTE_S, namespace="requests")
        self._uploads = RateLimitItemPerSecond(settings.upload_bytes_per_day, _DAY_S, namespace="uploads")
        self.log_ins = LogInLimits(self._counts)
        self.streams = Streams(settings.most_connections)

    def log_ins_called(self, name: str) -> LogInLimits:
        """Limits on wrong passwords of another kind, which are counted apart from those of the page."""
        return LogInLimits(self._counts, name)

    async def count(self, connection: HTTPConnection, caller: Caller | None) -> None:
        """Count a request, of who shows a credential, else of the address; refuse one too many.

        raises TooManyRequestsError
        """
        item = self._requests
        if not item.amount or (caller is not None and caller.actor == LOCAL):
            return
        window = await self._counts.add(item, _name_of(connection, caller))
        _note(connection, item, window)
        if window.count > item.amount:
            said = f"more than {item.amount:,} requests in a minute; ask again in {math.ceil(window.left_s)} s"
            raise TooManyRequestsError(said, wait_s=window.left_s, policy=item.namespace)

    @asynccontextmanager
    async def uploading(
        self, connection: HTTPConnection, actor: Actor, length: int | None, most: int
    ) -> AsyncIterator[Allowance]:
        """What may be read of a file that is sent; what then does not come is given back.

        length: of the whole body, where it is told: then one that is too large is refused before it is read
        most: bytes that it may have
        """
        item = self._uploads
        if not item.amount or actor == LOCAL:
            yield Allowance(None, item, 0.0)
            return
        if length is not None and length > item.amount:
            raise HTTPException(413, f"this is more than the {item.amount / _GB:g} GB of a day; send a smaller file")
        wanted, who = most if length is None else length, str(actor.id)
        window = await self._counts.add(item, who, wanted)
        granted = wanted - max(0, window.count - item.amount)
        allowance = Allowance(granted, item, window.left_s)
        try:
            if granted < (wanted if length is not None else 1):
                raise allowance.spent()
            yield allowance
        finally:
            _note(connection, item, await self._counts.add(item, who, allowance.received - wanted))


def _name_of(connection: HTTPConnection, caller: Caller | None) -> str:
    """For whom a request counts."""
    if caller is None:
        return network_of(client_address(connection))
    return f"a-{caller.actor.id}" if caller.credential is None else caller.credential.id


def network_of(address: str) -> str:
    """What is counted as one address: of IPv6 the 64 bits that a household has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def _note(connection: HTTPConnection, item: RateLimitItem, window: Window) -> None:
    """Keep for the answer how much is left."""
    connection.scope.setdefault(_NOTED, {})[item.namespace] = item, window


def headers_of(connection: HTTPConnection) -> dict[str, str]:
    """What an answer tells of the limits that it counted for (draft-ietf-httpapi-ratelimit-headers-10)."""
    noted: dict[str, tuple[RateLimitItem, Window]] = connection.scope.get(_NOTED, {})
    if not noted:
        return {}
    return {
        "RateLimit-Policy": ", ".join([_policy(name, item.amount) for name, (item, _) in noted.items()]),
        "RateLimit": ", ".join(
            [
                f'"{name}";r={max(0, item.amount - window.count)};t={math.ceil(window.left_s)}'
                for name, (item, window) in noted.items()
            ]
        ),
    }


@cache
def _policy(name: str, amount: int) -> str:
    unit, window_s = _POLICIES[name]
    return f'"{name}";q={amount}{unit};w={window_s}'
