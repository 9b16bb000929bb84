"""Registrations of un-mixing: command, routes, job, calls and page parts."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes, View

DECLARATION = Declaration(
    docs={"unmix": "Lists and sets"},
    commands=(
        Command(
            name="unmix",
            target="map4.extras.unmix.commands.unmix:command",
            summary="Detect which tracks were played in a recorded set.",
            group="Make sets",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="sets",
            about="Recorded sets: detect which library tracks an uploaded recording contains, and use the track list.",
            target="map4.extras.unmix.routes:ROUTES",
            order=100,
        ),
    ),
    jobs=(
        JobType(
            name="unmix",
            options="map4.extras.unmix.request:UnmixRequest",
            work="map4.extras.unmix.job:unmix",
            needs="own",
            lane="unmix",
            order=100,
            writes="chapters",
        ),
    ),
    parts={"sets": "map4.extras.unmix.recorded_sets:RecordedSets"},
    calls={"unmix": "map4.extras.unmix.access:unmix", "unmix_events": "map4.extras.unmix.access:unmix_events"},
    views=(
        View(
            name="unmix",
            title="Un-mix",
            path="unmix",
            module="map4.extras.unmix:page/unmix.js",
            order=40,
            styles=("map4.extras.unmix:page/unmix.css",),
            key="u",
            in_menu=False,
        ),
    ),
    page_parts=(
        PagePart(place="lists", module="map4.extras.unmix:page/ways.js", order=10, needs="own"),
        PagePart(place="exchange", module="map4.extras.unmix:page/ways.js", order=30, needs="own"),
        PagePart(place="jobs", module="map4.extras.unmix:page/ways.js", order=10),
    ),
)
