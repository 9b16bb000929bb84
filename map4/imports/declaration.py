"""What this subject registers."""

from map4.base.declaration import Command, Declaration, IsWord, JobType, PagePart, Routes, Tables, Topic

DECLARATION = Declaration(
    hooks={"histories-changed": "map4.imports.store.effective_values:recompute"},
    is_words=(
        IsWord(
            name="imported",
            help="in a DJ program's library that you imported",
            forms="map4.imports.store.query_fields:IMPORTED",
            after="set",
        ),
    ),
    topics=(
        Topic(
            name="exchange",
            target="map4.imports.topics:EXCHANGE",
            summary="Exchange with DJ programs and players.",
            order=30,
            commands=("import", "export"),
        ),
    ),
    commands=(
        Command(
            name="import",
            target="map4.imports.commands:command",
            summary="Read lists, cue points, ratings and plays of DJ programs.",
            group="Exchange",
            order=1,
        ),
    ),
    routes=(
        Routes(tag="plans", target="map4.imports.routes:PLAN_ROUTES", order=161),
        Routes(
            tag="imports",
            about="Imported files, and entries that wait for their file.",
            target="map4.imports.routes:ROUTES",
            order=128,
        ),
    ),
    jobs=(
        JobType(
            name="import",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.imports.plans:draft_import",
            plan="map4.imports.plans:do_import",
            needs="scan",
            lane="plans",
            order=150,
        ),
    ),
    tables=(Tables(target="map4.imports.tables:TABLES", order=90),),
    page_parts=(PagePart(place="exchange", module="map4.imports:page/take_in.js", order=10, needs="scan"),),
)
