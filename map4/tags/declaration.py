"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="tags",
            target="map4.tags.commands.show:command",
            summary="Show, write and restore the tags of files.",
            group="Tidy",
            order=6,
        ),
    ),
    jobs=(
        JobType(
            name="tags",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.tags.plans:draft_tags",
            plan="map4.tags.plans:do_tags",
            needs="files",
            lane="plans",
            order=110,
        ),
        JobType(
            name="tags-undo",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.tags.plans:draft_tags_undo",
            plan="map4.tags.plans:do_tags_undo",
            needs="files",
            lane="plans",
            order=120,
        ),
    ),
    routes=(
        Routes(tag="plans", target="map4.tags.routes:ROUTES", order=159),
        Routes(
            tag="sources",
            about="Which source of a field goes first, if tags, DJ programs and look-ups contradict each other.",
            target="map4.tags.routes:SOURCE_ROUTES",
            order=140,
        ),
    ),
    page_parts=(
        PagePart(place="mend", module="map4.tags:page/sources.js", order=30, styles=("map4.tags:page/sources.css",)),
        PagePart(place="mend", module="map4.tags:page/written.js", order=40, needs="files"),
    ),
)
