"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="cache",
            target="map4.cli.commands.cache:command",
            summary="Look after the library file: check, repair, clean up, back up.",
            group="Maintain",
            order=1,
        ),
    ),
)
