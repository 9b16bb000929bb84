"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Tools

DECLARATION = Declaration(
    commands=(
        Command(
            name="mix",
            target="map4.mixes.commands:command",
            summary="Plan how to mix track B into track A.",
            group="Make sets",
            order=2,
        ),
    ),
    tools=(Tools(target="map4.mixes.tools:TOOLS", order=40),),
)
