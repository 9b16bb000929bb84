"""Registrations of un-mixing: command, routes, job, calls and page parts."""

from map4.core.base.declaration import Command, Declaration, JobType, PagePart, Routes, UndoKind, View

DECLARATION = Declaration(
    Command("unmix", "map4.extras.unmix.commands.unmix:command", "Make sets", 3),
    Routes(
        "sets",
        "map4.extras.unmix.routes:ROUTES",
        100,
        "Recorded sets: detect which library tracks an uploaded recording contains, and use the track list.",
    ),
    Routes("sets", "map4.extras.unmix.recorded_sets:RecordedSets"),
    JobType(
        "unmix",
        "own",
        "unmix",
        "map4.extras.unmix.request:UnmixRequest",
        "map4.extras.unmix.job:unmix",
        100,
        writes="chapters",
    ),
    UndoKind("unmix", "own", "map4.extras.unmix.steps:undo_steps"),
    View("unmix", "Un-mix", "unmix", "map4.extras.unmix:page/unmix.js", 40, in_menu=False),
    PagePart("exchange", "map4.extras.unmix:page/links.js", 30, needs="own"),
    PagePart("jobs", "map4.extras.unmix:page/links.js", 10),
    parts={"sets": "map4.extras.unmix.recorded_sets:RecordedSets"},
    calls={"unmix": "map4.extras.unmix.access:unmix", "unmix_events": "map4.extras.unmix.access:unmix_events"},
)
