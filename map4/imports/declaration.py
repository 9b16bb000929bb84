"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="import",
            target="map4.cli.commands.import_:command",
            summary="Read lists, cue points, ratings and plays of DJ programs.",
            group="Exchange",
            order=1,
        ),
    ),
)
