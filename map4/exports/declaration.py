"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, FileFormat, JobType, PagePart, Routes

DECLARATION = Declaration(
    Command("export", "map4.exports.commands:command", "Exchange", 2),
    Command("export history", "map4.exports.commands:history"),
    Routes("jobs", "map4.exports.routes:ROUTES", 179),
    Routes("jobs", "map4.scan.part:FilesPart.written"),
    JobType(
        "export",
        "own",
        "files",
        "map4.exports.options:ExportRequest",
        "map4.exports.job:export",
        30,
        room=2,
        writes="always",
    ),
    PagePart("exchange", "map4.exports:page/export_tracks.js", 20, needs="own"),
    FileFormat("map4.exports.report_format:HTML", 110),
    FileFormat("map4.exports.report_format:PDF"),
)
