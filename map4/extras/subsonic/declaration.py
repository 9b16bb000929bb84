"""Registrations of the OpenSubsonic API."""

from map4.base.declaration import Declaration, Right, Routes

DECLARATION = Declaration(
    docs={"music-servers": "Players and assistants"},
    rights=(Right(name="subsonic", help="play music with other programs (OpenSubsonic)", role="viewer", after="admin",
                  for_devices=True),),
    hooks={"is-media": "map4.extras.subsonic.routes.rest:is_media"},
    routes=(
        Routes(
            tag="players",
            about="The OpenSubsonic API under `/rest/`, by GET and form POST.",
            target="map4.extras.subsonic.routes.rest:ROUTES",
            order=250,
            players="/rest/",
            takes_forms=True,
            help="Subsonic players use the address of the server",
        ),
    ),
)  # fmt: skip
