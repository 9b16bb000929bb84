"""The command and settings of map4's configuration."""

from map4.core.base.declaration import Command, Declaration, Setting, View

DECLARATION = Declaration(
    Command("config", "map4.settings.commands:command", "Maintain", 2, is_paged=True),
    Command("config set", "map4.settings.commands:set_"),
    Command("config unset", "map4.settings.commands:unset"),
    Setting(
        "library",
        "the library: a file, or postgresql://… for a database",
        "library",
        default_target="map4.settings.config:default_library",
        shown="map4.settings.config:without_password",
        order=10,
    ),
    Setting("shared", "folder shared by all machines for files beside a library in a database", "path"),
    View("settings", "Settings", "settings", "map4.settings:page/settings.js", 90, key=",", in_menu=False),
)
