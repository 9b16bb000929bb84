"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Tools

DECLARATION = Declaration(
    commands=(
        Command(
            name="doctor",
            target="map4.doctor.commands:command",
            summary="Find what looks wrong, and what can be done about it.",
            group="Tidy",
            order=1,
        ),
        Command(
            name="stats",
            target="map4.stats.commands:command",
            summary="Show what is in the library: hours, tempi, keys, genres.",
            group="Start",
            order=5,
        ),
    ),
    tools=(Tools(target="map4.doctor.tools:TOOLS", order=80),),
)
