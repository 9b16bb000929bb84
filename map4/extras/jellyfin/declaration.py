"""Registrations of the Jellyfin API."""

from map4.base.declaration import Declaration, Right, Routes, Setting

DECLARATION = Declaration(
    docs={"jellyfin": "Players and assistants"},
    rights=(
        Right(name="jellyfin", help="play music with other programs (Jellyfin)", role="viewer", after="admin",
              for_devices=True),
    ),
    settings=(
        Setting(
            name="serve.jellyfin",
            reader="switch",
            default=True,
            help="whether 'map4 serve' answers Jellyfin players, below /jellyfin",
            order=255,
        ),
    ),
    routes=(
        Routes(
            tag="jellyfin",
            about="The Jellyfin API under `/jellyfin/`, for music players.",
            target="map4.extras.jellyfin.routes.rest:ROUTES",
            order=255,
            players="/jellyfin/",
            help="Jellyfin players the same with /jellyfin",
        ),
    ),
)  # fmt: skip
