"""Registrations of the review of imported entries: options, routes, a table, undo, and a queue in Clean up."""

from map4.core.base.declaration import Declaration, PagePart, Routes, Tables, UndoKind
from map4.library import hookspecs

DECLARATION = Declaration(
    Routes("imports", "map4.extras.review.part:Review", 129),
    Tables("map4.extras.review.store:TABLES", 140, extra="review"),
    UndoKind("review", "scan", "map4.extras.review.store:undo_steps"),
    PagePart("mend", "map4.extras.review:page/entries.js", 25, needs="scan"),
    hooks={
        hookspecs.added_to["import waiting"]: "map4.extras.review.commands:added",
        hookspecs.chosen_files: "map4.extras.review.store:chooser",
    },
    parts={"review": "map4.extras.review.part:Review"},
)
