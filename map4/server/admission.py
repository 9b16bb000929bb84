"""Who asks, and whether that is enough: decided here alone, before anything of a request is read."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from map4.accounts import Credential
from map4.base.actor import NOBODY, Actor, Scope
from map4.errors import Map4Error, NotAllowedError, WrongCredentialError
from map4.server.proxies import came_by_untold_proxy, client_address, is_within


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request.

    credential: what shows that; None of `local`, and where a proxy says who it is, which counts as a log-in
    """

    actor: Actor
    credential: Credential | None = None


_NOBODY = Caller(actor=NOBODY)
_WATCHER = Caller(actor=Actor(id=NOBODY.id, name=NOBODY.name, scopes=frozenset({"metrics"})))
"""Who asks from an address that may read the figures."""


KEY_HEADER = "X-Map4-Key"
_HOW_TO_GET_THE_KEY = (
    "this page was not opened by who sits at this machine; start 'map4 serve --open', which opens one that may do it, "
    f"or paste the key that it shows (a program sends it as {KEY_HEADER})"
)


class UnknownActorError(Map4Error):
    """It can't be told who asks."""


class KeyNeededError(NotAllowedError):
    """It takes the key of the page that `map4 serve --open` opens, as nothing else shows who sits at this machine."""

    def __init__(self, said: str = _HOW_TO_GET_THE_KEY) -> None:
        super().__init__(said)


async def admitted(
    connection: HTTPConnection, *needs: Scope | None, by_log_in: bool = False, by_key: bool = False
) -> Actor:
    """Who asks, who may do what needs all of this; what needs nothing is for nobody in particular.

    by_log_in: refuse the tokens of programs
    by_key: refuse who has no account and does not show the key
    """
    if not any(needs):
        connection.state.caller = _NOBODY
        return NOBODY
    if "metrics" in needs and _may_watch(connection):  # also where the library can't say who has accounts
        return let_in(connection, _WATCHER, *needs)
    caller = await identified(connection, connection.app.state.context.callers(connection))
    actor = let_in(connection, caller, *needs, by_log_in=by_log_in)
    if by_key and not shows_key(connection, actor):
        raise KeyNeededError
    return actor


def _may_watch(connection: HTTPConnection) -> bool:
    """Whether who shows nothing asks from an address that may read the figures, and not through an unknown proxy."""
    networks, address = connection.app.state.context.settings.metrics_from, client_address(connection)
    shows = "authorization" in connection.headers or came_by_untold_proxy(connection.scope)
    return not shows and is_within(address, networks)


def shows_key(connection: HTTPConnection, actor: Actor) -> bool:
    """Whether who asks has an account, or the key that the page of this machine was handed."""
    shown = connection.headers.get(KEY_HEADER, "").encode()
    return actor.has_account or hmac.compare_digest(shown, connection.app.state.context.settings.key.encode())


async def identified(connection: HTTPConnection, asking: Awaitable[Caller | None]) -> Caller | None:
    """Who makes a request, which counts for what they may ask in a time; else for what their address may."""
    limits = connection.app.state.context.limits
    try:
        caller = await asking
    except Map4Error:
        await limits.count(connection, None)
        raise
    await limits.count(connection, caller)
    return caller


def let_in(connection: HTTPConnection, caller: Caller | None, *needs: Scope | None, by_log_in: bool = False) -> Actor:
    """The same of a caller who is known, or of nobody; `connection.state.caller` is who it was."""
    if caller is None:
        if "authorization" in connection.headers:
            raise UnknownActorError("what is shown is unknown, removed, or has ended; make another token, or log in")
        raise UnknownActorError("this needs credentials; send a token (Authorization: Bearer …), or log in")
    for scope in needs:
        if scope is not None:
            caller.actor.require(scope)
    if by_log_in and caller.credential is not None and caller.credential.kind in ("token", "device"):
        raise NotAllowedError("accounts, passwords and tokens are not changed with a token; log in for this")
    connection.state.caller = caller
    return caller.actor


async def is_still_admitted(connection: HTTPConnection) -> bool:
    """Returns whether the caller would be admitted again, with the same rights.

    raises Map4Error: if the library gives no answer, which says nothing about the credential
    """
    before: Caller = connection.state.caller
    try:
        now = await connection.app.state.context.callers(connection)
    except (NotAllowedError, UnknownActorError, WrongCredentialError):
        return False
    return now is not None and _told(now) == _told(before)


async def require_still_admitted(connection: HTTPConnection) -> None:
    """Refuse who would not be let in any more, now that the body is there, which may have taken minutes."""
    if connection.state.caller is not _NOBODY and not await is_still_admitted(connection):
        raise UnknownActorError("what shows who asks has ended, or may do something else by now; log in again")


def _told(caller: Caller) -> tuple[Actor, str | None]:
    return caller.actor, None if caller.credential is None else caller.credential.id
