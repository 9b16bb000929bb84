"""Registrations of look-ups: commands, routes, job, hooks and settings."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes, Setting

DECLARATION = Declaration(
    docs={"lookup": "Find and tidy"},
    commands=(
        Command(
            name="lookup",
            target="map4.extras.lookup.commands.lookup:command",
            summary="Identify tracks and fetch facts from public services.",
            group="Tidy",
            order=8,
        ),
        Command(
            name="providers",
            target="map4.extras.lookup.commands.providers:command",
            summary="Show and check the providers of 'map4 lookup'.",
            group="Tidy",
            order=9,
        ),
    ),
    routes=(
        Routes(tag="jobs", target="map4.extras.lookup.routes:JOB_ROUTES", order=181),
        Routes(
            tag="lookups",
            about="Doubtful look-ups: list the candidates and decide.",
            target="map4.extras.lookup.routes:ROUTES",
            order=130,
        ),
    ),
    jobs=(
        JobType(
            name="lookup",
            options="map4.extras.lookup.options:LookupRequest",
            work="map4.extras.lookup.job:lookup",
            needs="scan",
            lane="lookup",
            settings=("providers",),
            order=50,
        ),
    ),
    parts={"lookups": "map4.extras.lookup.part:Lookups"},
    hooks={
        "cover": "map4.extras.lookup.covers:cover_of_release",
        "clear-lookups": "map4.extras.lookup.covers:clear_lookups",
    },
    page_parts=(
        PagePart(place="mend", module="map4.extras.lookup:page/lookups.js", order=20, needs="scan"),
        PagePart(place="exchange", module="map4.extras.lookup:page/look_up.js", order=40, needs="scan"),
        PagePart(place="jobs", module="map4.extras.lookup:page/look_up.js", order=30),
    ),
    settings=(
        Setting(
            name="providers",
            reader="tables",
            members={
                "enabled": ((bool,), "true or false"),
                "url": ((str,), "an address"),
                "contact": ((str,), "a text"),
                "token_env": ((str,), "the name of an environment variable"),
                "interval_s": ((int, float), "a number of seconds"),
                "country": ((str,), "two letters of ISO 3166, such as DE"),
            },
            example="providers.musicbrainz.contact",
            default={},
            help="providers of 'map4 lookup' and their options",
            order=310,
        ),
    ),
)
