"""What this extra registers."""

from map4.core.base.declaration import Command, Declaration, UndoKind

DECLARATION = Declaration(
    Command("rename", "map4.extras.rename.commands:command", "Tidy", 10),
    Command("rename undo", "map4.extras.rename.commands:undo"),
    UndoKind(
        "rename", "files", "map4.extras.rename.part:undo_steps", "map4.extras.rename.part:Renaming", "files-renamed"
    ),
    parts={"rename": "map4.extras.rename.part:Renames"},
)
