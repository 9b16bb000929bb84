"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, Routes, Tools, View
from map4.library import hookspecs

DECLARATION = Declaration(
    Command("doctor", "map4.doctor.commands:command", "Tidy", 1, is_paged=True),
    Routes("doctor", "map4.doctor.routes:ROUTES", 124, "What looks wrong in the library."),
    Tools("map4.doctor.tools", 80),
    View("mend", "Clean up", "mend", "map4.doctor:page/mend.js", 60, key="d", needs="correct"),
    hooks={hookspecs.warm: "map4.doctor.use:prepare_doubts"},
)
