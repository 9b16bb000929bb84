"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes, Tools

DECLARATION = Declaration(
    hooks={"copies": "map4.duplicates.store.copies:SqlCopies"},
    commands=(
        Command(
            name="duplicates",
            target="map4.duplicates.commands.duplicates:command",
            summary="Find copies of the same recording, and which to keep.",
            group="Tidy",
            order=2,
            is_paged=True,
        ),
    ),
    routes=(
        Routes(tag="jobs", target="map4.duplicates.routes:JOB_ROUTES", order=178),
        Routes(
            tag="duplicates",
            about="Copies: recordings that the library has several times.",
            target="map4.duplicates.routes:ROUTES",
            order=126,
        ),
    ),
    jobs=(
        JobType(
            name="duplicates",
            options="map4.duplicates.options:DuplicateOptions",
            work="map4.duplicates.job:duplicates",
            needs="own",
            lane="files",
            order=40,
            room=2,
        ),
    ),
    tools=(Tools(target="map4.duplicates.tools:TOOLS", order=90),),
    page_parts=(
        PagePart(
            place="mend", module="map4.duplicates:page/copies.js", order=10, styles=("map4.duplicates:page/copies.css",)
        ),
    ),
)
