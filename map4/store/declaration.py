"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="cache",
            target="map4.cli.commands.cache:command",
            summary="Look after the library file: check, repair, clean up, back up.",
            group="Maintain",
            order=1,
        ),
    ),
    routes=(
        Routes(
            tag="changes",
            about="What was set, step by step, and taking a step back.",
            target="map4.server.routes.changes:ROUTES",
            order=20,
        ),
        Routes(
            tag="library",
            about="The library as a whole: counts, what looks wrong or stands there twice, and what came from where.",
            target="map4.server.routes.library:ROUTES",
            order=120,
        ),
        Routes(
            tag="backup",
            about="The library as a file: a copy of all that it holds.",
            target="map4.server.routes.backup:ROUTES",
            order=170,
        ),
    ),
    jobs=(
        JobType(
            name="backup",
            options="map4.domain.backups:BackupOptions",
            work="map4.library.job_work.backup_job:backup",
            needs="admin",
            lane="backup",
            order=90,
        ),
        JobType(
            name="restore",
            options="map4.app.jobs.requests:PlannedWork",
            work="map4.library.job_work.plan_job:planned",
            needs="admin",
            lane="plans",
            order=180,
        ),
    ),
    page_parts=(PagePart(place="exchange", module="map4.store:page/backup.js", order=50, needs="admin"),),
)
