"""Commands and routes of jobs, plans and events."""

from map4.base.declaration import Command, Declaration, PagePart, Routes, View

DECLARATION = Declaration(
    commands=(
        Command(
            name="jobs",
            target="map4.jobs.commands:command",
            summary="Show, cancel and retry jobs of 'map4 serve'.",
            group="Share",
            order=4,
            is_paged=True,
        ),
    ),
    routes=(
        Routes(
            tag="plans",
            about="Plans: preview changes to files, or many changes at once, then carry them out.",
            target="map4.jobs.routes.plans:ROUTES",
            order=165,
        ),
        Routes(
            tag="jobs",
            about="Jobs: request scans, batches, exports and duplicate searches, and follow them.",
            target="map4.jobs.routes.jobs:ROUTES",
            order=180,
        ),
        Routes(
            tag="events",
            about="Events: changes in the library and of its jobs, live.",
            target="map4.jobs.routes.events:ROUTES",
            order=190,
        ),
    ),
    views=(
        View(
            name="work",
            title="Work",
            path="tasks",
            module="map4.jobs:page/work.js",
            order=70,
            styles=("map4.jobs:page/work.css",),
            key="w",
            needs="own",
        ),
    ),
    services=("map4.jobs.routes.job_service:jobs_of",),
    page_parts=(PagePart(place="work", module="map4.jobs:page/in_and_out.js", order=20),),
)
