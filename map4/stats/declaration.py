"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, Routes, Tools

DECLARATION = Declaration(
    Tools("map4.stats.tools", 70),
    Command("stats", "map4.stats.commands:command", "Start", 5, is_paged=True),
    Command("stats mixes", "map4.stats.commands:mixes"),
    Command("stats plays", "map4.stats.commands:plays"),
    Routes("statistics", "map4.library.verbs:Verbs.stats", 122, "Counts of the library."),
)
