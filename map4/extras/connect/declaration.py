"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="connect",
            target="map4.cli.commands.connect:command",
            summary="Connect music servers: write lists there, and take over stars and ratings.",
            group="Exchange",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="connected",
            about="Sound-alike for connected music servers, as AudioMuse's plug-in for Navidrome asks for it.",
            target="map4.server.routes.connected:ROUTES",
            order=260,
        ),
    ),
)
