"""Rate limits: requests, failed log-ins, uploaded bytes, and concurrent streams.

`limits` comes with the extra redis only, and its counts in memory are unbounded (`Counts`).
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Network
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from map4.core.base.actor import Actor
from map4.core.base.text import name_key
from map4.errors import Map4Error
from map4.server.admission import Caller
from map4.server.proxies import Proxies, parsed_address
from map4.server.settings import ServerSettings
from map4.server.sharing import Sharing

T = TypeVar("T")

MOST_WINDOWS = 100_000
"""Maximum number of windows per limit, about 30 MB; the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most an amount in each time window.

    name: names it in responses; limits of different names count apart
    """

    name: str
    amount: int
    lasts_s: int

    def key_for(self, who: str) -> str:
        """The key of a caller's count."""
        return f"{self.name}/{who}/{self.amount}/{self.lasts_s}"


@dataclass(slots=True)
class Window:
    """The count in a time window that began with its first event.

    until: its end, by `time.monotonic`
    """

    count: int
    until: float

    @property
    def left_s(self) -> float:
        """Seconds until its end."""
        return max(0.0, self.until - time.monotonic())


class BoundedMemory:
    """A bounded number of windows by key.

    The memory storage of `limits` is unbounded, and its thread scans all keys up to a hundred times a second.
    """

    def __init__(self) -> None:
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def window(self, key: str) -> Window | None:
        """The current window; None if there is none."""
        window = self._windows.get(key)
        return window if window is not None and window.until > time.monotonic() else None

    def put(self, key: str, window: Window) -> Window:
        """Store a window, replacing the previous one."""
        self._windows[key] = window
        self._windows.move_to_end(key)
        while len(self._windows) > MOST_WINDOWS:
            self._windows.popitem(last=False)
        return window

    def add(self, key: str, lasts_s: float, amount: int) -> Window:
        """Count in the current window, or start a new one."""
        window = self.window(key) or self.put(key, Window(0, time.monotonic() + lasts_s))
        window.count += amount
        return window

    def forget(self, key: str) -> None:
        """Reset the count."""
        self._windows.pop(key, None)


class Counts:
    """Counts of limits. For one event loop.

    sharing: shared storage of several servers; while it is unavailable, each server counts on its own
    """

    def __init__(self, sharing: Sharing | None = None) -> None:
        self._here: dict[str, BoundedMemory] = {}
        self._sharing = sharing
        self._shared = None if sharing is None else sharing.counting

    @property
    def is_single(self) -> bool:
        """Whether this server counts on its own because the shared storage is unavailable."""
        return self._sharing is not None and self._sharing.is_away

    async def add(self, limit: RateLimit, who: str, amount: int = 1) -> Window:
        """Count and return the window with the new count; a negative amount gives back."""
        key, here, expiry = limit.key_for(who), self._memory(limit), limit.lasts_s
        if self._shared is not None:
            known = here.window(key)
            if known is not None and known.count >= limit.amount and amount > 0:
                return Window(known.count + amount, known.until)  # no need to ask the shared storage
            count = await self._shared_answer(partial(self._shared.incr, key, expiry, amount))
            if count is not None:
                return await self._noted(here, key, count, begins_s=expiry if count == amount else None)
        window = here.add(key, expiry, amount)
        return Window(window.count, window.until)

    async def look(self, limit: RateLimit, who: str) -> Window:
        """The current window, without counting."""
        key, here = limit.key_for(who), self._memory(limit)
        if self._shared is not None:
            count = await self._shared_answer(partial(self._shared.get, key))
            if count:
                return await self._noted(here, key, count)
            if count == 0:
                return Window(0, 0.0)
        return here.window(key) or Window(0, 0.0)

    async def forget(self, limit: RateLimit, who: str) -> None:
        """Reset the count."""
        key = limit.key_for(who)
        self._memory(limit).forget(key)
        if self._shared is not None:
            await self._shared_answer(partial(self._shared.clear, key))

    def _memory(self, limit: RateLimit) -> BoundedMemory:
        """The memory of a limit; each has its own, so that one can't displace another."""
        return self._here.get(limit.name) or self._here.setdefault(limit.name, BoundedMemory())

    async def _noted(self, here: BoundedMemory, key: str, count: int, begins_s: float | None = None) -> Window:
        """Mirror a shared count here, to query its expiry only once and to continue if the storage fails.

        begins_s: the length in seconds of a window that has just begun
        """
        known = here.window(key)
        if begins_s is None and known is not None and count >= known.count:
            known.count = count
            return Window(count, known.until)
        left_s = begins_s
        if left_s is None:
            assert self._shared is not None
            expiry = await self._shared_answer(partial(self._shared.get_expiry, key))
            left_s = 0.0 if expiry is None else expiry - time.time()
        until = time.monotonic() + left_s
        here.put(key, Window(count, until))
        return Window(count, until)

    async def _shared_answer(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """The answer of the shared storage; None while it is unavailable."""
        return None if self._sharing is None else await self._sharing.ask(ask)


_MINUTE_S, _DAY_S = 60, 86_400
LOG_INS, LOG_INS_OF_ADDRESS, LOG_INS_S = 10, 40, 900
"""Failed log-ins in 15 minutes: per name and address, and per address."""
_SERVERS = 3  # assumed number of servers while each counts on its own because the shared storage is unavailable
STREAMS, STREAMS_OF_LOCAL, STREAMS_RETRY_S = 20, 100, 10
"""Concurrent streams per account, and in total on a server without accounts."""
_STREAMS_SHARE, _FEWEST_STREAMS = 8, 4
"""With few connections, streams of an account take at most an eighth of them, all streams half."""
_POLICIES = {"requests": ("", _MINUTE_S), "uploads": (';qu="content-bytes"', _DAY_S)}
_NOTED = "map4.limits"  # scope key of the limits a request was counted for
_GB = 10**9


class TooManyRequestsError(Map4Error):
    """A rate limit was exceeded.

    wait_s: seconds until the next attempt
    policy: name of the limit in `RateLimit-Policy`
    """

    def __init__(self, message: str, *, wait_s: float, policy: str) -> None:
        super().__init__(message)
        self.wait_s, self.policy = max(1, math.ceil(wait_s)), policy


class Allowance:
    """The part of a body that may be read: `granted` bytes, or without limit if None."""

    def __init__(self, granted: int | None, limit: RateLimit, left_s: float) -> None:
        self._granted, self._limit, self._left_s = granted, limit, left_s
        self.received = 0

    def take(self, size: int) -> None:
        """Count received bytes; raise if there are too many."""
        self.received += size
        if self._granted is not None and self.received > self._granted:
            raise self.spent()

    def spent(self) -> TooManyRequestsError:
        """The error for exceeding it."""
        much = f"{self._limit.amount / _GB:g} GB"
        hours = math.ceil(self._left_s / 3600)
        message = f"more than the {much} that an account can upload per day; try again in {hours} h"
        return TooManyRequestsError(message, wait_s=self._left_s, policy=self._limit.name)


class LogInLimits:
    """Limits of failed log-ins: per name and address, and per address."""

    def __init__(self, counts: Counts, kind: str = "log-ins") -> None:
        self._counts = counts
        self._pairs = RateLimit(kind, LOG_INS, LOG_INS_S)
        self._addresses = RateLimit(f"{kind}-of-address", LOG_INS_OF_ADDRESS, LOG_INS_S)

    async def left(self, name: str, address: str) -> float:
        """Seconds until the next attempt is allowed; 0 means now."""
        windows = [(limit, await self._counts.look(limit, who)) for limit, who in self._limit_keys(name, address)]
        return max(window.left_s if window.count >= self._most(limit) else 0.0 for limit, window in windows)

    async def began(self, name: str, address: str) -> float:
        """`left`, and count the attempt as failed before its password is checked, so that parallel attempts can't
        exceed the limit."""
        if (wait_s := await self.left(name, address)) > 0:
            return wait_s
        windows = [(limit, await self._counts.add(limit, who)) for limit, who in self._limit_keys(name, address)]
        return max(window.left_s if window.count > self._most(limit) else 0.0 for limit, window in windows)

    def _most(self, limit: RateLimit) -> int:
        return limit.amount // (_SERVERS if self._counts.is_single else 1)

    async def failed(self, name: str, address: str) -> None:
        """Count a failed attempt."""
        for limit, who in self._limit_keys(name, address):
            await self._counts.add(limit, who)

    async def succeeded(self, name: str, address: str) -> None:
        """After `began`, reset the count of this name and address and subtract one from the address's."""
        (pair, who), (of_address, network) = self._limit_keys(name, address)
        await self._counts.forget(pair, who)
        await self._counts.add(of_address, network, -1)

    @staticmethod
    def network_of(address: str) -> str:
        """The address to count for; for IPv6 its /64 network, which a household has."""
        ip = parsed_address(address)
        if ip is None:
            return address[:64]
        return str(ip) if isinstance(ip, IPv4Address) else str(IPv6Network((int(ip) >> 64 << 64, 64)))

    def _limit_keys(self, name: str, address: str) -> tuple[tuple[RateLimit, str], tuple[RateLimit, str]]:
        network = self.network_of(address)
        key = f"{network} {name_key(name)}"
        # A digest: bounds the length of names, and keeps them out of the shared storage.
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
        return (self._pairs, digest), (self._addresses, network)


class Streams:
    """Open streams (events, jobs, long polls), counted per account. For one event loop."""

    def __init__(self, most_connections: int) -> None:
        self._most = most_connections // 2
        self._share = max(_FEWEST_STREAMS, most_connections // _STREAMS_SHARE)
        self._open: Counter[int] = Counter()

    @contextmanager
    def following(self, actor: Actor) -> Iterator[None]:
        """Count a stream until it ends."""
        most = min(self._share, STREAMS_OF_LOCAL if actor == Actor.LOCAL else STREAMS)
        if self._open[actor.id] >= most:
            message = f"this account has {most} open streams; close one, or follow everything with one GET /events"
            raise TooManyRequestsError(message, wait_s=STREAMS_RETRY_S, policy="streams")
        if self._open.total() >= self._most:
            message = f"{self._most} streams are open, the maximum of this server; try again in {STREAMS_RETRY_S} s"
            raise TooManyRequestsError(message, wait_s=STREAMS_RETRY_S, policy="streams")
        self._open[actor.id] += 1
        try:
            yield
        finally:
            self._open[actor.id] -= 1
            if not self._open[actor.id]:
                del self._open[actor.id]


class ServerLimits:
    """The limits of one server. For one event loop."""

    def __init__(self, settings: ServerSettings, sharing: Sharing | None = None) -> None:
        self._counts = Counts(sharing)
        self._requests = RateLimit("requests", settings.requests_per_minute, _MINUTE_S)
        self._uploads = RateLimit("uploads", settings.upload_bytes_per_day, _DAY_S)
        self.log_ins = LogInLimits(self._counts)
        self.streams = Streams(settings.most_connections)

    def log_ins_called(self, name: str) -> LogInLimits:
        """Separate limits of failed log-ins, for other kinds of passwords."""
        return LogInLimits(self._counts, name)

    async def count(self, connection: HTTPConnection, caller: Caller | None) -> None:
        """Count a request against its credential, or else its address."""
        limit = self._requests
        if not limit.amount or (caller is not None and caller.actor == Actor.LOCAL):
            return
        window = await self._counts.add(limit, _name_of(connection, caller))
        _note(connection, limit, window)
        if window.count > limit.amount:
            message = f"more than {limit.amount:,} requests in a minute; try again in {math.ceil(window.left_s)} s"
            raise TooManyRequestsError(message, wait_s=window.left_s, policy=limit.name)

    @asynccontextmanager
    async def uploading(
        self, connection: HTTPConnection, actor: Actor, length: int | None, most: int
    ) -> AsyncIterator[Allowance]:
        """The allowance for reading an upload; unused bytes are given back.

        length: of the whole body, if known; a body that is too large is then refused before reading
        most: maximum size in bytes
        """
        limit = self._uploads
        if not limit.amount or actor == Actor.LOCAL:
            yield Allowance(None, limit, 0.0)
            return
        if length is not None and length > limit.amount:
            raise HTTPException(
                413, f"the file exceeds the daily limit of {limit.amount / _GB:g} GB; send a smaller file"
            )
        wanted, who = most if length is None else length, str(actor.id)
        window = await self._counts.add(limit, who, wanted)
        granted = wanted - max(0, window.count - limit.amount)
        allowance = Allowance(granted, limit, window.left_s)
        try:
            if granted < (wanted if length is not None else 1):
                raise allowance.spent()
            yield allowance
        finally:
            _note(connection, limit, await self._counts.add(limit, who, allowance.received - wanted))


def _name_of(connection: HTTPConnection, caller: Caller | None) -> str:
    """The key that a request is counted for."""
    if caller is None:
        return LogInLimits.network_of(Proxies.client_address(connection))
    return f"a-{caller.actor.id}" if caller.credential is None else caller.credential.id


def _note(connection: HTTPConnection, limit: RateLimit, window: Window) -> None:
    """Store the window for the response headers."""
    connection.scope.setdefault(_NOTED, {})[limit.name] = limit, window


def headers_of(connection: HTTPConnection) -> dict[str, str]:
    """RateLimit headers of a response (draft-ietf-httpapi-ratelimit-headers-10)."""
    noted: dict[str, tuple[RateLimit, Window]] = connection.scope.get(_NOTED, {})
    if not noted:
        return {}
    return {
        "RateLimit-Policy": ", ".join([_policy(name, limit.amount) for name, (limit, _) in noted.items()]),
        "RateLimit": ", ".join(
            [
                f'"{name}";r={max(0, limit.amount - window.count)};t={math.ceil(window.left_s)}'
                for name, (limit, window) in noted.items()
            ]
        ),
    }


@cache
def _policy(name: str, amount: int) -> str:
    unit, window_s = _POLICIES[name]
    return f'"{name}";q={amount}{unit};w={window_s}'
