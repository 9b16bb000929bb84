"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="import",
            target="map4.imports.commands:command",
            summary="Read lists, cue points, ratings and plays of DJ programs.",
            group="Exchange",
            order=1,
        ),
    ),
    jobs=(
        JobType(
            name="import",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            plan="map4.imports.plans:do_import",
            needs="scan",
            lane="plans",
            order=150,
        ),
        JobType(
            name="forget",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            plan="map4.scan.plans:do_forget",
            needs="scan",
            lane="plans",
            order=170,
        ),
    ),
    tables=(Tables(target="map4.imports.tables:TABLES", order=90),),
)
