"""Rows of subsonic in tables of other tests."""

from collections.abc import Mapping, Sequence

from libraries import file_id
from starlette.requests import HTTPConnection

from map4.extras.subsonic.routes.players import DevicePasswords, PlayerCallers
from map4.server.admission import Caller
from map4.server.context import ServerParts

NEEDS = {
    ("GET", "/rest/{method}"): None,  # `test_subsonic_actors.py` has what each method needs
    ("POST", "/rest/{method}"): None,
}

OF_MUSIC_FILES = [
    ("GET", f"/rest/{method}?id={file_id(1)}&c=test&v=1.16.1&f=json", b"")
    for method in ("stream", "download", "getCoverArt", "getLyricsBySongId")
]
"""Requests that read music files."""


class PlayersAsSaid(PlayerCallers):
    """Takes callers of OpenSubsonic for who a test says they are."""

    async def __call__(self, connection: HTTPConnection, parameters: Mapping[str, Sequence[str]]) -> Caller | None:
        return await self._callers(connection)


def replace_callers(context: ServerParts) -> None:
    context.made[PlayerCallers] = PlayersAsSaid(context.callers, DevicePasswords.of(context))
