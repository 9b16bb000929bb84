"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="users",
            target="map4.cli.commands.users:command",
            summary="Say who shares the library: accounts with a name, a role and a password.",
            group="Share",
            order=2,
        ),
        Command(
            name="tokens",
            target="map4.cli.commands.tokens:command",
            summary="Make, list, rotate and end tokens of programs, and passwords of music players.",
            group="Share",
            order=3,
        ),
    ),
)
