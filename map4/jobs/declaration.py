"""Commands and routes of jobs, plans and events."""

from map4.core.base.declaration import Command, Declaration, PagePart, Routes, View

DECLARATION = Declaration(
    Command("jobs", "map4.jobs.commands:command", "Share", 4, is_paged=True),
    Command("jobs cancel", "map4.jobs.commands:cancel"),
    Command("jobs list", "map4.jobs.commands:list_"),
    Command("jobs retry", "map4.jobs.commands:retry"),
    Command("jobs show", "map4.jobs.commands:show"),
    Routes(
        "plans",
        "map4.jobs.plans.part:PlansPart",
        165,
        "Plans: preview changes to files, or many changes at once, then carry them out.",
    ),
    Routes(
        "jobs",
        "map4.jobs.routes.jobs:ROUTES",
        180,
        "Jobs: request scans, batches, exports and duplicate searches, and follow them.",
    ),
    Routes("jobs", "map4.jobs.part:JobsPart"),
    Routes("events", "map4.jobs.routes.events:ROUTES", 190, "Events: changes in the library and of its jobs, live."),
    View("work", "Library", "tasks", "map4.jobs:page/work.js", 70, key="w", needs="own"),
    PagePart("work", "map4.jobs:page/in_and_out.js", 20),
    services=("map4.jobs.routes.job_service:jobs_of",),
)
