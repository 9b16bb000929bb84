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
    ),
    tools=(Tools(target="map4.doctor.tools:TOOLS", order=80),),
)
