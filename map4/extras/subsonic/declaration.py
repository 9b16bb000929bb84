"""Registrations of the OpenSubsonic API."""

from map4.core.base.declaration import Declaration, Right, Routes
from map4.library import hookspecs

DECLARATION = Declaration(
    Right("subsonic", "play music with other programs (OpenSubsonic)", "viewer", after="admin", for_devices=True),
    Routes(
        "players",
        "map4.extras.subsonic.routes.rest:ROUTES",
        250,
        "The OpenSubsonic API under `/rest/`, by GET and form POST.",
        players="/rest/",
        takes_forms=True,
        help="Subsonic players use the address of the server",
    ),
    hooks={hookspecs.is_media: "map4.extras.subsonic.routes.rest:is_media"},
)
