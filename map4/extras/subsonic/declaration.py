"""What this subject registers."""

from map4.base.declaration import Declaration, Routes

DECLARATION = Declaration(
    hooks={"is-media": "map4.extras.subsonic.routes:is_media"},
    routes=(
        Routes(
            tag="players",
            about="The OpenSubsonic API below `/rest/`, by GET and by forms.",
            target="map4.extras.subsonic.routes:ROUTES",
            order=250,
        ),
    ),
)
