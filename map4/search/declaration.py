"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="search",
            target="map4.cli.commands.search:command",
            summary="Find tracks by text, tempo, key, energy, genre, year and more.",
            group="Find",
            order=1,
        ),
    ),
)
