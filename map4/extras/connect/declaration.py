"""What this subject registers."""

from map4.base.declaration import Command, Declaration

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
)
