"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="unmix",
            target="map4.cli.commands.unmix:command",
            summary="Find out what was played in a recorded set.",
            group="Make sets",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="sets",
            about="Recorded sets: which tracks of the library are heard in a recording that is sent, and what becomes of "
            "the list.",
            target="map4.server.routes.unmix:ROUTES",
            order=100,
        ),
    ),
)
