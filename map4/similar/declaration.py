"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="similar",
            target="map4.cli.commands.similar:command",
            summary="Find what sounds like a track.",
            group="Find",
            order=3,
        ),
    ),
)
