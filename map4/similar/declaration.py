"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Tools

DECLARATION = Declaration(
    commands=(
        Command(
            name="similar",
            target="map4.similar.commands:command",
            summary="Find tracks that sound like a track.",
            group="Find",
            order=3,
            is_paged=True,
        ),
    ),
    routes=(
        Routes(
            tag="sound",
            about="Similar tracks, and tracks that mix.",
            target="map4.similar.routes.similar:ROUTES",
            order=60,
        ),
    ),
    tools=(Tools(target="map4.similar.tools:TOOLS", order=20),),
)
