"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="duplicates",
            target="map4.cli.commands.duplicates:command",
            summary="Find the same recording more than once, and the copy to keep.",
            group="Tidy",
            order=2,
        ),
    ),
)
