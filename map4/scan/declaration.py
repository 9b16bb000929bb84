"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="scan",
            target="map4.cli.commands.scan:command",
            summary="Find audio files and analyse what is new or changed.",
            group="Start",
            order=1,
            must_finish=True,
        ),
        Command(
            name="watch",
            target="map4.cli.commands.scan:watch",
            summary="Scan folders, then follow what changes in them.",
            group="Start",
            order=2,
            must_finish=True,
        ),
        Command(
            name="analyze",
            target="map4.cli.commands.analyze:command",
            summary="Analyse single files and show them in full.",
            group="Start",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="folders",
            about="Folders of this machine, to pick one whose music is scanned.",
            target="map4.server.routes.folders:ROUTES",
            order=150,
        ),
    ),
    jobs=(
        JobType(
            name="scan",
            options="map4.app.scan.options:ScanOptions",
            work="map4.library.job_work.scan_jobs:scan",
            needs="scan",
            lane="scan",
            order=10,
        ),
        JobType(
            name="analyze",
            options="map4.app.scan.options:AnalyzeOptions",
            work="map4.library.job_work.scan_jobs:analyze",
            needs="scan",
            lane="analyze",
            order=20,
        ),
    ),
    page_parts=(PagePart(place="work", module="map4.scan:page/folders.js", order=10, needs="scan"),),
)
