"""What this subject registers."""

from map4.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    routes=(
        Routes(
            tag="monitoring",
            about="Figures about the server, and its warnings.",
            target="map4.extras.monitoring.routes:ROUTES",
            order=235,
        ),
    ),
    services=("map4.extras.monitoring.warnings:warnings_of",),
    observers=("map4.extras.monitoring.warnings:observer_of",),
    around_server=("map4.extras.monitoring.reports:reporting_of",),
)
