"""Registrations of look-ups: commands, routes, job, hooks and settings."""

from map4.core.base.declaration import Command, Declaration, JobType, PackageExtra, PagePart, Routes, Setting
from map4.library import hookspecs

DECLARATION = Declaration(
    PackageExtra("keyring", "keep keys of services in the system's keyring", 120),
    Command("lookup", "map4.extras.lookup.commands.lookup:command", "Tidy", 8),
    Command("lookup forget", "map4.extras.lookup.commands.lookup:forget"),
    Command("lookup review", "map4.extras.lookup.commands.lookup:review"),
    Routes("lookups", "map4.extras.lookup.routes:ROUTES", 130, "Doubtful look-ups: list the candidates and decide."),
    Routes("lookups", "map4.extras.lookup.part:Lookups"),
    Routes("jobs", "map4.extras.lookup.routes:JOB_ROUTES", 181),
    JobType(
        "lookup",
        "scan",
        "lookup",
        "map4.extras.lookup.options:LookupRequest",
        "map4.extras.lookup.job:lookup",
        50,
        settings=("providers",),
    ),
    PagePart("mend", "map4.extras.lookup:page/lookups.js", 20, needs="scan"),
    PagePart("tools", "map4.extras.lookup:page/look_up.js", 40, needs="scan"),
    PagePart("jobs", "map4.extras.lookup:page/look_up.js", 35),
    Setting(
        "providers",
        "providers of 'map4 lookup' and their options",
        "tables",
        default={},
        members={
            "enabled": ((bool,), "true or false"),
            "url": ((str,), "an address"),
            "contact": ((str,), "a text"),
            "token_env": ((str,), "the name of an environment variable"),
            "interval_s": ((int, float), "a number of seconds"),
            "country": ((str,), "two letters of ISO 3166, such as DE"),
        },
        example="providers.musicbrainz.contact",
        order=310,
    ),
    parts={"lookups": "map4.extras.lookup.part:Lookups"},
    hooks={
        hookspecs.cover: "map4.extras.lookup.covers:cover_of_release",
        hookspecs.has_covers: "map4.extras.lookup.covers:has_covers",
        hookspecs.added_to["library prune"]: "map4.extras.lookup.commands.prune:added",
        hookspecs.unused_files: "map4.extras.lookup.imported_dumps:imported_dumps",
    },
)
