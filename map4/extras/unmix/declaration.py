"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="unmix",
            target="map4.cli.commands.unmix:command",
            summary="Find out what was played in a recorded set.",
            group="Make sets",
            order=3,
        ),
    ),
)
