"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="classify",
            target="map4.labels.commands:command",
            summary="Label tracks with genre, mood and era, by asking a language model.",
            group="Tidy",
            order=7,
        ),
    ),
    jobs=(
        JobType(
            name="classify",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            needs="scan",
            lane="plans",
            order=160,
        ),
    ),
    tables=(Tables(target="map4.labels.tables:TABLES", order=70),),
)
