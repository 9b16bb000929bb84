"""What this extra registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    programs=("mixxx", "navidrome", "rekordbox", "serato", "traktor", "virtualdj"),
    docs={"move": "DJ programs"},
    commands=(
        Command(
            name="move",
            target="map4.extras.move.commands:command",
            summary="Move a library to another DJ program, and certify what arrived.",
            group="Exchange",
            order=4,
        ),
    ),
    calls={"move": "map4.extras.move.access:move", "plan_move": "map4.extras.move.access:plan_move"},
)
