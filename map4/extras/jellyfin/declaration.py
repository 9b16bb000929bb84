"""Registrations of the Jellyfin API."""

from map4.base.declaration import Declaration, Right, Routes, Setting

DECLARATION = Declaration(
    Right("jellyfin", "play music with other programs (Jellyfin)", "viewer", after="admin", for_devices=True),
    Setting(
        "serve.jellyfin",
        "whether 'map4 serve' answers Jellyfin players, below /jellyfin",
        "switch",
        default=True,
        order=255,
    ),
    Routes(
        "jellyfin",
        "map4.extras.jellyfin.routes.rest:ROUTES",
        255,
        "The Jellyfin API under `/jellyfin/`, for music players.",
        players="/jellyfin/",
        help="Jellyfin players the same with /jellyfin",
    ),
    docs={"jellyfin": "Players and assistants"},
)
