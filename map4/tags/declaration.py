"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="tags",
            target="map4.cli.commands.tags.show:command",
            summary="Show, write and restore the tags of files.",
            group="Tidy",
            order=6,
        ),
        Command(
            name="set",
            target="map4.cli.commands.set:command",
            summary="Set tempo, key, energy, rating and what tags say yourself.",
            group="Tidy",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="sources",
            about="Which source of a field goes first, where tags, DJ programs and look-ups contradict each other.",
            target="map4.server.routes.sources:ROUTES",
            order=140,
        ),
    ),
    jobs=(
        JobType(
            name="tags",
            options="map4.app.jobs.requests:PlannedWork",
            work="map4.library.job_work.plan_job:planned",
            needs="files",
            lane="plans",
            order=110,
        ),
        JobType(
            name="tags-undo",
            options="map4.app.jobs.requests:PlannedWork",
            work="map4.library.job_work.plan_job:planned",
            needs="files",
            lane="plans",
            order=120,
        ),
    ),
    page_parts=(
        PagePart(place="mend", module="map4.tags:page/sources.js", order=30, styles=("map4.tags:page/sources.css",)),
        PagePart(place="mend", module="map4.tags:page/written.js", order=40, needs="files"),
    ),
)
