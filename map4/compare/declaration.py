"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Tools

DECLARATION = Declaration(
    commands=(
        Command(
            name="compare",
            target="map4.compare.commands:command",
            summary="Compare tracks, and find the order in which they mix best.",
            group="Find",
            order=4,
            is_paged=True,
        ),
    ),
    tools=(Tools(target="map4.compare.tools:TOOLS", order=30),),
)
