"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="mix",
            target="map4.cli.commands.mix:command",
            summary="Plan how to mix track B into track A.",
            group="Make sets",
            order=2,
        ),
    ),
)
