"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="lookup",
            target="map4.cli.commands.lookup:command",
            summary="Ask public services what recordings tracks are, and keep what they know.",
            group="Tidy",
            order=8,
        ),
        Command(
            name="providers",
            target="map4.cli.commands.providers:command",
            summary="Show and check who 'map4 lookup' can ask.",
            group="Tidy",
            order=9,
        ),
    ),
    routes=(
        Routes(
            tag="lookups",
            about="Look-ups that wait for a decision: what was found, and what is taken of it.",
            target="map4.server.routes.lookups:ROUTES",
            order=130,
        ),
    ),
    jobs=(
        JobType(
            name="lookup",
            options="map4.app.lookups.options:LookupRequest",
            work="map4.library.job_work.lookup_job:lookup",
            needs="scan",
            lane="lookup",
            order=50,
        ),
    ),
    page_parts=(
        PagePart(place="mend", module="map4.extras.lookup:page/lookups.js", order=20, needs="scan"),
        PagePart(place="exchange", module="map4.extras.lookup:page/look_up.js", order=40, needs="scan"),
        PagePart(place="jobs", module="map4.extras.lookup:page/look_up.js", order=30),
    ),
)
