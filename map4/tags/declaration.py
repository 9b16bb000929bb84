"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="tags",
            target="map4.cli.commands.tags.show:command",
            summary="Show, write and restore the tags of files.",
            group="Tidy",
            order=6,
        ),
        Command(
            name="set",
            target="map4.cli.commands.set:command",
            summary="Set tempo, key, energy, rating and what tags say yourself.",
            group="Tidy",
            order=3,
        ),
    ),
)
