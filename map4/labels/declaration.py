"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="classify",
            target="map4.cli.commands.classify:command",
            summary="Label tracks with genre, mood and era, by asking a language model.",
            group="Tidy",
            order=7,
        ),
    ),
)
