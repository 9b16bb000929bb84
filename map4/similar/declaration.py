"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Tools

DECLARATION = Declaration(
    commands=(
        Command(
            name="similar",
            target="map4.similar.commands:command",
            summary="Find what sounds like a track.",
            group="Find",
            order=3,
        ),
    ),
    routes=(
        Routes(tag="sound", about="What sounds alike, and what mixes.", target="map4.similar.routes:ROUTES", order=60),
    ),
    tools=(Tools(target="map4.similar.tools:TOOLS", order=20),),
)
