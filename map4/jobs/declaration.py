"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="jobs",
            target="map4.cli.commands.jobs:command",
            summary="Show, cancel and retry jobs of 'map4 serve'.",
            group="Share",
            order=4,
        ),
    ),
)
