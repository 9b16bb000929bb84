"""What this subject registers."""

from map4.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    routes=(
        Routes(
            tag="page",
            about="The page: one document at every address of a view, and the files that it is made of, which ask the "
            "other routes.",
            target="map4.page.routes:ROUTES",
            order=240,
        ),
    ),
)
