"""What this subject registers."""

from map4.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    routes=(
        Routes(
            tag="monitoring",
            about="Figures about the server, and its warnings.",
            target="map4.server.routes.monitoring:ROUTES",
            order=235,
        ),
    ),
    services=("map4.server.watching.warnings:warnings_of",),
    observers=("map4.server.watching.warnings:observer_of",),
    around_server=("map4.server.watching.reports:reporting_of",),
)
