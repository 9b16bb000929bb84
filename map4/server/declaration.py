"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    commands=(
        Command(
            name="serve",
            target="map4.cli.commands.serve:command",
            summary="Answer over HTTP: search, similar, playlists, audio and more.",
            group="Share",
            order=1,
        ),
    ),
)
