"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="config",
            target="map4.settings.commands:command",
            summary="Show every setting and where it comes from, or change one.",
            group="Maintain",
            order=2,
        ),
    ),
)
