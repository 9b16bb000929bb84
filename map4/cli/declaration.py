"""Commands, topics and settings of the command line."""

from map4.core.base.declaration import Command, Declaration, Setting, Topic

DECLARATION = Declaration(
    Topic("scripting", "map4.cli.topics:scripting", "Output formats, lists of files, exit codes.", order=50),
    Topic("install", "map4.cli.topics:install", "Extras: packages for further tasks.", order=60),
    Command("completion", "map4.cli.commands.about:completion", "Maintain", 3),
    Command("schema", "map4.cli.commands.about:schema", "Maintain", is_paged=True),
    Command("help", "map4.cli.commands.about:help_", "Maintain", is_listed=False, is_paged=True),
    Command("validate", "map4.lists.commands.old_names:validate", is_listed=False),
    Command("generate", "map4.lists.commands.old_names:generate", is_listed=False),
    Setting(
        "output.key_notation",
        "how keys are shown",
        "choice",
        ("camelot", "openkey", "musical"),
        default="camelot",
        order=320,
    ),
    Setting("output.color", "when to use colour", "choice", ("auto", "always", "never"), default="auto"),
    Setting("output.pictures", "how the terminal shows pictures", "choice", ("none", "kitty"), default="none"),
)
