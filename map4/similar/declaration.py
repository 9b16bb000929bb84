"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, View

DECLARATION = Declaration(
    commands=(
        Command(
            name="similar",
            target="map4.cli.commands.similar:command",
            summary="Find what sounds like a track.",
            group="Find",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="sound", about="What sounds alike, and what mixes.", target="map4.server.routes.sound:ROUTES", order=60
        ),
    ),
    views=(
        View(
            name="map",
            title="Map",
            path="map",
            module="map4.similar:page/sound_map.js",
            order=20,
            styles=("map4.similar:page/sound_map.css",),
            key="m",
        ),
    ),
)
