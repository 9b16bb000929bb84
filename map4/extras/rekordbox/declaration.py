"""Registrations of rekordbox's database: commands, part, setting and recovery."""

from map4.core.base.declaration import Command, Declaration, PackageExtra, Setting, UndoKind
from map4.library import hookspecs

DECLARATION = Declaration(
    PackageExtra("rekordbox", "write lists into rekordbox's database", 40),
    Command("export rekordbox-db", "map4.extras.rekordbox.commands:write"),
    Command("export undo", "map4.extras.rekordbox.commands:undo"),
    Setting(
        "rekordbox.write",
        "whether 'map4 export rekordbox-db' may write rekordbox's database: true or false",
        "switch",
        default=False,
        is_named_whole=True,
        order=380,
    ),
    UndoKind("rekordbox-db", "own", "map4.extras.rekordbox.journal:undo_steps"),
    programs=("rekordbox",),
    parts={"rekordbox": "map4.extras.rekordbox.part:RekordboxDatabase"},
    hooks={hookspecs.unfinished: "map4.extras.rekordbox.pending:settle_pending"},
)
