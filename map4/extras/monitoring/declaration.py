"""Registrations of monitoring: routes, services and settings."""

from map4.core.base.declaration import Declaration, PackageExtra, Routes, Setting

DECLARATION = Declaration(
    PackageExtra("sentry", "report errors of the server to Sentry", 160),
    Routes("monitoring", "map4.extras.monitoring.routes:ROUTES", 235, "Metrics of the server."),
    Setting(
        "serve.sentry",
        "where errors are reported, if set",
        "text",
        check="map4.extras.monitoring.setting_values:sentry",
        shown="map4.extras.monitoring.setting_values:without_path",
    ),
    services=("map4.extras.monitoring.routes:errors_of",),
    observers=("map4.extras.monitoring.routes:observer_of",),
    around_server=("map4.extras.monitoring.reports:reporting_of",),
)
