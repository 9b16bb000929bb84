"""The command and settings of map4's configuration."""

from map4.base.declaration import Command, Declaration, Setting

DECLARATION = Declaration(
    commands=(
        Command(
            name="config",
            target="map4.settings.commands:command",
            summary="Show every setting and where it comes from, or change one.",
            group="Maintain",
            order=2,
            is_paged=True,
        ),
    ),
    settings=(
        Setting(
            name="library",
            reader="library",
            default_target="map4.settings.values:default_library",
            shown="map4.settings.values:without_password",
            help="the library: a file, or postgresql://… for a database",
            order=10,
        ),
        Setting(
            name="shared",
            reader="path",
            help="folder shared by all machines for files beside a library in a database",
            order=20,
        ),
    ),
)
