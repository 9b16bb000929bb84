"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Tools

DECLARATION = Declaration(
    Command("mix", "map4.mixes.commands:command", "Make sets", 2),
    Tools("map4.mixes.tools:TOOLS", 40),
)
