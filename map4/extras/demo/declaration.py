"""What this extra registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="demo",
            target="map4.extras.demo.commands:command",
            summary="Write a folder of demo music, scan it and compare with the true values.",
            group="Start",
            order=40,
        ),
    ),
)
