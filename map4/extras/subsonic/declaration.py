"""What this subject registers."""

from map4.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    routes=(
        Routes(
            tag="players",
            about="The OpenSubsonic API below `/rest/`, by GET and by forms.",
            target="map4.extras.subsonic.routes.rest:ROUTES",
            order=250,
        ),
    ),
)
