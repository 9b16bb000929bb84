"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, JobType, PagePart, Routes, Tools
from map4.library import hookspecs

DECLARATION = Declaration(
    Command("duplicates", "map4.duplicates.commands.duplicates:command", "Tidy", 2, is_paged=True),
    Routes(
        "duplicates", "map4.duplicates.routes:ROUTES", 126, "Copies: recordings that the library has several times."
    ),
    Routes("jobs", "map4.duplicates.routes:JOB_ROUTES", 178),
    JobType(
        "duplicates",
        "own",
        "files",
        "map4.duplicates.options:DuplicateOptions",
        "map4.duplicates.job:duplicates",
        40,
        room=2,
    ),
    Tools("map4.duplicates.tools", 90),
    PagePart("mend", "map4.duplicates:page/copies.js", 10),
    hooks={
        hookspecs.copies: "map4.duplicates.store.copies:SqlCopies",
        hookspecs.copied_files: "map4.duplicates.store.copies:copied_files",
    },
)
