"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="marks",
            target="map4.cli.commands.marks:command",
            summary="List your marks, rename or delete one.",
            group="Tidy",
            order=4,
        ),
        Command(
            name="play",
            target="map4.cli.commands.listening:play",
            summary="Play a track, from any place in it.",
            group="Start",
            order=4,
        ),
        Command(
            name="tap",
            target="map4.cli.commands.listening:tap",
            summary="Tap along with the music to find its tempo, and set it.",
            group="Tidy",
            order=5,
        ),
    ),
)
