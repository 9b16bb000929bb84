"""Routes of the web page."""

from map4.core.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    Routes(
        "page",
        "map4.page.routes:ROUTES",
        240,
        "The web page: one document for the addresses of all views, and its files, which use the other routes.",
    )
)
