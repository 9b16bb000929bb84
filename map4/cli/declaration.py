"""Commands, topics and settings of the command line."""

from map4.base.declaration import Command, Declaration, Setting, Topic

DECLARATION = Declaration(
    topics=(
        Topic(
            name="scripting",
            target="map4.cli.topics:scripting",
            summary="Output formats, lists of files, exit codes.",
            order=50,
        ),
    ),
    commands=(
        Command(
            name="completion",
            target="map4.cli.commands.about:completion",
            summary="Print the Tab completion script of a shell.",
            group="Maintain",
            order=3,
        ),
        Command(
            name="schema",
            target="map4.cli.commands.about:schema",
            summary="Print the JSON Schema of map4's records.",
            group="Maintain",
            order=4,
            is_paged=True,
        ),
        Command(
            name="help",
            target="map4.cli.commands.about:help_",
            summary="Explain a topic or a command.",
            group="Maintain",
            order=5,
            is_paged=True,
        ),
        Command(name="validate", target="map4.lists.commands.old_names:validate", summary=""),
        Command(name="generate", target="map4.lists.commands.old_names:generate", summary=""),
    ),
    settings=(
        Setting(
            name="output.key_notation",
            reader="choice",
            arguments=("camelot", "openkey", "musical"),
            default="camelot",
            help="how keys are shown",
            order=320,
        ),
        Setting(
            name="output.color",
            reader="choice",
            arguments=("auto", "always", "never"),
            default="auto",
            help="when to use colour",
            order=330,
        ),
        Setting(
            name="output.pictures",
            reader="choice",
            arguments=("none", "kitty"),
            default="none",
            help="how the terminal shows pictures",
            order=340,
        ),
    ),
)
