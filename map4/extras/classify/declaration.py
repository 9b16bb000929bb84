"""What this extra registers."""

from map4.base.declaration import Command, Declaration, JobType, Routes

DECLARATION = Declaration(
    docs={"classify": "Find and tidy"},
    commands=(
        Command(
            name="classify",
            target="map4.extras.classify.commands:command",
            summary="Label tracks with genre, mood and era by a language model.",
            group="Tidy",
            order=7,
        ),
    ),
    routes=(Routes(tag="plans", target="map4.extras.classify.routes:ROUTES", order=162),),
    jobs=(
        JobType(
            name="classify",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.extras.classify.plans:draft_classify",
            plan="map4.extras.classify.plans:do_classify",
            needs="scan",
            lane="plans",
            order=160,
        ),
    ),
    parts={"labels": "map4.extras.classify.part:LabelsPart"},
    hooks={
        "warm": "map4.extras.classify.plan:prepare_questions",
        "clear-responses": "map4.extras.classify.plan:clear_responses",
    },
)
