"""What this subject registers."""

from map4.base.declaration import Command, Declaration, FileFormat, JobType, PagePart, Routes, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="export",
            target="map4.exports.commands:command",
            summary="Write the library or a part of it to a file.",
            group="Exchange",
            order=2,
        ),
        Command(
            name="export history",
            target="map4.exports.commands:history",
            summary="Show the files that map4 wrote.",
            order=5,
        ),
    ),
    routes=(Routes(tag="jobs", target="map4.exports.routes:ROUTES", order=179),),
    jobs=(
        JobType(
            name="export",
            options="map4.exports.options:ExportRequest",
            work="map4.exports.job:export",
            needs="own",
            lane="files",
            order=30,
            room=2,
            writes="always",
        ),
    ),
    hooks={"written-files": "map4.exports.store:SqlWrittenFiles"},
    tables=(Tables(target="map4.exports.tables:TABLES", order=80),),
    page_parts=(PagePart(place="exchange", module="map4.exports:page/write_out.js", order=20, needs="own"),),
    formats=(
        FileFormat(target="map4.exports.report_format:HTML", order=110),
        FileFormat(target="map4.exports.report_format:PDF", order=120),
    ),
)
