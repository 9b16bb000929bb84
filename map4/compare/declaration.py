"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="compare",
            target="map4.compare.commands:command",
            summary="Compare tracks, and find the order in which they mix best.",
            group="Find",
            order=4,
        ),
    ),
)
