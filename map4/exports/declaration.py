"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType

DECLARATION = Declaration(
    commands=(
        Command(
            name="export",
            target="map4.cli.commands.export:command",
            summary="Write the library, or part of it, to a file for other programs.",
            group="Exchange",
            order=2,
        ),
    ),
    jobs=(
        JobType(
            name="export",
            options="map4.app.export_options:ExportRequest",
            work="map4.library.job_work.export_job:export",
            needs="own",
            lane="files",
            order=30,
            room=2,
        ),
    ),
)
