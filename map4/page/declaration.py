"""Routes of the web page."""

from map4.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    routes=(
        Routes(
            tag="page",
            about="The web page: one document for the addresses of all views, and its files, which use the "
            "other routes.",
            target="map4.page.routes:ROUTES",
            order=240,
        ),
    ),
)
