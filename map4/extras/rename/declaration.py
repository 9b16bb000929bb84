"""What this extra registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    docs={"rename": "Find and tidy"},
    commands=(
        Command(
            name="rename",
            target="map4.extras.rename.commands:command",
            summary="Rename files, and move them to folders, by their tags.",
            group="Tidy",
            order=10,
        ),
    ),
    parts={"rename": "map4.extras.rename.part:Renames"},
)
