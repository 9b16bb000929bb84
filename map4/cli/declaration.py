"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
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
            summary="Print the JSON Schema of what map4 prints.",
            group="Maintain",
            order=4,
        ),
        Command(
            name="help",
            target="map4.cli.commands.about:help_",
            summary="Explain a command: map4 help playlist check.",
            group="Maintain",
            order=5,
        ),
        Command(name="validate", target="map4.lists.commands.old_names:validate", summary=""),
        Command(name="generate", target="map4.lists.commands.old_names:generate", summary=""),
    ),
)
