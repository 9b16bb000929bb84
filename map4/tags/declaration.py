"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart

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
            plan="map4.tags.plans:do_tags",
            needs="files",
            lane="plans",
            order=110,
        ),
        JobType(
            name="tags-undo",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            plan="map4.tags.plans:do_tags_undo",
            needs="files",
            lane="plans",
            order=120,
        ),
    ),
    page_parts=(
        PagePart(place="mend", module="map4.tags:page/sources.js", order=30, styles=("map4.tags:page/sources.css",)),
        PagePart(place="mend", module="map4.tags:page/written.js", order=40, needs="files"),
    ),
)
