"""What this extra registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="demo",
            target="map4.extras.demo.commands:command",
            summary="Try map4 on demo music with known tempi and keys.",
            group="Start",
            order=40,
        ),
    ),
)
