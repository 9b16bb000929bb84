"""Registrations of mixed sets."""

from map4.base.declaration import Command, Declaration, Routes

DECLARATION = Declaration(
    docs={"mixed": "Lists and sets"},
    commands=(
        Command(
            name="mixed",
            target="map4.extras.mixed.commands:command",
            summary="Play a list as a mix: plan it, or write it to a file.",
            group="Make sets",
            order=4,
        ),
    ),
    routes=(
        Routes(
            tag="lists",
            about="Stored lists: made, shown, changed, worked on place by place, and deleted.",
            target="map4.extras.mixed.routes:ROUTES",
            order=105,
        ),
    ),
    parts={"mixed": "map4.extras.mixed.part:MixedSets"},
)
