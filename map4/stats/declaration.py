"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Tools

DECLARATION = Declaration(
    tools=(Tools(target="map4.stats.tools:TOOLS", order=70),),
    commands=(
        Command(
            name="stats",
            target="map4.stats.commands:command",
            summary="Show what is in the library: hours, tempi, keys, genres.",
            group="Start",
            order=5,
        ),
    ),
)
