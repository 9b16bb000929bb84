"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, Routes, Tools

DECLARATION = Declaration(
    Command("similar", "map4.similar.commands:command", "Find", 3, is_paged=True),
    Routes("sound", "map4.similar.routes:ROUTES", 60, "Similar tracks, and tracks that mix."),
    Routes("sound", "map4.library.verbs:Verbs.compare"),
    Routes("sound", "map4.library.verbs:Verbs.compare_truth"),
    Routes("sound", "map4.library.verbs:Verbs.mix"),
    Tools("map4.similar.tools", 20),
)
