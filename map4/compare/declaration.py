"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, Tools

DECLARATION = Declaration(
    Command("compare", "map4.compare.commands:command", "Find", 4, is_paged=True), Tools("map4.compare.tools", 30)
)
