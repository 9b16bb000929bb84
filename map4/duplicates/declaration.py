"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart

DECLARATION = Declaration(
    commands=(
        Command(
            name="duplicates",
            target="map4.cli.commands.duplicates:command",
            summary="Find the same recording more than once, and the copy to keep.",
            group="Tidy",
            order=2,
        ),
    ),
    jobs=(
        JobType(
            name="duplicates",
            options="map4.app.duplicate_options:DuplicateOptions",
            work="map4.library.job_work.duplicates_job:duplicates",
            needs="own",
            lane="files",
            order=40,
            room=2,
        ),
        JobType(
            name="quarantine",
            options="map4.app.jobs.requests:PlannedWork",
            work="map4.library.job_work.plan_job:planned",
            needs="files",
            lane="plans",
            order=130,
        ),
        JobType(
            name="return",
            options="map4.app.jobs.requests:PlannedWork",
            work="map4.library.job_work.plan_job:planned",
            needs="files",
            lane="plans",
            order=140,
        ),
    ),
    page_parts=(
        PagePart(
            place="mend", module="map4.duplicates:page/copies.js", order=10, styles=("map4.duplicates:page/copies.css",)
        ),
    ),
)
