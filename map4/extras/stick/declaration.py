"""Registrations of sticks for players: commands, part, setting, jobs and page part."""

from map4.core.base.declaration import Command, Declaration, JobType, PackageExtra, PagePart, Routes, Setting
from map4.library import hookspecs

DECLARATION = Declaration(
    PackageExtra("rekordbox", "write sticks for CDJ-3000X, OPUS-QUAD and XDJ-AZ", 50),
    Command("stick", "map4.extras.stick.commands:command", "Exchange", 5),
    Command("stick check", "map4.extras.stick.commands:check"),
    Command("stick show", "map4.extras.stick.commands:show"),
    Setting(
        "serve.sticks",
        "folders of sticks that 'map4 serve' may write to, on its own machine",
        "paths",
        default=(),
        is_named_whole=True,
        order=385,
    ),
    Routes("jobs", "map4.extras.stick.routes:ROUTES", 183),
    JobType(
        "stick", "own", "files", "map4.extras.stick.options:StickRequest", "map4.extras.stick.part:job", 31, room=2
    ),
    PagePart("frame", "map4.extras.stick:page/write_to_stick.js", 30, needs="own"),
    PagePart("jobs", "map4.extras.stick:page/write_to_stick.js", 60),
    programs=("rekordbox",),
    hooks={hookspecs.own_libraries: "map4.extras.stick.part:reading_changes"},
    parts={"sticks": "map4.extras.stick.part:Sticks"},
)
