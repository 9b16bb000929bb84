"""Registrations of monitoring: routes, services and settings."""

from map4.base.declaration import Declaration, PagePart, Routes, Setting

DECLARATION = Declaration(
    docs={"monitoring": "Server"},
    routes=(
        Routes(
            tag="monitoring",
            about="Metrics of the server, and its warnings.",
            target="map4.extras.monitoring.routes:ROUTES",
            order=235,
        ),
    ),
    page_parts=(
        PagePart(
            place="work_top",
            module="map4.extras.monitoring:page/warned.js",
            order=10,
            styles=("map4.extras.monitoring:page/warned.css",),
            needs="admin",
        ),
    ),
    services=("map4.extras.monitoring.warnings:warnings_of",),
    observers=("map4.extras.monitoring.warnings:observer_of",),
    around_server=("map4.extras.monitoring.reports:reporting_of",),
    settings=(
        Setting(
            name="serve.notify",
            reader="text",
            check="map4.extras.monitoring.setting_values:notify",
            shown="map4.extras.monitoring.setting_values:without_path",
            help="where 'map4 serve' sends its warnings",
            order=200,
        ),
        Setting(
            name="serve.sentry",
            reader="text",
            check="map4.extras.monitoring.setting_values:sentry",
            shown="map4.extras.monitoring.setting_values:without_path",
            help="where errors are reported, if set",
            order=210,
        ),
    ),
)
