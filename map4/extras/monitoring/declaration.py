"""Registrations of monitoring: routes, services and settings."""

from map4.base.declaration import Declaration, PagePart, Routes, Setting

DECLARATION = Declaration(
    Routes("monitoring", "map4.extras.monitoring.routes:ROUTES", 235, "Metrics of the server, and its warnings."),
    PagePart("work_top", "map4.extras.monitoring:page/warned.js", 10, needs="admin"),
    Setting(
        "serve.notify",
        "where 'map4 serve' sends its warnings",
        "text",
        check="map4.extras.monitoring.setting_values:notify",
        shown="map4.extras.monitoring.setting_values:without_path",
        order=200,
    ),
    Setting(
        "serve.sentry",
        "where errors are reported, if set",
        "text",
        check="map4.extras.monitoring.setting_values:sentry",
        shown="map4.extras.monitoring.setting_values:without_path",
    ),
    docs={"monitoring": "Server"},
    services=("map4.extras.monitoring.warnings:warnings_of",),
    observers=("map4.extras.monitoring.warnings:observer_of",),
    around_server=("map4.extras.monitoring.reports:reporting_of",),
)
