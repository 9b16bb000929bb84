"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="serve",
            target="map4.server.commands:command",
            summary="Answer over HTTP: search, similar, playlists, audio and more.",
            group="Share",
            order=1,
        ),
    ),
    routes=(
        Routes(
            tag="server",
            about="The server itself: whether it lives, and its API.",
            target="map4.server.routes.itself:ROUTES",
            order=230,
        ),
    ),
)
