"""Who asks, and whether that is enough: decided here alone, before anything of a request is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from map4.domain.actor import LOCAL, NOBODY, Actor, Scope
from map4.errors import Map4Error

ActorOf = Callable[[HTTPConnection], Awaitable[Actor | None]]
"""Who makes a request; None where nobody can be told. In the event loop, which it may not hold up."""


class UnknownActorError(Map4Error):
    """It can't be told who asks."""


async def always_local(connection: HTTPConnection) -> Actor:
    """Whoever reaches a server without accounts: it listens on this machine alone."""
    return LOCAL


async def admitted(connection: HTTPConnection, *needs: Scope | None) -> Actor:
    """Who asks, who may do what needs all of this; what needs nothing is for nobody in particular."""
    scopes = [scope for scope in needs if scope is not None]
    if not scopes:
        return NOBODY
    actor: Actor | None = await connection.app.state.context.actor_of(connection)
    if actor is None:
        raise UnknownActorError("this needs credentials")
    for scope in scopes:
        actor.require(scope)
    return actor
