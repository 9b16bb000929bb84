"""Authentication and authorisation, decided only here, before a request's body is read."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from map4.core.base.account import Credential
from map4.core.base.actor import Actor, Scope
from map4.errors import Map4Error, NotAllowedError, WrongCredentialError
from map4.server.proxies import Proxies, came_through_unknown_proxy, is_within


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller of a request.

    credential: the presented credential; None for local use, and for a log-in by a proxy
    """

    actor: Actor
    credential: Credential | None = None

    @staticmethod
    async def admitted(
        connection: HTTPConnection, *needs: Scope | None, refuse_tokens: bool = False, require_key: bool = False
    ) -> Actor:
        """Authenticate the caller and require all of these scopes; without scopes, the caller stays anonymous.

        refuse_tokens: of programs
        require_key: refuse callers with neither an account nor the local key
        """
        if not any(needs):
            connection.state.caller = _NOBODY
            return Actor.ANONYMOUS
        if "metrics" in needs and _may_watch(connection):  # works even if the library can't be read
            return Caller.let_in(connection, _WATCHER, *needs)
        caller = await Caller.identified(connection, connection.app.state.context.callers(connection))
        actor = Caller.let_in(connection, caller, *needs, refuse_tokens=refuse_tokens)
        if require_key and not shows_key(connection, actor):
            raise KeyNeededError
        return actor

    @staticmethod
    async def identified(connection: HTTPConnection, asking: Awaitable[Caller | None]) -> Caller | None:
        """The caller of a request, counted against the caller's rate limit, or else the address's."""
        limits = connection.app.state.context.limits
        try:
            caller = await asking
        except Map4Error:
            await limits.count(connection, None)
            raise
        await limits.count(connection, caller)
        return caller

    @staticmethod
    def let_in(
        connection: HTTPConnection, caller: Caller | None, *needs: Scope | None, refuse_tokens: bool = False
    ) -> Actor:
        """Authorise an identified caller, or None; sets `connection.state.caller`."""
        if caller is None:
            if "authorization" in connection.headers:
                raise UnknownActorError("the credential is unknown, removed or expired; make a new token, or log in")
            raise UnknownActorError("this needs credentials; send a token (Authorization: Bearer …), or log in")
        for scope in needs:
            if scope is not None:
                caller.actor.require(scope)
        if refuse_tokens and caller.credential is not None and caller.credential.kind in ("token", "device"):
            raise NotAllowedError("a token can't change accounts, passwords and tokens; log in for this")
        connection.state.caller = caller
        return caller.actor

    @staticmethod
    async def is_still_admitted(connection: HTTPConnection) -> bool:
        """Return whether the caller would still be admitted with the same rights."""
        before: Caller = connection.state.caller
        try:
            now = await connection.app.state.context.callers(connection)
        except (NotAllowedError, UnknownActorError, WrongCredentialError):
            return False
        return now is not None and _identity(now) == _identity(before)

    @staticmethod
    async def require_still_admitted(connection: HTTPConnection) -> None:
        """Check the caller again after receiving the body, which may have taken minutes."""
        if connection.state.caller is not _NOBODY and not await Caller.is_still_admitted(connection):
            raise UnknownActorError("the credential has expired or its rights have changed; log in again")


_NOBODY = Caller(actor=Actor.ANONYMOUS)
_WATCHER = Caller(actor=Actor(id=Actor.ANONYMOUS.id, name=Actor.ANONYMOUS.name, scopes=frozenset({"metrics"})))
"""A caller from an address that may read the metrics."""


KEY_HEADER = "X-Map4-Key"
_HOW_TO_GET_THE_KEY = (
    "this page lacks the local key; start 'map4 serve --open', which opens a page with the key, or paste the key that "
    f"it shows on a terminal (programs send it as {KEY_HEADER})"
)


class UnknownActorError(Map4Error):
    """The caller is unknown."""


class KeyNeededError(NotAllowedError):
    """The local key is needed, which the page opened by `map4 serve --open` has."""

    def __init__(self, message: str = _HOW_TO_GET_THE_KEY) -> None:
        super().__init__(message)


def _may_watch(connection: HTTPConnection) -> bool:
    """Whether an anonymous caller's address may read the metrics, and no unknown proxy is in between."""
    networks, address = connection.app.state.context.settings.metrics_from, Proxies.client_address(connection)
    shows = "authorization" in connection.headers or came_through_unknown_proxy(connection.scope)
    return not shows and is_within(address, networks)


def shows_key(connection: HTTPConnection, actor: Actor) -> bool:
    """Whether the caller has an account or presented the local key."""
    shown = connection.headers.get(KEY_HEADER, "").encode()
    return actor.has_account or hmac.compare_digest(shown, connection.app.state.context.settings.key.encode())


def _identity(caller: Caller) -> tuple[Actor, str | None]:
    return caller.actor, None if caller.credential is None else caller.credential.id
