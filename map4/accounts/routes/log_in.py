"""Log-ins by name and password, rate-limited and in constant time for any name."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from map4.accounts.hashes import check_password
from map4.accounts.records import MOST_PASSWORD_BYTES
from map4.core.base.account import Account
from map4.core.base.actor import Actor
from map4.errors import LibraryBusyError, Map4Error, WrongCredentialError
from map4.library import Library
from map4.server.context import ServerParts
from map4.server.libraries import Libraries
from map4.server.limits import LogInLimits, TooManyRequestsError

log = logging.getLogger("map4.server")

FAILED_AFTER_S = 0.5
"""Failed log-ins are answered after this time, so that timing reveals nothing."""
_AT_ONCE = 2
"""Parallel checks; each takes 64 MiB."""
_MOST_WAITING, _MOST_OF_NETWORK = 1_000, 40  # in all, and per network
_WRONG = "the name or the password is wrong"


class LogInChecks:
    """Checks passwords. For one event loop."""

    def __init__(self, libraries: Libraries, limits: LogInLimits) -> None:
        self._libraries, self._limits = libraries, limits
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_AT_ONCE, "map4-log-in")  # no other call can use them up
        self._waiting: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = {}

    @classmethod
    def of(cls, context: ServerParts) -> LogInChecks:
        """The server's instance."""
        return context.of(LogInChecks, lambda: cls(context.libraries, context.limits.log_ins))

    async def check(self, name: str, password: str, address: str) -> Account:
        """The account with this name and password."""
        began = time.monotonic()
        account, is_right = await self._check_in_turn(name, password, address)
        if account is not None and is_right:
            return account
        await self._note_failed(name, address, account)
        await _wait_until(began + FAILED_AFTER_S)
        raise WrongCredentialError(_WRONG)

    async def _check_in_turn(self, name: str, password: str, address: str) -> tuple[Account | None, bool]:
        network = LogInLimits.network_of(address)
        if self._waiting.total() >= _MOST_WAITING or self._waiting[network] >= _MOST_OF_NETWORK:
            raise LibraryBusyError(f"{self._waiting.total():,} log-ins are waiting; try again later")
        self._waiting[network] += 1
        try:
            async with self._turns.setdefault(network, asyncio.Lock()), self._places:
                _require_open(await self._limits.began(name, address))
                return await self._checked(name, password, address)
        finally:
            self._waiting[network] -= 1
            if not self._waiting[network]:
                del self._waiting[network], self._turns[network]

    async def _checked(self, name: str, password: str, address: str) -> tuple[Account | None, bool]:
        account, hashed = await self._libraries.ask_for_itself(partial(_account, name))
        is_one = len(password) <= MOST_PASSWORD_BYTES  # no account has a longer password
        given = hashed if is_one else None, password[:MOST_PASSWORD_BYTES]
        checked = await asyncio.get_running_loop().run_in_executor(self._threads, check_password, *given)
        if account is None or not checked.is_right:
            return account, False
        await self._limits.succeeded(name, address)
        if checked.renewed is not None:
            renew = partial(_renewed, account.number, hashed, checked.renewed)
            await self._libraries.ask(renew, Actor.LOCAL, queue="write")
        return account, True

    async def require_open(self, name: str, address: str) -> None:
        """Refuse to check passwords after too many failures of this name or address."""
        _require_open(await self._limits.left(name, address))

    async def failed(self, name: str, address: str, account: Account | None, *, began: float) -> None:
        """Count and record a log-in that failed elsewhere, and wait like `check`.

        account: the account with this name, if any
        """
        await self._limits.failed(name, address)
        await self._note_failed(name, address, account)
        await _wait_until(began + FAILED_AFTER_S)

    async def _note_failed(self, name: str, address: str, account: Account | None) -> None:
        """Record a failed log-in in the audit log, if the library is writable."""
        is_last = await self._limits.left(name, address) > 0
        try:
            await self._libraries.ask(partial(_noted, account, is_last), Actor.LOCAL, queue="write")
        except Map4Error as error:
            log.warning("a failed log-in could not be recorded: %s", type(error).__name__)


def _require_open(wait_s: float) -> None:
    if wait_s > 0:
        message = f"too many failed log-ins; try again in {max(1, round(wait_s / 60))} min"
        raise TooManyRequestsError(message, wait_s=wait_s, policy="log-ins")


async def _wait_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def _account(name: str, library: Library) -> tuple[Account | None, str | None]:
    account = library.accounts.find(name)
    return account, None if account is None else library.accounts.password_hash(account.number)


def _renewed(account: int, before: str | None, after: str, library: Library) -> None:
    if library.accounts.password_hash(account) == before:  # else it was changed meanwhile
        library.accounts.set_password_hash(account, after)


def _noted(account: Account | None, is_last: bool, library: Library) -> None:
    subject = None if account is None else str(account.number)
    library.accounts.note("login-failed", account=None, subject=subject)
    if is_last:
        library.accounts.note("login-throttled", account=None, subject=subject)
