"""Which routes there are: the application and OpenAPI are made from this table alone."""

from map4.server.route import Route
from map4.server.routes import audio, itself, jobs, playlists, search, sound, subsonic, tracks

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
