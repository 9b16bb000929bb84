"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="export",
            target="map4.cli.commands.export:command",
            summary="Write the library, or part of it, to a file for other programs.",
            group="Exchange",
            order=2,
        ),
    ),
)
