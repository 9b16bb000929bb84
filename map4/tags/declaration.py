"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="tags",
            target="map4.tags.commands.show:command",
            summary="Show, write and restore the tags of files.",
            group="Tidy",
            order=6,
        ),
        Command(
            name="set",
            target="map4.values.commands.set:command",
            summary="Set tempo, key, energy, rating and what tags say yourself.",
            group="Tidy",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="sources",
            about="Which source of a field goes first, where tags, DJ programs and look-ups contradict each other.",
            target="map4.values.routes.sources:ROUTES",
            order=140,
        ),
    ),
    jobs=(
        JobType(
            name="tags",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            needs="files",
            lane="plans",
            order=110,
        ),
        JobType(
            name="tags-undo",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            needs="files",
            lane="plans",
            order=120,
        ),
    ),
)
