"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Tools, View

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
    views=(
        View(
            name="map",
            title="Map",
            path="map",
            module="map4.similar:page/sound_map.js",
            order=20,
            styles=("map4.similar:page/sound_map.css",),
            key="m",
            ahead=("/map", "/map/regions"),
        ),
    ),
)
