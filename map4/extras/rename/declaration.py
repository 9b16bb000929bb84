"""What this extra registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    Command("rename", "map4.extras.rename.commands:command", "Tidy", 10),
    docs={"rename": "Find and tidy"},
    parts={"rename": "map4.extras.rename.part:Renames"},
)
