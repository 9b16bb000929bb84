"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, IsWord, JobType, PagePart, Routes, Tables, Topic, UndoKind
from map4.library import hookspecs

DECLARATION = Declaration(
    IsWord(
        "imported",
        "in a DJ program's library that you imported",
        "map4.imports.store.query_fields:IMPORTED",
        after="set",
    ),
    Topic(
        "exchange",
        "map4.imports:exchange.txt",
        "Exchange with DJ programs and players.",
        order=30,
        commands=("import", "export"),
    ),
    Command("import", "map4.imports.commands:command", "Exchange", 1),
    Command("import forget", "map4.imports.commands:forget"),
    Command("import history", "map4.imports.commands:history"),
    Command("import waiting", "map4.imports.commands:waiting"),
    Routes("imports", "map4.imports.routes:ROUTES", 128, "Imported files, and entries that wait for their file."),
    Routes("plans", "map4.imports.routes:PLAN_ROUTES", 161),
    JobType("import", "scan", order=150, draft="map4.imports.plans:draft_import", plan="map4.imports.plans:do_import"),
    Tables("map4.imports.tables:TABLES", 90),
    UndoKind("import", "scan", "map4.imports.use:undo_steps"),
    PagePart("exchange", "map4.imports:page/import_file.js", 10, needs="scan"),
    hooks={
        hookspecs.histories_changed: "map4.imports.store.effective_values:recompute",
        hookspecs.doubts: "map4.imports.doubts:doubts",
    },
)
