"""Registrations of the quarantine: options of `map4 duplicates`, jobs, routes and buttons."""

from map4.core.base.declaration import Command, Declaration, JobType, PagePart, Routes, UndoKind
from map4.library import hookspecs

DECLARATION = Declaration(
    Command("duplicates replace", "map4.extras.quarantine.commands:replace_files"),
    Routes("plans", "map4.extras.quarantine.routes:ROUTES", 160),
    JobType(
        "quarantine",
        "files",
        order=130,
        draft="map4.extras.quarantine.plans:draft_quarantine",
        plan="map4.extras.quarantine.plans:do_quarantine",
    ),
    UndoKind(
        "copies",
        "files",
        "map4.extras.quarantine.returning:undo_steps",
        "map4.extras.quarantine.returning:Returning",
        "copies-put-back",
    ),
    PagePart("copies", "map4.extras.quarantine:page/move.js", 10, needs="files"),
    PagePart("jobs", "map4.extras.quarantine:page/move.js", 40),
    hooks={
        hookspecs.added_to["duplicates"]: "map4.extras.quarantine.commands:added",
        hookspecs.successors: "map4.extras.quarantine.successors:SuccessorHandOvers",
    },
    parts={"quarantine": "map4.extras.quarantine.part:QuarantinePart"},
)
