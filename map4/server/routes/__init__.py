"""Which routes there are: the application and OpenAPI are made from this table alone."""

import re

from map4.server.problems import ROUTE_OF_COMMAND
from map4.server.route import Route
from map4.server.routes import audio, itself, jobs, playlists, search, sound, subsonic, tracks
from map4.server.settings import API

ROUTES: tuple[Route, ...] = (
    *tracks.ROUTES,
    *audio.ROUTES,
    *search.ROUTES,
    *sound.ROUTES,
    *playlists.ROUTES,
    *jobs.ROUTES,
    *itself.ROUTES,
    *subsonic.ROUTES,
)
# What a summary says of a route: "as `map4 search`".
for _route in ROUTES:
    for _command in re.findall("as `(map4 [^`]+)`", _route.summary):
        ROUTE_OF_COMMAND.setdefault(_command, f"{_route.method} {API}{_route.path}")
