"""What this subject registers."""

from map4.base.declaration import Command, Declaration, View

DECLARATION = Declaration(
    commands=(
        Command(
            name="doctor",
            target="map4.cli.commands.doctor:command",
            summary="Find what looks wrong, and what can be done about it.",
            group="Tidy",
            order=1,
        ),
        Command(
            name="stats",
            target="map4.cli.commands.stats:command",
            summary="Show what is in the library: hours, tempi, keys, genres.",
            group="Start",
            order=5,
        ),
    ),
    views=(
        View(
            name="mend",
            title="Mend",
            path="mend",
            module="map4.doctor:page/mend.js",
            order=60,
            styles=("map4.doctor:page/mend.css",),
            key="d",
            needs="correct",
        ),
    ),
)
