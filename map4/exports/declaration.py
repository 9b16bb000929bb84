"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart

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
    page_parts=(PagePart(place="exchange", module="map4.exports:page/write_out.js", order=20, needs="own"),),
)
