"""What this extra registers."""

from map4.core.base.declaration import Command, Declaration

DECLARATION = Declaration(
    Command("move", "map4.extras.move.commands:command", "Exchange", 4),
    programs=("mixxx", "navidrome", "rekordbox", "serato", "traktor", "virtualdj"),
    calls={"move": "map4.extras.move.use:move"},
)
