"""A server's application without a socket, and clients of it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from extra_cases import of_extras
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from map4.core.base.actor import Actor
from map4.core.base.paths import is_database
from map4.library import Library
from map4.plugins import inline_lanes
from map4.server.admission import KEY_HEADER, Caller
from map4.server.app import make_app
from map4.server.auth.callers import Callers
from map4.server.changes import changes_of
from map4.server.settings import ServerSettings

HERE = "http://localhost:8000"
WHO = "x-who"
"""A header that names who asks, with `actor_of`."""


def settings_of(library: Path | str, *music: Path, **changes: Any) -> ServerSettings:
    """How a server of this library is started; what it analyses, it analyses in its own threads."""
    return ServerSettings(
        library=None if is_database(library) else str(library),
        open_library=changes.pop("open_library", partial(Library.open, library, lanes=inline_lanes)),
        music=tuple(map(str, music)),
        **changes,
    )


class ActorsAsSaid(Callers):
    """Takes callers for who a function says they are, without credentials."""

    def __init__(self, actor_of: Callable[[HTTPConnection], Awaitable[Actor | None]], *given: Any) -> None:
        super().__init__(*given)
        self._actor_of = actor_of

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        actor = await self._actor_of(connection)
        return actor and Caller(actor=actor)

    async def has_accounts(self) -> bool:
        return False


def by_header(people: Mapping[str, Actor]) -> Callable[[HTTPConnection], Awaitable[Actor]]:
    async def actor_of(connection: HTTPConnection) -> Actor:
        return people[connection.headers[WHO]]

    return actor_of


@contextmanager
def client_of(library: Path | str, *music: Path, **changes: Any) -> Iterator[TestClient]:
    """A client of a server of this library, which ends with it; without other `services` no jobs are done. It shows the
    key, as a page does that was opened for who sits at the machine.

    actor_of: who a request is by, in the place of the accounts of the library: by the name in its header WHO, or asked
    base_url, client: where the client thinks the server is, and where it asks from
    """
    way = {"base_url": HERE} | {name: changes.pop(name) for name in ("base_url", "client") if name in changes}
    app: dict[str, Any] = {"services": (changes_of,)}
    app |= {name: changes.pop(name) for name in ("services", "routes") if name in changes}
    if "actor_of" in changes:
        people = changes.pop("actor_of")
        actor_of = people if callable(people) else by_header(people)
        app["callers"] = partial(ActorsAsSaid, actor_of)
    settings = settings_of(library, *music, **changes)
    server = make_app(settings, **app)
    if "callers" in app:
        for replace_callers in of_extras("replace_callers"):
            replace_callers(server.state.context)
    with TestClient(server, **way) as client:
        client.headers.pop("origin", None)
        client.headers[KEY_HEADER] = settings.key
        yield client
