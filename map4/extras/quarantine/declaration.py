"""Registrations of the quarantine: options of `map4 duplicates`, jobs, routes and buttons."""

from map4.base.declaration import Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    hooks={"duplicates-command": "map4.extras.quarantine.commands:added"},
    routes=(Routes(tag="plans", target="map4.extras.quarantine.routes:ROUTES", order=160),),
    jobs=(
        JobType(
            name="quarantine",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.extras.quarantine.plans:draft_quarantine",
            plan="map4.extras.quarantine.plans:do_quarantine",
            needs="files",
            lane="plans",
            order=130,
        ),
        JobType(
            name="return",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.extras.quarantine.plans:draft_return",
            plan="map4.extras.quarantine.plans:do_return",
            needs="files",
            lane="plans",
            order=140,
        ),
    ),
    parts={"quarantine": "map4.extras.quarantine.part:QuarantinePart"},
    page_parts=(
        PagePart(place="copies", module="map4.extras.quarantine:page/move.js", order=10, needs="files"),
        PagePart(place="jobs", module="map4.extras.quarantine:page/move.js", order=40),
    ),
)
