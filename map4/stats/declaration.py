"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Tools

DECLARATION = Declaration(
    Tools("map4.stats.tools:TOOLS", 70),
    Command("stats", "map4.stats.commands:command", "Start", 5, is_paged=True),
    Routes("statistics", "map4.stats.routes:ROUTES", 122, "Counts of the library."),
)
